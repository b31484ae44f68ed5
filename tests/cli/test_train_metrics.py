"""``nnzoo train`` by task and metric: what is measured, what selects the best epoch, and what the baseline reaches."""

import json

import numpy as np
import pytest

DATA = '''\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Dataset, DatasetLoader, Split, hookimpl


@dataclass(frozen=True)
class Rare(DatasetLoader):
    """Two overlapping classes, one of which is rare."""

    name: ClassVar[str] = "rare"

    def load(self, cache):
        rng = np.random.default_rng(0)
        y = (rng.random(2000) < 0.05).astype(int)
        x = (rng.normal(size=(2000, 2)) + 1.2 * y[:, None]).astype(np.float32)
        return Dataset(Split(x[:1000], y[:1000]), Split(x[1000:], y[1000:]), ("usual", "rare one"))


@dataclass(frozen=True)
class Noise(DatasetLoader):
    """Classes, or values, that have nothing to do with the inputs."""

    name: ClassVar[str] = "noise"
    samples: int = 400
    values: bool = False

    def load(self, cache):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(400 + self.samples, 2)).astype(np.float32)
        y = 1e4 + rng.normal(size=(len(x), 1)) if self.values else (rng.random(len(x)) < 0.2).astype(int)
        names = {"value_names": ("price",)} if self.values else {"class_names": ("no", "yes")}
        return Dataset(Split(x[:400], y[:400]), Split(x[400:], y[400:]), **names)


@dataclass(frozen=True)
class Sides(DatasetLoader):
    """Two classes that are easily told apart."""

    name: ClassVar[str] = "sides"
    samples: int = 400

    def load(self, cache):
        rng = np.random.default_rng(0)
        y = np.arange(400 + self.samples) % 2
        x = (rng.normal(size=(len(y), 2)) + 8 * y[:, None]).astype(np.float32)
        return Dataset(Split(x[:400], y[:400]), Split(x[400:], y[400:]), ("left", "right"))


@dataclass(frozen=True)
class Houses(DatasetLoader):
    """Prices."""

    name: ClassVar[str] = "houses"

    def load(self, cache):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(600, 3)).astype(np.float32)
        y = 3e5 + 1e5 * x[:, :1] + 1e4 * rng.normal(size=(600, 1))
        return Dataset(Split(x[:500], y[:500]), Split(x[500:], y[500:]), value_names=("price",))


@hookimpl
def nnzoo_datasets():
    return [Rare, Noise, Sides, Houses]
'''


@pytest.fixture
def train(nnzoo_here, tmp_path):
    """Train on one of these data sets, or on digits."""
    (tmp_path / "data.py").write_text(DATA)

    def run(dataset, *arguments):
        return nnzoo_here(tmp_path, "train", "--dataset", dataset, "--plugin", "data.py", *arguments)

    return run


@pytest.fixture
def results(train):
    """The results of a training, which succeeds."""

    def run(dataset, *arguments):
        outcome = train(dataset, "--json", *arguments)
        assert outcome.code == 0, outcome.stderr
        return json.loads(outcome.stdout)

    return run


def epochs_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_every_metric_has_its_columns_by_name(train, tmp_path):
    metrics = ("--metric", "f1", "--metric", "balanced-accuracy", "--metric", "accuracy")
    outcome = train("digits", "--epochs", "2", "--validation", "0.1", "--run-dir", "run", *metrics)
    assert outcome.code == 0, outcome.stderr
    (titles,) = [line for line in outcome.stdout.splitlines() if "epoch " in line and "rate" in line]
    shown = [
        f"{part} {title}" for part in ("train", "validation", "test") for title in ("loss", "F1", "bal. acc", "acc")
    ]
    assert " ".join(titles.split()) == " ".join(["epoch", "rate", *shown, "seconds"])
    for line in epochs_of(tmp_path / "run"):
        (row,) = [r.split() for r in outcome.stdout.splitlines() if r.split()[:1] == [f"{line['epoch']}/2"]]
        names = [
            f"{part}_{n}" for part in ("train", "validation", "test") for n in ("f1", "balanced_accuracy", "accuracy")
        ]
        assert [f"{line[name]:.2%}" for name in names] == [cell for cell in row if "%" in cell]
    results = json.loads((tmp_path / "run/run.json").read_text())["results"]
    assert (
        f"test F1 {results['test_f1']:.2%}, balanced accuracy {results['test_balanced_accuracy']:.2%}" in outcome.stdout
    )


