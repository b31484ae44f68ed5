"""Several inputs, and several things learnt together: from the data set to answers, files and other data."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, r2_score

from nnzoo import DeepNeuralNetwork
from nnzoo.builtin.joint import Joint, JointLoss
from nnzoo.builtin.losses import MeanSquaredError, SoftmaxCrossEntropy
from nnzoo.builtin.metrics import R2, Accuracy, TopK
from nnzoo.builtin.tasks import Classification
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Dataset, Split
from nnzoo.kinds.parts import joined_inputs, rows_of_inputs
from nnzoo.training.data import prepare_dataset
from nnzoo.training.of_outputs import metrics_of_outputs


def fruit(n, seed=0, kinds=("apple", "pear")):
    """Two inputs that decide a kind, and a weight in grams."""
    rng = np.random.default_rng(seed)
    color, shape = rng.standard_normal((n, 3)), rng.standard_normal((n, 2, 2))
    kind = np.array(kinds)[(color[:, 0] > 0).astype(int)]
    weight = 150 + 40 * shape[:, 0, 0] + 10 * color[:, 1]
    inputs = {"color": color.astype(np.float32), "shape": shape.astype(np.float32)}
    return inputs, {"kind": kind, "weight": weight}


@pytest.fixture(scope="module")
def trained():
    dataset = Dataset(Split.joined(*fruit(600)), Split.joined(*fruit(200, 1)))
    dnn = DeepNeuralNetwork.for_dataset(dataset, model="mlp:hidden=16")
    dnn.train(dataset, epochs=30, batch_size=32)
    return dnn, dataset


def test_it_learns_both_and_answers_by_name(trained):
    dnn, _ = trained
    inputs, targets = fruit(100, 2)
    found = dnn.predict(inputs)
    assert accuracy_score(targets["kind"], found["kind"]) > 0.9
    assert r2_score(targets["weight"], found["weight"][:, 0]) > 0.95
    answer = dnn.answers({name: array[:1] for name, array in inputs.items()})[0]
    assert answer["answer"]["kind"] == found["kind"][0]
    assert set(answer["kind"]["probabilities"]) == {"apple", "pear"}
    assert abs(answer["answer"]["weight"] - found["weight"][0, 0]) < 1e-3


def test_figures_are_those_of_each_output_alone(trained):
    dnn, dataset = trained
    last, found = dnn.history[-1].figures, dnn.predict(dataset.test.inputs)
    targets = dataset.test.targets
    assert last["test_kind_accuracy"] == pytest.approx(accuracy_score(targets["kind"], found["kind"]), abs=1e-12)
    assert last["test_weight_r2"] == pytest.approx(r2_score(targets["weight"], found["weight"][:, 0]), abs=1e-6)


def test_a_metric_is_measured_where_it_fits(trained):
    problem = trained[0].problem
    found = metrics_of_outputs([R2(), Accuracy()], problem)
    assert [(each.part.name, type(each.metric)) for each in found] == [("kind", Accuracy), ("weight", R2)]
    with pytest.raises(UsageError):
        metrics_of_outputs([TopK(5)], problem)  # of two classes


def test_a_file_keeps_what_belongs_to_which(trained, tmp_path):
    dnn, _ = trained
    dnn.save(tmp_path / "fruit.safetensors")
    again = DeepNeuralNetwork.load(tmp_path / "fruit.safetensors")
    inputs, _ = fruit(20, 3)
    swapped = dict(reversed(inputs.items()))
    for name, values in dnn.predict(inputs).items():
        assert np.array_equal(values, again.predict(swapped)[name])
    assert again.problem == dnn.problem


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda x: {"colour": x["color"], "shape": x["shape"]}, "'colour'"),
        (lambda x: {"color": x["color"]}, "'shape' is missing"),
        (lambda x: {"color": x["shape"], "shape": x["color"]}, "color (2, 2)"),
        (lambda x: {"color": x["color"][:3], "shape": x["shape"]}, "different numbers of samples"),
        (lambda x: [x["color"], x["shape"]], "dict of arrays by name: color"),
    ],
)
def test_inputs_that_are_not_the_networks(trained, changed, said):
    with pytest.raises(UsageError, match=None) as caught:
        trained[0].predict(changed(fruit(5)[0]))
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_data_with_inputs_in_another_order_are_refused(trained):
    dnn, dataset = trained
    inputs, targets = fruit(50)
    other = Split.joined(dict(reversed(inputs.items())), targets)
    with pytest.raises(FileFormatError, match="inputs"):
        dnn.predictor.evaluate(dnn.predictor.part(Dataset(other, other), "test", "other"), ())
    assert dataset.train.parts != other.parts


def test_classes_that_training_did_not_have(trained):
    dataset = Dataset(Split.joined(*fruit(50)), Split.joined(*fruit(50, kinds=("apple", "plum"))))
    with pytest.raises(FileFormatError, match="plum"):
        prepare_dataset(dataset, Joint())


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("c", lambda c: c.astype(float)),
        ("v", lambda v: v.astype(int)),
        ("v", lambda v: np.where(v == v.max(), 1e60, v)),
        ("v", lambda v: np.stack([v, v], axis=1)),
    ],
)
def test_a_target_of_another_type_or_size_is_named(classes, name, changed):
    targets = {"c": np.arange(30) % classes, "v": np.linspace(0, 9, 30)}
    train, test = (Split.joined(np.ones((30, 2)), t) for t in (targets, {**targets, name: changed(targets[name])}))
    with pytest.raises(FileFormatError, match=rf"^test part: .*\b{name}\b"):
        prepare_dataset(Dataset(train, test), Joint())


def test_pixels_beside_other_numbers_are_refused():
    with pytest.raises(UsageError, match="uint8"):
        joined_inputs({"image": np.zeros((2, 3), np.uint8), "age": np.zeros((2, 1))})


@given(st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_rows_are_the_same_in_whatever_order_inputs_come(shapes, random):
    inputs = {f"input {i}": np.random.default_rng(i).random((4, *shape)) for i, shape in enumerate(shapes)}
    rows, parts = joined_inputs(inputs)
    names = list(inputs)
    random.shuffle(names)
    assert np.array_equal(rows_of_inputs({name: inputs[name] for name in names}, parts), rows)
    for part in parts:
        assert np.array_equal(rows[:, part.start : part.stop].reshape(4, *part.shape), inputs[part.name])


def test_the_loss_is_the_weighted_sum_of_its_parts():
    rng = np.random.default_rng(0)
    outputs, labels, values = rng.standard_normal((6, 5)), rng.integers(3, size=6), rng.standard_normal((6, 2))
    targets = np.concatenate([np.eye(3)[labels], values], axis=1)
    joint = JointLoss((SoftmaxCrossEntropy(), MeanSquaredError()), (3, 2), (1.0, 0.25))

    def losses_of(loss, z, t):
        losses, grad = np.empty(len(z)), np.empty_like(z)
        buffers = loss.plan(z.shape[1]).items()
        loss.losses(z, t, losses, grad, {n: np.full((len(z), *b.shape), b.fill, b.dtype or float) for n, b in buffers})
        return losses, grad

    whole, grad = losses_of(joint, outputs, targets)
    first, second = losses_of(SoftmaxCrossEntropy(), outputs[:, :3].copy(), labels), None
    second = losses_of(MeanSquaredError(), outputs[:, 3:].copy(), values)
    assert np.allclose(whole, first[0] + 0.25 * second[0], rtol=1e-14)
    assert np.allclose(grad, np.concatenate([first[1], 0.25 * second[1]], axis=1), rtol=1e-13, atol=1e-15)


def test_a_metric_that_fits_no_output_is_refused():
    inputs, targets = fruit(60)
    values = {"weight": targets["weight"], "double": 2 * targets["weight"]}
    dataset = Dataset(Split.joined(inputs, values), Split.joined(inputs, values))
    dnn = DeepNeuralNetwork.for_dataset(dataset)
    with pytest.raises(UsageError, match="accuracy"):
        dnn.train(dataset, epochs=1, metrics=[Accuracy()])
    dnn.train(dataset, epochs=1, metrics=[R2()])
    assert {"test_weight_r2", "test_double_r2"} < dnn.history[-1].figures.keys()


def test_metrics_that_read_probabilities(trained):
    dnn, dataset = trained
    evaluation = dnn.predictor.evaluate(dnn.predictor.part(dataset, "test", "fruit"), [TopK(k=1)])
    assert evaluation.figures["kind_top_1"] == dnn.history[-1].figures["test_kind_accuracy"]


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 1.0, 1.0)])
def test_weights_for_other_targets(weights):
    dataset = Dataset(Split.joined(*fruit(50)), Split.joined(*fruit(50)))
    with pytest.raises(UsageError, match="weights"):
        prepare_dataset(dataset, Joint(weights))


def test_one_target_is_not_for_it():
    split = Split(np.zeros((4, 2), np.float32), np.zeros(4, int))
    with pytest.raises(FileFormatError, match="fields"):
        prepare_dataset(Dataset(split, split, ("a",)), Joint())
    assert isinstance(Classification(), Classification)


@pytest.mark.usefixtures("unpainted")
def test_the_command_line_reports_each_output(nnzoo_here, tmp_path):
    example = __file__.replace("tests/tasks/test_joint.py", "examples/two_outputs.py")
    plugin = ("--plugin", example)
    done = nnzoo_here(tmp_path, "train", *plugin, "--dataset", "digits-and-ink", "--epochs", "3", "--run-dir", "run")
    assert done.code == 0, done.stderr
    told = json.loads(nnzoo_here(tmp_path, "evaluate", "run", *plugin, "--json").stdout)
    assert len(told["classes"]) == 10
    assert len(told["values"]) == 2
    assert {"digit_accuracy", "middle_r2"} < told.keys()
    np.save(tmp_path / "x.npy", np.zeros((2, 8, 8), np.uint8))
    answers = json.loads(nnzoo_here(tmp_path, "predict", "run", "x.npy", *plugin, "--json").stdout)
    assert set(answers[0]["answer"]) == {"digit", "middle"}
    for command in (("report", *plugin), ("show", "--model-file"), ("plot", *plugin)):
        assert nnzoo_here(tmp_path, *command, "run").code == 0
    shown = nnzoo_here(tmp_path, "show", "--model-file", "run").stdout
    assert "digit (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)" in " ".join(shown.split())
