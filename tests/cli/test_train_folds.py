"""``nnzoo train --folds``: cross-validation, its predictions, and that nothing leaks."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nnzoo import load_dataset
from nnzoo.data.parting import fold_dataset, fold_numbers
from nnzoo.errors import UsageError
from nnzoo.kinds import Dataset, Split
from nnzoo.model import DeepNeuralNetwork

TRAIN = ["train", "--quiet", "--epochs", "2", "--executor", "serial"]


@pytest.fixture
def table(tmp_path):
    """A table of 43 rows in two classes of different size."""
    rng = np.random.default_rng(0)
    rows = [f"{x:.3f},{y:.3f},{'red' if x + y > 0.7 else 'blue'}" for x, y in rng.normal(size=(60, 2))]
    path = tmp_path / "colours, small.csv"
    path.write_text("\n".join(["x,y,colour", *rows]) + "\n")
    return path


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_each_sample_is_tested_once_and_classes_have_their_share(folds):
    rng = np.random.default_rng(1)
    targets = rng.choice(4, 203, p=[0.7, 0.2, 0.08, 0.02])
    split = Split(rng.normal(size=(203, 2)).astype(np.float32), targets)
    numbers = fold_numbers(split, folds)
    for within in (numbers, *(numbers[targets == label] for label in range(4))):
        counts = np.bincount(within, minlength=folds)
        assert counts.max() - counts.min() <= 1
    assert not np.array_equal(numbers, fold_numbers(split, folds, seed=1))
    values = Split(split.inputs, targets[:, None].astype(float))
    assert set(np.bincount(fold_numbers(values, folds))) <= {203 // folds, 203 // folds + 1}
    following = fold_numbers(Split(split.inputs, targets, ordered=True), folds)
    assert (np.diff(following) >= 0).all()
    dataset = Dataset(split, split, tuple("abcd"))
    parts = [fold_dataset(dataset, folds, number) for number in range(folds)]
    tested = np.concatenate([part.test.inputs for part in parts])
    assert Counter(map(tuple, tested)) == Counter(map(tuple, split.inputs))
    for part in parts:
        assert not {*map(tuple, part.train.inputs)} & {*map(tuple, part.test.inputs)}
    with pytest.raises(UsageError, match="can't be divided"):
        fold_numbers(split, 204)


def test_nothing_of_a_fold_leaks_into_its_preprocessing(nnzoo, table, tmp_path):
    nnzoo(*TRAIN, "--dataset", table, "--folds", 4, "--run-dir", tmp_path / "folds")
    data = load_dataset(str(table))
    numbers = fold_numbers(data.train, 4)
    for fold in range(4):
        dnn = DeepNeuralNetwork.load(tmp_path / f"folds/fold-{fold}/model.safetensors")
        learnt = data.train.inputs["x"][numbers != fold].astype(float)
        step = next(step for step in dnn.preprocessing.features[0].steps if "mean" in step.fitted)
        assert step.fitted["mean"] == pytest.approx(learnt.mean(), rel=1e-6)
        assert abs(learnt.mean() - data.train.inputs["x"].astype(float).mean()) > 1e-6


def test_predictions_out_of_fold_are_those_that_the_figures_count(nnzoo, table, tmp_path):
    found = nnzoo(*TRAIN, "--dataset", table, "--folds", 3, "--seed", 4, "--run-dir", tmp_path / "folds")
    with Path(found["predictions"]).open() as file:
        rows = list(csv.DictReader(file))
    train = load_dataset(str(table)).train
    assert [int(row["index"]) for row in rows] == list(range(len(train)))
    assert [int(row["fold"]) for row in rows] == fold_numbers(train, 3, seed=4).tolist()
    names = load_dataset(str(table)).class_names
    assert [row["target"] for row in rows] == [names[label] for label in train.targets]
    assert all(sum(float(row[f"probability {name}"]) for name in names) == pytest.approx(1) for row in rows)
    for run in found["runs"]:
        right = [row["answer"] == row["target"] for row in rows if int(row["fold"]) == run["fold"]]
        assert np.mean(right) == pytest.approx(run["test_accuracy"])
    values = [run["test_accuracy"] for run in found["runs"]]
    summary = found["summary"]["test_accuracy"]
    assert (summary["mean"], summary["interval"]) == (pytest.approx(np.mean(values)), None)
    assert summary["deviation"] == pytest.approx(np.std(values, ddof=1))


def test_the_command_of_a_fold_gives_the_same_bits_and_resuming_trains_missing_folds(nnzoo, table, tmp_path):
    folder = tmp_path / "folds"
    whole = nnzoo(*TRAIN, "--dataset", table, "--folds", 3, "--run-dir", folder)
    predictions = Path(whole["predictions"]).read_bytes()
    command = json.loads((folder / "fold-1/run.json").read_text())["command"]
    assert command[-2:] == ["--run-dir", str(folder / "fold-1")]
    dataset = command[command.index("--dataset") + 1]
    alone = nnzoo("train", "--quiet", "--epochs", 2, "--dataset", dataset, "--run-dir", tmp_path / "alone")
    assert alone["weights_sha256"] == whole["runs"][1]["weights_sha256"]
    shutil.rmtree(folder / "fold-2")
    Path(whole["predictions"]).unlink()
    again = nnzoo("train", "--resume", folder, "--quiet", "--executor", "serial")
    assert [run["weights_sha256"] for run in again["runs"]] == [run["weights_sha256"] for run in whole["runs"]]
    assert Path(again["predictions"]).read_bytes() == predictions


def test_folds_are_compared_and_listed_as_such(nnzoo, table, tmp_path):
    for name, more in (("a", ()), ("b", ("--optimizer", "sgd"))):
        nnzoo(*TRAIN, "--dataset", table, "--folds", 4, "--run-dir", tmp_path / "runs" / name, *more)
    found = nnzoo("compare", tmp_path / "runs/a", tmp_path / "runs/b")
    assert (found["unit"], found["settings"].keys() & {"data", "data set"}) == ("fold", set())
    (warning,) = found["warnings"]  # and none of learning rates, which follow from the data
    assert "Nadeau" in warning
    lines = nnzoo("runs", "list", tmp_path / "runs")
    assert [(line["status"], line["dataset"]) for line in lines] == [("4 folds", str(table))] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--folds", "1"), "number of folds"),
        (("--folds", "3", "--seeds", "2"), "combined"),
        (("--folds", "900"), "can't be divided"),
    ],
)
def test_invalid_combinations_are_refused(arguments, words, nnzoo, table, tmp_path):
    error = nnzoo(*TRAIN, "--dataset", table, "--run-dir", tmp_path / "many", *arguments, code=2)["error"]
    assert words in error["message"]
    assert not (tmp_path / "many").exists()
