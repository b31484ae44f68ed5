"""The same seed gives the same bits, wherever and however it is run."""

import hashlib
import json

import numpy as np
import pytest
from safetensors import safe_open

from nnzoo import DeepNeuralNetwork, load_dataset, registry
from nnzoo.nn import Network

EPOCHS = "3"


@pytest.fixture(scope="module")
def train_digits(nnzoo_command, tmp_path_factory):
    """Run the real command on digits in a folder of its own, and give back its results."""

    def run(*arguments, **environment):
        folder = tmp_path_factory.mktemp("work")
        outcome = nnzoo_command(
            folder, "train", "--dataset", "digits", "--epochs", EPOCHS, "--json", "--quiet", "--run-dir",
            folder / "run", *arguments, environment=environment,
        )  # fmt: skip
        assert outcome.code == 0, outcome.stderr
        return json.loads(outcome.stdout)

    return run


@pytest.fixture(scope="module")
def run(train_digits):
    return train_digits()


@pytest.fixture(scope="module")
def model_file(run):
    """Metadata and tensors of the model that the command wrote."""
    with safe_open(f"{run['run_dir']}/model.safetensors", framework="numpy") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict


def test_same_seed_same_bits_in_another_process(run, train_digits):
    again = train_digits(PYTHONHASHSEED="12345")
    assert again["run_dir"] != run["run_dir"]
    assert again["weights_sha256"] == run["weights_sha256"]
    for figure in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert again[figure] == run[figure]


def test_another_seed_gives_other_weights(run, train_digits):
    assert train_digits("--seed", "1")["weights_sha256"] != run["weights_sha256"]


def weights_in(tensors):
    """The arrays of a model file that are the network's."""
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("preprocessing.")}


def test_python_trains_to_the_same_bits_as_the_command(run, model_file):
    network = DeepNeuralNetwork([64, 64, 10])
    history = network.train(*load_dataset("digits").arrays(), epochs=int(EPOCHS), batch_size=128, verbose=False)
    tensors = weights_in(model_file[1])
    views = network.network.parameters.views()
    assert tensors.keys() == views.keys()
    for name, tensor in tensors.items():
        assert tensor.tobytes() == views[name].tobytes()
    assert history[-1].test_accuracy == run["test_accuracy"]
    assert history[-1].train_loss == run["train_loss"]


def test_weights_sha256_is_that_of_the_parameters_in_a_row(run):
    network = DeepNeuralNetwork([64, 64, 10])
    network.train(*load_dataset("digits").arrays(), epochs=int(EPOCHS), batch_size=128, verbose=False)
    digest = hashlib.sha256(network.network.parameters.vector.astype("<f4").tobytes()).hexdigest()
    assert digest == run["weights_sha256"]


def test_the_model_file_suffices_to_build_the_network_again(run, model_file):
    metadata, everything = model_file
    header, tensors = json.loads(metadata["nnzoo"]), weights_in(everything)
    model, activation, loss, dataset = (
        registry.build(kind, header["components"][kind]["name"], header["components"][kind]["options"])
        for kind in ("model", "activation", "loss", "dataset")
    )
    shape, classes = tuple(header["data"]["input_shape"]), header["data"]["names"]
    network = Network(model.layers(shape, len(classes), activation), shape)
    assert tensors.keys() == network.parameters.views().keys()
    for name, view in network.parameters.views().items():
        assert tensors[name].shape == view.shape
        view[...] = tensors[name]

    data = load_dataset(dataset)
    assert data.sha256() == header["data"]["sha256"]
    (place,) = (name for name in everything if name.startswith("preprocessing.") and name.endswith(".multiplier"))
    logits = network.forward(data.test.inputs.astype(np.float32) * np.float32(everything[place]))
    assert (logits.argmax(axis=1) == data.test.targets).mean() == header["results"]["test_accuracy"]
    loss.predict(logits)
    losses = -np.log(logits[np.arange(len(logits)), data.test.targets])
    assert losses.mean() == pytest.approx(header["results"]["test_loss"], rel=1e-5)
    assert header["results"]["test_accuracy"] == run["test_accuracy"]


def test_the_model_file_names_components_and_no_module(model_file):
    metadata, _ = model_file
    components = json.loads(metadata["nnzoo"])["components"]
    assert {kind: component["name"] for kind, component in components.items()} == {
        "dataset": "nnzoo/digits",
        "task": "nnzoo/classification",
        "model": "nnzoo/mlp",
        "activation": "nnzoo/relu",
        "loss": "nnzoo/softmax-cross-entropy",
        "optimizer": "nnzoo/momentum",
        "schedule": "nnzoo/one-cycle",
    }
    for component in components.values():
        assert component.keys() == {"name", "version", "options"}
    for word in ("nnzoo.", "builtin", "numpy", "import", "__", "Momentum", "Mlp", "Relu"):
        assert word not in json.dumps(components)


def test_the_model_file_says_nothing_of_the_folder_it_was_written_in(run, model_file):
    """It is made to be passed on, and the path of a home directory has no place in it."""
    metadata, _ = model_file
    assert run["run_dir"] not in metadata["nnzoo"]


def test_same_seed_same_bits_in_one_process():
    x, y, *_ = load_dataset("digits").arrays()

    def weights(seed, **options):
        network = DeepNeuralNetwork([64, 16, 10], "sigmoid", seed=seed)
        network.train(x, y, epochs=2, verbose=False, **options)
        return network.network.parameters.vector.tobytes()

    assert weights(3) == weights(3)
    assert weights(3) != weights(4)
    assert weights(3, validation=0.1) == weights(3, validation=0.1)


def test_measuring_changes_nothing():
    x, y, x_test, y_test = load_dataset("digits").arrays()
    alone, measured = (DeepNeuralNetwork([64, 16, 10]) for _ in range(2))
    alone.train(x, y, epochs=2, verbose=False)
    measured.train(x, y, x_test, y_test, epochs=2, verbose=False)
    assert measured.network.parameters.vector.tobytes() == alone.network.parameters.vector.tobytes()


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x.astype(np.float64),
        lambda x: np.asfortranarray(x),
        lambda x: x.reshape(-1, 8, 8),
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x.tolist(),
    ],
    ids=["float64", "Fortran order", "images", "strided", "lists"],
)
def test_the_form_of_the_array_changes_nothing(form):
    x, y, *_ = load_dataset("digits").arrays()
    x, y = x[:200], y[:200]
    networks = [DeepNeuralNetwork([64, 16, 10]) for _ in range(2)]
    for network, array in zip(networks, (x, form(x)), strict=True):
        network.train(array, y, epochs=1, verbose=False)
    first, second = (network.network.parameters.vector for network in networks)
    assert first.tobytes() == second.tobytes()