def test_a_regression_is_reported_in_its_own_unit(train, tmp_path):
    outcome = train(
        "houses", "--epochs", "5", "--run-dir", "run", "--metric", "r2", "--metric", "mae", "--metric", "rmse"
    )
    assert outcome.code == 0, outcome.stderr
    assert "task      regression: price" in outcome.stdout
    results = json.loads((tmp_path / "run/run.json").read_text())["results"]
    assert results["test_r2"] > 0.5
    assert 5e3 < results["test_mae"] < results["test_rmse"] < 1e5
    assert f"test R² {results['test_r2']:#.4g}, MAE {results['test_mae']:,.0f}, RMSE" in outcome.stdout
    assert "price" in outcome.stdout.splitlines()[-3]
    assert "%" not in outcome.stdout
    (last,) = [line.split() for line in outcome.stdout.splitlines() if "5/5 " in line]
    assert f"{results['test_mae']:,.0f}" in last


@pytest.mark.parametrize(("figure", "highest"), [("f1", True), ("loss", False), ("balanced-accuracy", True)])
def test_the_monitored_figure_selects_the_epoch_that_is_kept(train, tmp_path, figure, highest):
    metrics = ("--metric", "f1", "--metric", "balanced-accuracy", "--monitor", figure, "--keep", "best")
    shape = ("--epochs", "12", "--validation", "0.2", "--schedule", "constant", "--batch-size", "20")
    outcome = train("rare", *metrics, *shape, "--l_rate", "10", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    record = json.loads((tmp_path / "run/run.json").read_text())
    values = [line[f"validation_{figure.replace('-', '_')}"] for line in epochs_of(tmp_path / "run")]
    best = 1 + (int(np.argmax(values)) if highest else int(np.argmin(values)))
    assert record["results"]["kept_epoch"] == best
    assert record["results"]["test_f1"] == epochs_of(tmp_path / "run")[best - 1]["test_f1"]
    if best < 12:
        title = {"f1": "F1"}.get(figure, figure.replace("-", " "))
        assert f"kept is epoch {best}, which had the {'highest' if highest else 'lowest'} validation {title}" in (
            outcome.stdout
        )


def test_early_stopping_watches_the_monitored_figure(results, tmp_path):
    metrics = ("--metric", "f1", "--monitor", "f1", "--early-stopping", "3", "--validation", "0.2")
    found = results("rare", *metrics, "--epochs", "60", "--batch-size", "20", "--l_rate", "10", "--run-dir", "run")
    values = [line["validation_f1"] for line in epochs_of(tmp_path / "run")]
    assert found["kept_epoch"] == 1 + int(np.argmax(values))
    assert found["epochs_trained"] == found["kept_epoch"] + 3 < 60


def test_class_weights_find_the_rare_class(results, tmp_path):
    metrics = ("--metric", "recall:average=none", "--metric", "balanced-accuracy", "--epochs", "8")
    plain = results("rare", *metrics)
    balanced = results("rare", *metrics, "--class-weight", "balanced")
    named = results("rare", *metrics, "--class-weight", "rare one=19")
    assert plain["test_recall_rare_one"] < 0.4
    assert min(balanced["test_recall_rare_one"], named["test_recall_rare_one"]) > 0.6
    assert balanced["test_balanced_accuracy"] > plain["test_balanced_accuracy"] + 0.05
    assert (plain["class_weight"], balanced["class_weight"]) == ("", "balanced")


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (("--metric", "acuracy"), ["did you mean accuracy?"]),
        (("--metric", "r2"), ["metric r2", "classes"]),
        (("--metric", "accuracy", "--metric", "accuracy"), ["'accuracy'", "leave one"]),
        (("--task", "classificaton"), ["did you mean classification?"]),
        (("--monitor", "acuracy"), ["did you mean accuracy?"]),
        (("--monitor", "f1"), ["f1 is not among the metrics", "loss, accuracy"]),
        (("--monitor", "validation_accuracy"), ["monitor = accuracy"]),
        (("--class-weight", "balanced=2"), ["'balanced', which is not a class"]),
        (("--class-weight", "balancd"), ["balancd"]),
        (("--class-weight", "12=2"), ["'12', which is not a class", "0, 1, 2"]),
        (("--class-weight", "1=many"), ["'many' is not a number"]),
        (("--class-weight", "1=-1"), ["below 0"]),
        (("--keep", "best", "--monitor", "accuracy"), ["validation"]),
    ],
)
def test_invalid_metrics_and_class_weights_are_refused(train, arguments, fragments):
    outcome = train("digits", "--epochs", "1", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_class_weights_are_for_classes(train):
    outcome = train("houses", "--epochs", "1", "--class-weight", "balanced")
    assert outcome.code == 2
    assert "class" in outcome.stderr


def verdict(train, *arguments):
    """The baseline's verdict, and the line that tells it."""
    outcome = train(*arguments)
    assert outcome.code == 0, outcome.stderr
    (line,) = [line for line in outcome.stdout.splitlines() if "always answering" in line]
    return line


def test_the_baseline_is_always_reported(train, results):
    assert verdict(train, "sides", "--epochs", "3") == "baseline: always answering left reaches accuracy 50.00%"
    found = results("sides", "--epochs", "3")["baseline"]
    assert (found["verdict"], found["baseline"], found["figure"]) == ("better", 0.5, "accuracy")


@pytest.mark.parametrize("values", ["False", "True"])
def test_learning_noise_is_reported(train, results, values):
    arguments = (f"noise:values={values}", "--epochs", "3")
    found = results(*arguments)["baseline"]
    assert found["verdict"] in ("no better", "constant", "too few")
    line = verdict(train, *arguments)
    assert "learned nothing of use" in line or "too few" in line
    assert ("price" if values == "True" else "always answering no") in line


def test_an_absurd_learning_rate_is_reported_and_the_run_succeeds(train, results):
    arguments = ("digits", "--l_rate", "1000", "--epochs", "3")
    assert results(*arguments)["baseline"]["verdict"] in ("no better", "constant")
    assert "learned nothing of use" in verdict(train, *arguments)


@pytest.mark.parametrize("samples", [1, 2, 4])
def test_few_samples_show_nothing_however_well_it_does(train, results, samples):
    arguments = (f"sides:samples={samples}", "--epochs", "3")
    found = results(*arguments)
    assert (found["test_accuracy"], found["baseline"]["verdict"]) == (1, "too few")
    assert f"on {samples} sample" in verdict(train, *arguments)


def test_few_samples_do_not_excuse_a_network_that_is_worse(nnzoo_here, tmp_path):
    """It learns the sign, which is right for 4 of 8 test samples; the more frequent class is right for 5."""
    sign, label = np.repeat([1.0, -1.0], [36, 24])[:, None], np.repeat([1, 0], [36, 24])
    test = np.array([1, 1, 1, -1, -1, -1, 1, 1.0])[:, None], np.array([1, 1, 1, 1, 1, 0, 0, 0])
    np.savez(tmp_path / "a.npz", x_train=sign, y_train=label, x_test=test[0], y_test=test[1])
    outcome = nnzoo_here(tmp_path, "train", "--dataset", "a.npz", "--epochs", "30", "--json", "--quiet")
    found = json.loads(outcome.stdout)["baseline"]
    assert (found["value"], found["baseline"], found["verdict"]) == (0.5, 0.625, "no better")


def test_a_table_is_described_before_the_training(nnzoo_here, tmp_path):
    rows = [f"{n},{'red' if n % 3 else 'blue'},{'yes' if n % 2 else 'no'},{n * n}" for n in range(60)]
    (tmp_path / "table.csv").write_text("\n".join(["size,color,kind,price", *rows]) + "\n")
    train = ("train", "--dataset", "table.csv:target=kind", "--epochs", "1", "--run-dir")
    outcome = nnzoo_here(tmp_path, *train, "run")
    assert outcome.code == 0, outcome.stderr
    lines = outcome.stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("data "))
    above = [line.split() for line in lines[:begin]]
    assert {"color", "price", "kind"} <= {row[0] for row in above if row}
    assert lines[begin].startswith("data      table.csv: ")
    assert "on table.csv, after 1 epoch and" in outcome.stdout
    assert nnzoo_here(tmp_path, *train, "quiet", "--quiet").stdout == ""
    found = nnzoo_here(tmp_path, *train, "json", "--json")
    assert json.loads(found.stdout)["task"] == "classification"
    assert "color" in found.stderr


