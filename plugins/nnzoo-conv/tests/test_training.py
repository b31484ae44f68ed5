"""The package as its users meet it: lenet5, a model of one's own from the README, the command line, MNIST."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nnzoo import load_dataset, registry
from nnzoo.api import UsageError
from nnzoo.builtin.activations import Relu
from nnzoo.datafiles.cache import FileCache
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry
from nnzoo.runs.resume import resume_training
from nnzoo.runs.run import RunListener, run_training
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

from nnzoo_conv import Lenet5, nnzoo_layers

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def own_model(tmp_path_factory):
    """The README's model, as a file."""
    (source,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    path = tmp_path_factory.mktemp("plugin") / "convnet.py"
    path.write_text(source, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def reached(data, components, **choices):
    """The test accuracy after a training as ``nnzoo train`` does it."""
    recipe = resolve_recipe(components, **choices)
    *_, last = prepare_new(recipe, data).epochs()
    assert last.test_accuracy is not None
    return last.test_accuracy


def train_from_the_command_line(folder, *arguments):
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--json", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (record,) = folder.glob("runs/*/run.json")
    return json.loads(done.stdout), json.loads(record.read_text())["components"]


# --- lenet5 --------------------------------------------------------------------------------------------------------


def test_lenet5_is_the_network_of_the_paper():
    network = Network(Lenet5().layers((28, 28), 10, Relu()), (28, 28))
    assert len(network.parameters) == 61_706
    shapes = [plan.output_shape for plan in network.plans]
    assert list(dict.fromkeys(shapes)) == [
        (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,), (120,), (84,), (10,),
    ]  # fmt: skip
    counts = {name: view.size for name, view in network.parameters.views().items() if "weight" in name}
    assert list(counts.values()) == [150, 2400, 48_000, 10_080, 840]


def test_lenet5_pads_the_second_convolution_of_small_images_only():
    sides = {length: Lenet5().layers((length, length), 10, Relu())[3].padding for length in (4, 8, 11, 12, 28)}
    assert sides == {4: "same", 8: "same", 11: "same", 12: "valid", 28: "valid"}


def test_lenet5_with_batchnorm_normalizes_before_each_activation():
    layers = Lenet5(batchnorm=True).layers((28, 28), 10, Relu())
    before = [one.name for one, other in itertools.pairwise(layers) if other.name == "activate"]
    assert before == ["batchnorm"] * 4
    assert [layer for layer in layers if layer.name != "batchnorm"] == Lenet5().layers((28, 28), 10, Relu())


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Lenet5(), (8, 8)),
        (Lenet5(), (4, 5)),
        (Lenet5(), (12, 11)),
        (Lenet5(), (12, 12)),
        (Lenet5(), (3, 32, 32)),
        (Lenet5(channels="last"), (32, 32, 3)),
        (Lenet5(channels="last"), (28, 28)),
        (Lenet5(batchnorm=True), (8, 8)),
    ],
    ids=str,
)
def test_lenet5_takes_images_of_many_shapes(model, shape):
    network = Network(model.layers(shape, 7, Relu()), shape)
    x = np.random.default_rng(0).random((2, *shape), np.float32)
    assert np.isfinite(network.forward(x)).all()
    assert network.output_shape == (7,)


def test_channels_last_is_the_same_network():
    first, last = (
        Network(Lenet5(channels=channels).layers(shape, 3, Relu()), shape)
        for channels, shape in (("first", (3, 16, 14)), ("last", (16, 14, 3)))
    )
    x = np.random.default_rng(0).random((4, 3, 16, 14), np.float32)
    np.testing.assert_allclose(
        last.forward(np.ascontiguousarray(x.transpose(0, 2, 3, 1))), first.forward(x), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("shape", "message", "hint"),
    [
        ((3, 8), "takes images of 4 × 4 pixels or more, not of 3 × 8", "(3, 8)"),
        ((32, 32, 3), "not of 32 × 3", "lenet5:channels=last"),
        ((784,), "takes images, not samples of shape (784,)", "(height, width)"),
    ],
)
def test_lenet5_says_which_images_it_takes(shape, message, hint):
    with pytest.raises(UsageError) as error:
        Lenet5().layers(shape, 10, Relu())
    assert message in error.value.message
    assert hint in error.value.hint


def test_the_registry_knows_where_all_of_it_comes_from():
    names = [layer.name for layer in nnzoo_layers()]
    assert names == [
        *("conv2d", "depthwise2d", "maxpool2d", "global-average-pool", "upsample2d"),
        *("flatten", "dropout", "batchnorm"),
    ]
    models = ("lenet5", "resnet-small", "conv-small", "tiny-conv")
    for kind, name in [*(("model", name) for name in models), *(("layer", name) for name in names)]:
        component = registry.build(kind, name)
        assert registry.provider(component).distribution == "nnzoo-conv"
        assert "Equation" in component.description() or kind == "model"
        assert all(hyperparameter.description for hyperparameter in component.hyperparameters())


# --- learning ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "least"),
    [
        ({"model": "lenet5", "epochs": 20}, 0.95),
        ({"model": "lenet5:batchnorm=true"}, 0.96),
        ({"model": "lenet5:batchnorm=true", "activation": "sigmoid"}, 0.96),
    ],
    ids=str,
)
def test_digits_are_learnt_with_the_defaults(digits, choices, least):
    accuracies = [reached(digits, registry, seed=seed, **choices) for seed in range(3)]
    assert np.mean(accuracies) >= least, accuracies


def test_the_command_line_trains_lenet5(tmp_path):
    results, components = train_from_the_command_line(tmp_path, "--model", "lenet5:batchnorm=true", "--epochs", 5)
    assert results["model"] == "lenet5"
    assert results["test_accuracy"] > 0.9
    assert components["model"]["name"] == "nnzoo-conv/lenet5"
    assert components["model"]["options"] == {"batchnorm": True, "channels": "first"}


def test_the_model_of_the_readme_trains(tmp_path, own_model):
    arguments = ("--plugin", own_model, "--model", "convnet:rate=0.1")
    results, components = train_from_the_command_line(tmp_path, *arguments)
    assert components["model"]["options"] == {"rate": 0.1}
    assert results["test_accuracy"] > 0.95


def test_a_run_that_was_interrupted_goes_on_to_the_same_bits(tmp_path, own_model, digits):
    """Running statistics are in the checkpoint, and a step's dropout depends on the step, not on those before it."""
    components = Registry(files=[own_model])
    loader = components.build("dataset", "digits")
    recipe = resolve_recipe(components, model="convnet:rate=0.5", epochs=4)

    def train(name, fails_in=None):
        def epoch_ended(metrics):
            if metrics.epoch == fails_in:
                raise KeyboardInterrupt

        listener = RunListener(lambda *_: None, epoch_ended)
        return run_training(components, recipe, loader, digits, run_dir=tmp_path / name, listener=listener)

    whole = train("whole")
    with pytest.raises(KeyboardInterrupt):
        train("interrupted", fails_in=3)
    resumed = resume_training(components, tmp_path / "interrupted", FileCache(None))
    for figure in ("weights_sha256", "train_loss", "test_loss"):
        assert resumed[figure] == whole[figure]


@pytest.mark.mnist
def test_mnist_in_three_epochs(mnist_dir):
    data = load_dataset("mnist", mnist_dir)
    assert reached(data, registry, model="lenet5", epochs=3) >= 0.985
