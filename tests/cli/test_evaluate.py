"""``nnzoo evaluate``: how well a trained network does, class by class."""

import json
import time

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
    """Digits with a smudge on the first, whose classes stand in another order."""

    name: ClassVar[str] = "smudged"

    def load(self, cache):
        data = Digits().load(cache)
        images = data.test.inputs.copy()
        images[0, 0] = 9
        train, test = (replace(split, targets=9 - split.targets) for split in (data.train, data.test))
        return replace(data, train=train, test=replace(test, inputs=images), class_names=tuple("9876543210"))


@dataclass(frozen=True)
class Letters(DatasetLoader):
    """Digits under other names."""

    name: ClassVar[str] = "letters"

    def load(self, cache):
        return replace(Digits().load(cache), class_names=tuple("ABCDEFGHIJ"))


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
        return Dataset(Split(x[:500], y[:500]), Split(x[500:], y[500:]), value_names=("height",))


@dataclass(frozen=True)
class Pair(DatasetLoader):
    """Two values of very different size, the second of which does not depend on the inputs."""

    name: ClassVar[str] = "pair"

    def load(self, cache):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(600, 3)).astype(np.float32)
        y = np.stack([1e6 * x[:, 0] + 5e6, 1e-3 * rng.normal(size=600)], axis=1)
        return Dataset(Split(x[:500], y[:500]), Split(x[500:], y[500:]), value_names=("price", "noise"))


@dataclass(frozen=True)
class Tags(DatasetLoader):
    """Signs of three numbers, as labels; and one label that nothing has."""

    name: ClassVar[str] = "tags"

    def load(self, cache):
        x = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32)
        y = np.concatenate([x > 0, np.zeros((600, 1))], axis=1)
        return Dataset(Split(x[:500], y[:500]), Split(x[500:], y[500:]), ("a", "b", "c", "none"))


@dataclass(frozen=True)
class Many(DatasetLoader):
    """Points on a line, cut into very many classes with long names."""

    name: ClassVar[str] = "many"
    classes: int = 98

    def load(self, cache):
        targets = np.arange(2 * self.classes) % self.classes
        x = (targets / self.classes)[:, None].astype(np.float32)
        names = tuple(f"the class with number {number} of all" for number in range(self.classes))
        return Dataset(Split(x, targets), Split(x, targets), names)


@dataclass(frozen=True)
class Weighed(DatasetLoader):
    """Digits of which the first half of the test part is masked."""

    name: ClassVar[str] = "weighed"

    def load(self, cache):
        data = Digits().load(cache)
        weights = (np.arange(len(data.test)) >= 180).astype(float)
        return replace(data, test=replace(data.test, weights=weights))


@hookimpl
def nnzoo_datasets():
    return [Smudged, Letters, Wide, Few, Line, Pair, Tags, Many, Weighed]
