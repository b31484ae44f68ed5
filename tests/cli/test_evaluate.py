"""``nnzoo evaluate``: how well a trained network does, class by class."""

import json

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset

DATA = '''\
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from nnzoo.api import Dataset, DatasetLoader, Split, hookimpl
from nnzoo.builtin.datasets import Digits


@dataclass(frozen=True)
class Smudged(DatasetLoader):
    """Digits with a smudge on the first."""

    name: ClassVar[str] = "smudged"

    def load(self, cache):
        data = Digits().load(cache)
        images = data.test.inputs.copy()
        images[0, 0] = 9
        return replace(data, test=replace(data.test, inputs=images), class_names=tuple("ABCDEFGHIJ"))


@dataclass(frozen=True)
class Wide(DatasetLoader):
    """Noise of another shape."""

    name: ClassVar[str] = "wide"

    def load(self, cache):
        part = Split(np.zeros((20, 8, 9), np.uint8), np.arange(20) % 10, 0.1)
        return Dataset(part, part, tuple("0123456789"))


@dataclass(frozen=True)
class Few(DatasetLoader):
    """The digits 0 and 1."""

    name: ClassVar[str] = "few"

    def load(self, cache):
        part = Split(np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2, 0.1)
        return Dataset(part, part, ("0", "1"))


@dataclass(frozen=True)
class Line(DatasetLoader):
    """A plane with noise."""

    name: ClassVar[str] = "line"

    def load(self, cache):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(600, 3)).astype(np.float32)
        y = (x @ [[1], [-2], [0.5]] + 0.1 * rng.normal(size=(600, 1))).astype(np.float32)
        return Dataset(Split(x[:500], y[:500]), Split(x[500:], y[500:]))


@hookimpl
def nnzoo_datasets():
    return [Smudged, Wide, Few, Line]
'''