def test_a_run_goes_on_with_the_same_metrics_alone(train, nnzoo_here, tmp_path):
    metrics = ("--metric", "accuracy", "--metric", "f1", "--monitor", "f1")
    started = ("--epochs", "2", "--schedule", "constant", "--validation", "0.1", "--run-dir")
    assert train("digits", *metrics, *started, "run").code == 0
    resume = ("train", "--resume", "run", "--epochs", "3")
    for other, fragment in (
        (("--metric", "f1"), "metrics: accuracy f1"),
        (("--metric", "accuracy"), "f1 is not among the metrics"),
        (("--class-weight", "balanced"), "class_weight"),
        (("--monitor", "loss"), "chosen by f1"),
        (("--task", "regression"), ""),
    ):
        outcome = nnzoo_here(tmp_path, *resume, *other)
        assert outcome.code in (2, 3), other
        assert fragment in outcome.stderr
    outcome = nnzoo_here(tmp_path, *resume, *metrics)
    assert outcome.code == 0, outcome.stderr
    assert train("digits", *metrics, *started, "whole", "--epochs", "3").code == 0
    sums = [
        json.loads((tmp_path / run / "run.json").read_text())["results"]["weights_sha256"] for run in ("run", "whole")
    ]
    assert sums[0] == sums[1]
    assert [line["test_f1"] for line in epochs_of(tmp_path / "run")] == [
        line["test_f1"] for line in epochs_of(tmp_path / "whole")
    ]
