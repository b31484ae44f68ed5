"""Observers clip, average, stop and log; one that fails is switched off, and nothing else changes."""

import csv
import json
import math
import sqlite3
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import (
    EpochObserver,
    FilesObserver,
    GradientObserver,
    Moment,
    ObserverMemory,
    ObserverPlan,
    RunObserver,
    StepObserver,
    UsageError,
)
from nnzoo.builtin.observers import Average, Clip, Log, StopAt
from nnzoo.model.model_file import read_model
from nnzoo.runs.directory import kept_files

EVERY = {"verbose": False, "epochs": 3, "validation": 0.2}


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def trained(digits, *observers, **options):
    dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=16")
    dnn.train(digits, observers=observers, **(EVERY | options))
    return dnn


@dataclass(frozen=True)
class Watcher(GradientObserver, StepObserver, RunObserver, EpochObserver):
    """Keeps all that it sees."""

    name: ClassVar[str] = "watcher"
    seen: ClassVar[list] = []

    def plan(self, moment):
        return ObserverPlan({"steps": ()})

    def started(self, moment, settings, memory):
        self.seen.append(("started", settings["optimizer"], moment.epoch))

    def gradient(self, moment, memory):
        memory.state["steps"] += 1
        assert memory.state["steps"] == moment.step + 1
        named = np.concatenate([array.ravel() for array in moment.gradients.values()])
        np.testing.assert_array_equal(named, moment.gradient)
        self.seen.append(("gradient", moment.step, moment.epoch, moment.loss, np.linalg.norm(moment.gradient)))

    def after_step(self, moment, memory):
        self.seen.append(("parameters", moment.step, moment.parameters.copy()))

    def after_epoch(self, moment, figures, memory):
        self.seen.append(("epoch", moment.epoch, figures["train_loss"]))

    def ended(self, moment, ending, memory):
        self.seen.append(("ended", ending))


@pytest.fixture
def seen():
    Watcher.seen.clear()
    return Watcher.seen


def test_an_observer_sees_each_step_and_epoch_and_changes_nothing(digits, seen):
    dnn = trained(digits, Watcher(), optimizer="sgd")
    np.testing.assert_array_equal(
        dnn.network.parameters.vector, trained(digits, optimizer="sgd").network.parameters.vector
    )
    assert seen[0] == ("started", "sgd", 1)
    assert seen[-1] == ("ended", "finished")
    steps = [event[1] for event in seen if event[0] == "gradient"]
    assert steps == [event[1] for event in seen if event[0] == "parameters"] == [*range(len(steps))]
    assert [event[1] for event in seen if event[0] == "epoch"] == [1, 2, 3]
    np.testing.assert_array_equal([e for e in seen if e[0] == "parameters"][-1][2], dnn.network.parameters.vector)


def test_further_training_continues_the_count_of_epochs(digits, seen):
    dnn = trained(digits, Watcher())
    dnn.train(digits, observers=[Watcher()], **EVERY)
    assert list(dict.fromkeys(event[2] for event in seen if event[0] == "gradient")) == [1, 2, 3, 4, 5, 6]
    assert [event[1] for event in seen if event[0] == "epoch"] == [1, 2, 3, 4, 5, 6]
    dnn.train(digits, observers=[Watcher()], **EVERY, stop_after=2)
    dnn.train(digits, observers=[Watcher()], **EVERY, resume=True)
    assert [event[2] for event in seen if event[0] == "started"] == [1, 4, 7, 9]