'''


@pytest.fixture(scope="module")
def trained(tmp_path_factory, nnzoo_here):
    """A folder with a run, a plugin with data sets, and a model that says nothing of its data."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "data.py").write_text(DATA)
    for dataset, run in (("digits", "run"), ("line", "line"), ("pair", "pair"), ("tags", "tags"), ("many", "many")):
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
            "f1": pytest.approx(2 * (taken & of).sum() / (taken.sum() + of.sum())),
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
        shares = [f"{figures[name]:.2%}" for name in ("precision", "recall", "f1")]
        assert [str(label), *shares, str(figures["samples"]), str(figures["predicted"])] in cells
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


def test_other_data_than_those_trained_on_are_noted_and_their_classes_found_by_name(evaluated):
    own, _ = evaluated("run")
    found, said = evaluated("run", "--dataset", "smudged", "--plugin", "data.py")
    assert (found["dataset"], found["part"]) == ("smudged", "test")
    (note,) = found["notes"]
    assert "smudged is not the data of the training" in note
    assert found["data_sha256"] in note
    assert note in said
    assert [each["class"] for each in found["classes"]] == list("0123456789")
    assert found["accuracy"] == pytest.approx(own["accuracy"], abs=2 / 359)


def test_a_file_that_names_no_data_needs_their_name(nnzoo_here, evaluated, trained):
    outcome = nnzoo_here(trained, "evaluate", "anonymous.safetensors")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "--dataset" in outcome.stderr
    found, said = evaluated("anonymous.safetensors", "--dataset", "digits")  # 64 values in a row are 8×8
    assert found["samples"] == 359
    assert "digits says 0.1" in said


@pytest.mark.parametrize(
    ("file", "dataset", "fragments"),
    [
        ("run", "wide", ["(8, 9)", "(8, 8)"]),
        ("run", "letters", ["letters has classes that the network does not know", "A", "it knows 0"]),
        ("run", "line", ["line", "classification"]),
        ("line", "digits", ["digits", "regression"]),
        ("line", "pair", ["pair", "(2,)", "(1,)"]),
        ("run", "digts", ["did you mean digits?"]),
    ],
)
def test_data_that_do_not_fit_are_refused(nnzoo_here, trained, file, dataset, fragments):
    outcome = nnzoo_here(trained, "evaluate", file, "--dataset", dataset, "--plugin", "data.py")
    assert (outcome.code, outcome.stdout) == (3 if dataset == "wide" else 2, "")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_a_data_set_whose_plugin_is_not_there_is_named(nnzoo_here, trained):
    outcome = nnzoo_here(trained, "evaluate", "line")
    assert (outcome.code, outcome.stdout) == (5, "")
    assert "'data.py/line'" in outcome.stderr
    assert "--plugin data.py" in outcome.stderr


def test_a_part_of_the_classes_is_enough(evaluated):
    found, _ = evaluated("run", "--dataset", "few", "--plugin", "data.py")
    assert [each["samples"] for each in found["classes"]] == [10, 10, *[0] * 8]


def test_regression_is_reported_in_the_units_of_the_data(evaluated, nnzoo_here, trained):
    found, said = evaluated("line", "--plugin", "data.py", "--metric", "rmse")
    record = json.loads((trained / "line" / "run.json").read_text())
    assert said == ""
    for name in ("loss", "r2", "mae"):
        assert found[name] == record["results"][f"test_{name}"]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3)).astype(np.float32)
    y = (x @ [[1], [-2], [0.5]] + 0.1 * rng.normal(size=(600, 1))).astype(np.float32)
    dnn = DeepNeuralNetwork.load(trained / "line" / "model.safetensors")
    wrong = dnn.predict(x[500:]) - y[500:]
    assert found["r2"] == pytest.approx(1 - (wrong**2).sum() / ((y[500:] - y[500:].mean()) ** 2).sum(), rel=1e-5)
    assert found["mae"] == pytest.approx(np.abs(wrong).mean(), rel=1e-5)
    assert found["rmse"] == pytest.approx((wrong**2).mean() ** 0.5, rel=1e-5)
    assert "accuracy" not in found
    outcome = nnzoo_here(trained, "evaluate", "line", "--plugin", "data.py")
    assert f"R² {found['r2']:#.4g}, MAE {found['mae']:#.4g}" in outcome.stdout
    assert "on 100 samples of line (test)" in outcome.stdout
    assert any(line.split()[:2] == ["height", f"{found['r2']:#.4g}"] for line in outcome.stdout.splitlines())


def test_each_value_has_figures_in_its_own_unit(evaluated, nnzoo_here, trained):
    found, _ = evaluated("pair", "--plugin", "data.py")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3)).astype(np.float32)
    y = np.stack([1e6 * x[:, 0] + 5e6, 1e-3 * rng.normal(size=600)], axis=1)[500:]
    wrong = DeepNeuralNetwork.load(trained / "pair" / "model.safetensors").predict(x[500:]) - y
    for place, value in enumerate(found["values"]):
        assert value["value"] == ("price", "noise")[place]
        assert value["r2"] == pytest.approx(1 - (wrong[:, place] ** 2).mean() / y[:, place].var(), rel=1e-5)
        assert value["mae"] == pytest.approx(np.abs(wrong[:, place]).mean(), rel=1e-5)
        assert value["rmse"] == pytest.approx((wrong[:, place] ** 2).mean() ** 0.5, rel=1e-5)
        assert (value["mean"], value["deviation"]) == pytest.approx((y[:, place].mean(), y[:, place].std()), rel=1e-5)
    assert found["r2"] == pytest.approx(np.mean([value["r2"] for value in found["values"]]))
    assert found["mae"] == pytest.approx(np.mean([value["mae"] for value in found["values"]]))
    text = nnzoo_here(trained, "evaluate", "pair", "--plugin", "data.py").stdout
    rows = [line.split()[0] for line in text.splitlines() if line.strip()]
    assert [row for row in rows if row in ("price", "noise")] == ["price", "noise"]


def test_each_label_has_its_precision_and_recall(evaluated, nnzoo_here, trained):
    found, _ = evaluated("tags", "--plugin", "data.py", "--metric", "f1:average=none")
    x = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32)[500:]
    predicted = DeepNeuralNetwork.load(trained / "tags" / "model.safetensors").predict(x)
    for place, label in enumerate(found["labels"][:3]):
        of, taken = x[:, place] > 0, predicted[:, place] == 1
        assert (label["samples"], label["predicted"]) == (of.sum(), taken.sum())
        assert label["precision"] == pytest.approx((of & taken).sum() / taken.sum())
        assert label["recall"] == pytest.approx((of & taken).sum() / of.sum())
        assert label["f1"] == pytest.approx(found[f"f1_{label['label']}"])
    last = found["labels"][3]
    assert (last["label"], last["samples"], last["recall"]) == ("none", 0, None)
    assert "confusion" not in found
    outcome = nnzoo_here(trained, "evaluate", "tags", "--plugin", "data.py")
    assert [line.split()[0] for line in outcome.stdout.splitlines() if line.split()[1:2] and "%" in line][1:] == list(
        "abc"
    )


def test_metrics_may_be_asked_for(evaluated, nnzoo_here, trained):
    found, _ = evaluated("run", "--metric", "top-k:k=3", "--metric", "accuracy", "--metric", "balanced-accuracy")
    recalls = [each["recall"] for each in found["classes"]]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert found["accuracy"] < found["top_3"] <= 1
    assert found["figures"] == {name: found[name] for name in ("loss", "accuracy", "top_3", "balanced_accuracy")}
    text = nnzoo_here(trained, "evaluate", "run", "--metric", "top-k:k=3").stdout
    assert f"top 3 {found['top_3']:.2%}" in text
    for metric, fragment in (("acuracy", "did you mean accuracy"), ("r2", "the targets of this task are classes")):
        outcome = nnzoo_here(trained, "evaluate", "run", "--metric", metric)
        assert (outcome.code, outcome.stdout) == (2, "")
        assert fragment in outcome.stderr


def test_of_many_classes_the_worst_are_shown_and_nothing_is_wider_than_80_columns(evaluated, nnzoo_here, trained):
    found, _ = evaluated("many", "--plugin", "data.py")
    assert len(found["classes"]) == len(found["confusion"]) == 98
    outcome = nnzoo_here(trained, "evaluate", "many", "--plugin", "data.py")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert max(map(len, outcome.stdout.splitlines())) <= 80
    worst = sorted(each["f1"] or 0 for each in found["classes"])[:15]
    shown = [line for line in outcome.stdout.splitlines() if line.startswith(" the class") and "%" in line]
    assert len(shown) == len(worst)
    wrong = max(n for row, counts in enumerate(found["confusion"]) for taken, n in enumerate(counts) if row != taken)
    assert f"{wrong} of 2" in outcome.stdout


def test_three_thousand_classes_take_a_few_seconds(nnzoo_here, trained):
    DeepNeuralNetwork([1, 3000], class_names=[f"the class with number {n} of all" for n in range(3000)]).save(
        trained / "thousands.safetensors"
    )
    began = time.process_time()  # what others take of the machine does not count
    command = ("evaluate", "thousands.safetensors", "--dataset", "many:classes=3000", "--plugin", "data.py")
    outcome = nnzoo_here(trained, *command)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert time.process_time() - began < 30
    assert max(map(len, outcome.stdout.splitlines())) <= 80


def test_masked_positions_do_not_count(evaluated):
    found, _ = evaluated("run", "--dataset", "weighed", "--plugin", "data.py")
    right = sum(found["confusion"][label][label] for label in range(10))
    assert sum(map(sum, found["confusion"])) == sum(each["samples"] for each in found["classes"]) == 179
    assert found["accuracy"] == pytest.approx(right / 179)


METRIC = """
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import Metric, MetricPlan, hookimpl


@dataclass(frozen=True)
class Samples(Metric):
    \"\"\"How many there are.\"\"\"

    name: ClassVar[str] = "counted-samples"
    title: ClassVar[str] = "samples seen"

    def plan(self, problem):
        return MetricPlan(("counted_samples",), {"n": ()})

    def update(self, predicted, targets, weights, sums, workspace):
        sums["n"] += len(targets)

    def values(self, sums):
        return (float(sums["n"]),)


@hookimpl
def nnzoo_metrics():
    return [Samples]
"""


def test_a_metric_whose_plugin_is_not_there_is_left_out_with_a_word(nnzoo_here, tmp_path):
    (tmp_path / "counting.py").write_text(METRIC)
    there = ("--plugin", "counting.py")
    train = ("train", "--dataset", "digits", "--epochs", "1", "--metric", "accuracy", "--metric", "counted-samples")
    outcome = nnzoo_here(tmp_path, *train, "--run-dir", "run", *there)
    assert outcome.code == 0, outcome.stderr
    assert "samples seen 359.0" in outcome.stdout
    found = json.loads(nnzoo_here(tmp_path, "evaluate", "run", "--json", *there).stdout)
    assert found["counted_samples"] == 359
    outcome = nnzoo_here(tmp_path, "evaluate", "run", "--json")
    assert outcome.code == 0
    assert "counted-samples" in outcome.stderr
    assert "--plugin counting.py" in outcome.stderr
    assert json.loads(outcome.stdout)["figures"].keys() == {"loss", "accuracy"}


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