@pytest.fixture(scope="module")
def trained(tmp_path_factory, nnzoo_here):
    """A folder with a run, a plugin with data sets, and a model that says nothing of its data."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "data.py").write_text(DATA)
    for dataset, run in (("digits", "run"), ("line", "line")):
        train = ("train", "--dataset", dataset, "--epochs", "2", "--run-dir", run, "--plugin", "data.py")
        outcome = nnzoo_here(folder, *train)
        assert outcome.code == 0, outcome.stderr
    DeepNeuralNetwork([64, 10]).save(folder / "anonymous.safetensors")
    return folder


@pytest.fixture
def evaluated(nnzoo_here, trained):
    """What the command says as JSON, and on stderr."""

    def evaluate(*arguments):
        outcome = nnzoo_here(trained, "evaluate", *arguments, "--json")
        assert outcome.code == 0, outcome.stderr
        return json.loads(outcome.stdout), outcome.stderr

    return evaluate


def test_figures_are_those_of_the_training_to_the_bit(evaluated, trained):
    found, said = evaluated("run")
    record = json.loads((trained / "run" / "run.json").read_text())
    assert said == ""
    assert (found["dataset"], found["part"], found["samples"], found["notes"]) == ("digits", "test", 359, [])
    assert found["data_sha256"] == record["data"]["sha256"]
    assert (found["loss"], found["accuracy"]) == tuple(record["results"][f"test_{f}"] for f in ("loss", "accuracy"))


def test_confusion_precision_and_recall_are_what_the_predictions_say(evaluated, trained):
    found, _ = evaluated("run/model.safetensors")
    data = load_dataset("digits").test
    predicted = DeepNeuralNetwork.load(trained / "run" / "model.safetensors").predict(data.inputs)
    for label, figures in enumerate(found["classes"]):
        taken, of = predicted == label, data.targets == label
        assert figures == {
            "class": str(label),
            "samples": of.sum(),
            "predicted": taken.sum(),
            "precision": pytest.approx((taken & of).sum() / taken.sum()),
            "recall": pytest.approx((taken & of).sum() / of.sum()),
        }
        assert found["confusion"][label] == [((predicted == other) & of).sum() for other in range(10)]


def test_the_tables_say_the_same(nnzoo_here, evaluated, trained):
    outcome = nnzoo_here(trained, "evaluate", "run")
    assert (outcome.code, outcome.stderr) == (0, "")
    found, _ = evaluated("run")
    head, *lines = outcome.stdout.splitlines()
    assert head == f"accuracy {found['accuracy']:.2%}, loss {found['loss']:.4f} on 359 samples of digits (test)"
    cells = [line.split() for line in lines]
    for label, figures in enumerate(found["classes"]):
        shares = [f"{figures[name]:.2%}" for name in ("precision", "recall")]
        assert [str(label), *shares, str(figures["samples"])] in cells
        assert [str(label), *map(str, found["confusion"][label])] in cells


def test_the_training_part_is_measured_where_it_is_asked_for(evaluated):
    found, _ = evaluated("run", "--part", "train")
    assert (found["part"], found["samples"]) == ("train", 1438)


def test_a_class_that_is_never_predicted_has_no_precision(evaluated, nnzoo_here, trained):
    dnn = DeepNeuralNetwork([64, 10])
    dnn.network.parameters.vector[:] = 0  # all outputs equal: always the first class
    dnn.save(trained / "zero.safetensors")
    found, _ = evaluated("zero.safetensors", "--dataset", "digits")
    assert [each["precision"] is None for each in found["classes"]] == [False] + [True] * 9
    assert [each["recall"] for each in found["classes"]] == [1.0] + [0.0] * 9
    assert "–" in nnzoo_here(trained, "evaluate", "zero.safetensors", "--dataset", "digits").stdout


def test_other_data_than_those_trained_on_are_noted(evaluated):
    found, said = evaluated("run", "--dataset", "smudged", "--plugin", "data.py")
    assert found["dataset"] == "smudged"
    sha256, names = found["notes"]
    assert "smudged is not what it was trained on" in sha256
    assert found["data_sha256"] in sha256
    assert "other names" in names
    assert [each["class"] for each in found["classes"]] == list("ABCDEFGHIJ")
    assert all(note in said for note in found["notes"])


def test_a_file_that_names_no_data_needs_their_name(nnzoo_here, evaluated, trained):
    outcome = nnzoo_here(trained, "evaluate", "anonymous.safetensors")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "--dataset" in outcome.stderr
    found, said = evaluated("anonymous.safetensors", "--dataset", "digits")  # 64 values in a row are 8×8
    assert found["samples"] == 359
    assert "multiplied by 0.1" in said


@pytest.mark.parametrize(
    ("file", "dataset", "fragments"),
    [
        ("run", "wide", ["wide", "(8, 9)", "(8, 8)"]),
        ("run", "few", ["few has 2 classes", "10"]),
        ("run", "line", ["line", "(3,)"]),
        ("line", "digits", ["digits", "(8, 8)"]),
        ("run", "digts", ["did you mean digits?"]),
    ],
)
def test_data_that_do_not_fit_are_refused(nnzoo_here, trained, file, dataset, fragments):
    outcome = nnzoo_here(trained, "evaluate", file, "--dataset", dataset, "--plugin", "data.py")
    assert (outcome.code, outcome.stdout) == (2, "")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_a_data_set_whose_plugin_is_not_there_is_named(nnzoo_here, trained):
    outcome = nnzoo_here(trained, "evaluate", "line")
    assert (outcome.code, outcome.stdout) == (5, "")
    assert "'data.py/line'" in outcome.stderr
    assert "--plugin data.py" in outcome.stderr


def test_regression_has_the_squared_error_and_r2(evaluated, nnzoo_here, trained):
    found, said = evaluated("line", "--plugin", "data.py")
    record = json.loads((trained / "line" / "run.json").read_text())
    assert said == ""
    assert found["loss"] == record["results"]["test_loss"]
    assert found["mse"] == pytest.approx(found["loss"], rel=1e-5)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3)).astype(np.float32)
    y = (x @ [[1], [-2], [0.5]] + 0.1 * rng.normal(size=(600, 1))).astype(np.float32)
    dnn = DeepNeuralNetwork.load(trained / "line" / "model.safetensors")
    assert found["r2"] == pytest.approx(dnn.score(x[500:], y[500:]), rel=1e-5)
    assert "accuracy" not in found
    outcome = nnzoo_here(trained, "evaluate", "line", "--plugin", "data.py")
    assert (
        f"mean squared error {found['mse']:.4g}, R² {found['r2']:.4f} on 100 samples of line (test)" in outcome.stdout
    )


def test_a_network_whose_outputs_are_not_finite_has_no_accuracy(nnzoo_here, trained):
    dnn = DeepNeuralNetwork([64, 10])
    dnn.network.parameters.vector[:] = np.nan
    dnn.save(trained / "dead.safetensors")
    outcome = nnzoo_here(trained, "evaluate", "dead.safetensors", "--dataset", "digits")
    assert (outcome.code, outcome.stdout) == (6, "")
    assert "not finite" in outcome.stderr


@pytest.mark.mnist
def test_a_network_of_the_zoo_has_the_accuracy_on_its_card(mnist_dir, nnzoo_here, tmp_path):
    DeepNeuralNetwork.from_zoo("mnist-mlp.relu").save(tmp_path / "model.safetensors")
    outcome = nnzoo_here(tmp_path, "evaluate", ".", "--dataset", "mnist", "--json", "--data-dir", mnist_dir)
    assert json.loads(outcome.stdout)["accuracy"] == 0.9814