def test_a_clipped_gradient_is_no_longer_than_the_limit(digits, seen):
    trained(digits, Watcher(), Clip(0.25), Watcher())
    norms = [event[4] for event in seen if event[0] == "gradient"]
    before, after = np.array(norms[::2]), np.array(norms[1::2])
    assert before.max() > 0.25
    np.testing.assert_allclose(after, np.minimum(before, 0.25), rtol=1e-5)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_clipping_keeps_the_direction_of_any_finite_gradient(size):
    gradient = (size * np.array([3, -4, 0])).astype(np.float32)
    moment = Moment(1, np.zeros(3, np.float32), gradient, {}, {})
    Clip(2.0).gradient(moment, ObserverMemory())
    expected = np.array([3, -4, 0]) * min(size, 2 / 5)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_the_average_is_what_is_measured_and_saved(digits, seen, tmp_path):
    dnn = trained(digits, Watcher(), Average(0.9))
    vectors = [event[2].astype(np.float64) for event in seen if event[0] == "parameters"]
    average = vectors[0]
    for step, vector in enumerate(vectors, 1):
        decay = min(0.9, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * vector
    np.testing.assert_allclose(dnn.network.parameters.vector, average, rtol=2e-4, atol=1e-6)
    assert not np.allclose(vectors[-1], average, rtol=1e-3)
    x, y = digits.arrays()[2:]
    assert dnn.history[-1].test_accuracy == pytest.approx(dnn.score(x, y))
    dnn.save(tmp_path / "m.safetensors")
    loaded = DeepNeuralNetwork.load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(loaded.network.parameters.vector, dnn.network.parameters.vector)
    plain = trained(digits)  # the steps themselves know nothing of it
    np.testing.assert_array_equal(plain.network.parameters.vector, vectors[-1].astype(np.float32))


def test_the_best_epoch_of_an_average_is_kept(digits):
    dnn = trained(digits, Average(0.5), keep="best", epochs=4)
    best = min(dnn.history, key=lambda epoch: epoch.validation_loss)
    x, y = digits.arrays()[2:]
    assert best.test_accuracy == pytest.approx(dnn.score(x, y))


def test_two_averages_are_refused(digits):
    with pytest.raises(UsageError, match="only one can replace the trained ones"):
        trained(digits, Average(), Average(0.5))


@pytest.mark.parametrize(
    ("observer", "part", "reached"),
    [
        (StopAt("accuracy", 0.8), "validation_accuracy", lambda value: value >= 0.8),
        (StopAt("loss", 0.5), "validation_loss", lambda value: value <= 0.5),
    ],
)
def test_training_ends_when_the_target_is_reached(digits, observer, part, reached):
    dnn = trained(digits, observer, epochs=30)
    values = [getattr(epoch, part) for epoch in dnn.history]
    assert len(values) < 30
    assert [reached(value) for value in values] == [False] * (len(values) - 1) + [True]


def test_without_validation_data_the_training_figure_decides(digits):
    dnn = trained(digits, StopAt("accuracy", 0.8), epochs=30, validation=0.0)
    assert dnn.history[-1].train_accuracy >= 0.8 > dnn.history[-2].train_accuracy


def test_a_target_that_is_not_measured_is_refused(digits):
    with pytest.raises(UsageError, match="f1 is not measured") as caught:
        trained(digits, StopAt("f1", 0.9))
    assert "accuracy" in caught.value.hint


@pytest.mark.parametrize("file", ["../log.csv", "/tmp/log.csv", "metrics.jsonl", "run.json", "log", ".csv", "a/b.csv"])
def test_a_log_lies_in_the_runs_directory_and_nowhere_else(file):
    moment = Moment(1, np.zeros(3), np.zeros(3), {}, {})
    with pytest.raises(UsageError, match=r"ends in \.csv, \.jsonl or \.sqlite"):
        Log(file).plan(moment)


@dataclass(frozen=True)
class Failing(GradientObserver):
    """Fails in its third step."""

    name: ClassVar[str] = "failing"
    how: ClassVar[type[BaseException]] = ValueError

    def plan(self, moment):
        return ObserverPlan({"steps": ()})

    def gradient(self, moment, memory):
        memory.state["steps"] += 1
        if memory.state["steps"] == 3:
            raise self.how("out of order")


@pytest.mark.parametrize("how", [ValueError, SystemExit, UsageError])
def test_an_observer_that_fails_is_named_and_switched_off(digits, monkeypatch, caplog, how):
    monkeypatch.setattr(Failing, "how", how)
    dnn = trained(digits, Failing(), Clip(0.25))
    np.testing.assert_array_equal(dnn.network.parameters.vector, trained(digits, Clip(0.25)).network.parameters.vector)
    assert [record.getMessage() for record in caplog.records if "switched off" in record.getMessage()] == [
        f"observer failing failed and is switched off: {how.__name__}: out of order"
    ]


# --- on the command line


def test_the_command_records_observers_and_the_reason_for_the_end(run_nnzoo, tmp_path):
    outcome = run_nnzoo(
        *("train", "--dataset", "digits", "--epochs", "20", "--validation", "0.2", "--run-dir", "run", "--json"),
        *("--observe", "clip:norm=0.5", "--observe", "stop-at:metric=accuracy,target=0.9"),
        *(word for file in ("log.csv", "log.jsonl", "log.sqlite") for word in ("--observe", f"log:file={file}")),
    )
    assert outcome.code == 0, outcome.stderr
    results = json.loads(outcome.stdout)
    assert results["epochs_trained"] < 20
    assert "stop-at:metric=accuracy,target=0.9: validation accuracy" in results["stopped"]
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert [stored["name"].split("/")[1] for stored in record["observers"]] == ["clip", "stop-at", "log", "log", "log"]
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()] == lines
    with (tmp_path / "run/log.csv").open(newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == lines
    database = sqlite3.connect(tmp_path / "run/log.sqlite")
    found = database.execute("SELECT epoch, validation_accuracy FROM epochs ORDER BY epoch").fetchall()
    database.close()
    assert found == [(line["epoch"], line["validation_accuracy"]) for line in lines]
    described = read_model(tmp_path / "run/model.safetensors").description
    assert [stored.short_name for stored in described.observers] == ["clip", "stop-at"]  # a log is this machine's own
    again = run_nnzoo("reproduce", "run", "--json")
    assert again.code == 0, again.stderr
    assert json.loads(again.stdout)["identical"]
    assert not (tmp_path / json.loads(again.stdout)["run_dir"] / "log.csv").exists()
    refused = run_nnzoo("train", "--resume", "run")
    assert refused.code == 2
    assert "is at its end: stop-at" in refused.stderr
    removed = run_nnzoo("runs", "remove", "run", "--yes")
    assert removed.code == 0, removed.stderr
    assert not (tmp_path / "run").exists()


@dataclass(frozen=True)
class Opening(FilesObserver, RunObserver, EpochObserver):
    """Opens something when the training begins, and finds it again; ends it, though it only watches."""

    name: ClassVar[str] = "opening"
    only_watches: ClassVar[bool] = True

    names: str = "parts/a-*.txt"

    def plan(self, moment):
        return ObserverPlan()

    def files(self):
        return tuple(self.names.split())

    def started(self, moment, settings, memory):
        assert memory.opened == {}
        memory.opened["epochs"] = []

    def after_epoch(self, moment, figures, memory):
        memory.opened["epochs"].append(moment.epoch)
        return "a word in it" if moment.epoch == 2 else None

    def ended(self, moment, ending, memory):
        raise AssertionError("switched off before")


def test_opened_objects_last_until_the_end_and_a_mere_watcher_ends_nothing(digits, caplog):
    dnn = trained(digits, Opening())
    assert len(dnn.history) == 3
    assert "opening failed and is switched off: after_epoch returned a str" in caplog.text


@pytest.mark.parametrize(
    "names", ["*", "../*", "/*", "a/b/*", "parts/../x", ".*", "parts/*/x", "pa\\x", "*/x", "./x", ""]
)
def test_files_that_are_not_plain_names_in_the_runs_directory_belong_to_no_observer(names):
    assert kept_files(Opening(names)) == []


def test_strong_clipping_leaves_a_finite_loss(digits):
    assert math.isfinite(trained(digits, Clip(1e-3)).history[-1].train_loss)
