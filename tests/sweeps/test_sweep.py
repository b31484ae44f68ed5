"""Sweeps: the same answer for any number of workers and after any stop."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest

import nnzoo
from nnzoo.errors import FileFormatError, NnzooError, StorageError, UsageError
from nnzoo.kinds import Executor, Outcome
from nnzoo.plugins.registry import Registry
from nnzoo.sweeps.journal import FILE as JOURNAL
from nnzoo.sweeps.journal import Journal, read_journal
from nnzoo.sweeps.plan import FILE as PLAN
from nnzoo.sweeps.plan import Trial, read_plan
from nnzoo.sweeps.sweep import BOARD_FILE, resume_sweep
from nnzoo.sweeps.trials import preparing

REGISTRY = Registry(disabled=["all"])
SPACE = {"optimizer": "sgd,momentum:beta=lin:0.5..0.9", "learning_rate": "log:0.1..3", "hidden": 8, "epochs": 1}


def swept(directory, **options):
    return nnzoo.sweep("digits", **({"executor": "serial", "trials": 4, "directory": directory} | SPACE | options))


def board(directory: Path) -> bytes:
    return (directory / BOARD_FILE).read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep of four configurations with two seeds each, that nothing disturbed."""
    return swept(tmp_path_factory.mktemp("sweeps") / "whole", seeds=2)


def test_workers_change_nothing(whole, tmp_path):
    found = swept(tmp_path / "two", seeds=2, executor="processes", workers=2)
    assert board(tmp_path / "two") == board(whole.directory)
    assert found.run["weights_sha256"] == whole.run["weights_sha256"]
    assert whole.trials == {"finished": 8, "diverged": 0, "failed": 0}
    assert [row.rank for row in whole.leaderboard] == [1, 2, 3, 4]
    assert [row.value for row in whole.leaderboard] == sorted(row.value for row in whole.leaderboard)


def test_a_trial_is_what_train_trains(whole, nnzoo_here, tmp_path):
    words = whole.command.split()[1:]
    outcome = nnzoo_here(tmp_path, *words, "--json")
    results = json.loads(outcome.stdout)
    line = read_journal(whole.directory).ended[whole.winner.trials[0]]
    assert results["weights_sha256"] == line["weights_sha256"] == whole.run["weights_sha256"]
    assert results["validation_loss"] == line["figures"]["validation_loss"]
    assert results["test_accuracy"] == whole.run["test_accuracy"]
    assert not [name for name in line["figures"] if name.startswith("test")]


@pytest.mark.parametrize("left", [0, 1, 7, 12])
def test_a_sweep_resumes_from_any_line_of_its_journal(whole, tmp_path, left):
    lines = (whole.directory / JOURNAL).read_bytes().splitlines(keepends=True)
    (tmp_path / "sweep.json").write_bytes((whole.directory / "sweep.json").read_bytes())
    (tmp_path / JOURNAL).write_bytes(b"".join(lines[:left]) + lines[left][:9])  # a kill cut a line off
    before = {*read_journal(tmp_path).ended}
    told = []
    found = resume_sweep(tmp_path, executor="serial", told=lambda trial, *rest: told.append(trial.id))
    assert board(tmp_path) == board(whole.directory)
    assert found.run["weights_sha256"] == whole.run["weights_sha256"]
    assert len(told) == 8 - len(before)
    assert not before & {*told}


def test_more_trials_start_with_the_same_ones(whole, tmp_path):
    for name in ("sweep.json", JOURNAL):
        (tmp_path / name).write_bytes((whole.directory / name).read_bytes())
    told = []
    found = resume_sweep(tmp_path, trials=5, executor="serial", told=lambda trial, *rest: told.append(trial))
    assert len(told) == 2
    assert found.trials["finished"] == 10
    fresh = swept(tmp_path / "fresh", seeds=2, trials=5)
    assert board(tmp_path) == board(fresh.directory)


@dataclass(frozen=True)
class Losing(Executor):
    """Loses every trial of one configuration as often as it is told to."""

    name: ClassVar[str] = "losing"
    times: int = 0

    @contextmanager
    def open(self, prepare, workers):
        work, lost = prepare(), dict[str, int]()

        def run(items):
            for number, trial in enumerate(items):
                lost[trial.id] = lost.get(trial.id, 0) + 1
                if lost[trial.id] <= self.times and trial.seed == 1:
                    yield Outcome(number, error=NnzooError("the worker was killed by SIGKILL"), lost=True)
                else:
                    yield Outcome.of(number, work, trial)

        yield run


@pytest.mark.parametrize(("times", "failed"), [(3, 0), (4, 4)])
def test_a_lost_trial_is_tried_three_times_more(whole, tmp_path, monkeypatch, times, failed):
    build = Registry.build
    with_losing = lambda self, kind, *rest: Losing(times=times) if kind == "executor" else build(self, kind, *rest)  # noqa: E731
    monkeypatch.setattr(Registry, "build", with_losing)
    found = swept(tmp_path / "lost", seeds=2)
    assert found.trials["failed"] == failed
    if failed:
        assert found.winner is None
        assert "SIGKILL" in found.leaderboard[0].message
    else:
        assert board(tmp_path / "lost") == board(whole.directory)


def test_a_diverged_trial_is_a_result(tmp_path):
    found = swept(tmp_path / "far", optimizer="sgd", learning_rate="0.5,1e30", search="grid", trials=None)
    assert found.trials == {"finished": 1, "diverged": 1, "failed": 0}
    fine, far = found.leaderboard
    assert (fine.status, far.status, far.value) == ("finished", "diverged", None)
    assert "not finite" in far.message
    assert found.winner == fine


def test_halving_wins_with_all_epochs(tmp_path):
    options = {"search": "halving:factor=2", "epochs": 4, "learning_rate": "log:0.01..3"}
    found = swept(tmp_path / "halved", **options)
    assert [row.share for row in found.leaderboard] == [1, 0.5, 0.25, 0.25]
    assert found.winner.share == 1
    assert found.run["epochs"] == 4
    epochs = sorted(line["epochs"] for line in read_journal(tmp_path / "halved").ended.values())
    assert epochs == [1, 1, 1, 1, 2, 2, 4]


def test_a_metric_ranks_the_other_way(tmp_path):
    found = swept(tmp_path / "metric", monitor="accuracy")
    values = [row.value for row in found.leaderboard]
    assert values == sorted(values, reverse=True)
    assert found.figure == "validation_accuracy"


def test_ties_are_broken_by_the_hash(tmp_path):
    found = swept(tmp_path / "ties", optimizer="momentum:beta=0.9,momentum", learning_rate=0.5, search="grid")
    assert found.leaderboard[0].value == found.leaderboard[1].value
    assert [row.id for row in found.leaderboard] == sorted(row.id for row in found.leaderboard)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"validation": 0.0}, "validation"),
        ({"trials": 0}, "trials"),
        ({"optimizer": "sgd", "learning_rate": 1}, "no option varies"),
        ({"seeds": 0}, "seeds"),
        ({"loss": "softmax-cross-entropy,mse"}, "compared"),
        ({"optimizer": "adamm"}, "adamm"),
        ({"search": "luck"}, "luck"),
        ({"speed": 3}, "speed"),
        ({"workers": 3}, "one worker"),
        ({"monitor": "f7"}, "f7"),
    ],
)
def test_invalid_sweeps_are_refused_before_anything_is_written(tmp_path, options, said):
    with pytest.raises(UsageError) as raised:
        swept(tmp_path / "sweep", **options)
    assert said in str(raised.value)
    assert not (tmp_path / "sweep").exists()


def test_the_hint_for_a_directory_in_use_is_quoted_for_a_shell(tmp_path):
    directory = tmp_path / "my sweep"
    directory.mkdir()
    (directory / "notes.txt").touch()
    with pytest.raises(UsageError, match="is not empty") as caught:
        swept(directory)
    assert caught.value.hint.endswith(f"nnzoo sweep --resume '{directory}'")


def test_directories(whole, tmp_path):
    with pytest.raises(UsageError, match="is not empty"):
        swept(whole.directory)
    with pytest.raises(StorageError, match="not a sweep"):
        resume_sweep(tmp_path)
    for contents, error in ((b"{", FileFormatError), (b'{"format": 9}', FileFormatError), (b"[]", FileFormatError)):
        (tmp_path / "sweep.json").write_bytes(contents)
        with pytest.raises(error):
            read_plan(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"), [("seed", "one"), ("trials", "all"), ("owner", "me"), ("space", {"beta": 1})]
)
def test_a_plan_with_unknown_contents_is_refused(whole, tmp_path, name, value):
    plan = json.loads((whole.directory / PLAN).read_text())
    (tmp_path / PLAN).write_text(json.dumps(plan | {name: value}))
    with pytest.raises(FileFormatError, match=name):
        read_plan(tmp_path)


def test_a_journal_with_an_invalid_line_is_refused(tmp_path):
    (tmp_path / JOURNAL).write_bytes(b'{"event": "started", "trial": "a"}\nhello\n')
    with pytest.raises(FileFormatError, match="line 2"):
        Journal(tmp_path)


def test_a_disk_that_fails_is_reported(tmp_path, monkeypatch):
    def failing(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", failing)
    with closing(Journal(tmp_path)) as journal:
        journal.append("started", "a")
        with pytest.raises(StorageError, match="No space left"):
            journal.sync()
        with pytest.raises(StorageError, match="No space left"):
            journal.append("started", "b")


def test_other_data_are_refused(whole, tmp_path):
    plan = json.loads((whole.directory / "sweep.json").read_text())
    (tmp_path / "sweep.json").write_text(json.dumps(plan | {"data_sha256": "0" * 64}))
    with pytest.raises(UsageError, match="data"):
        resume_sweep(tmp_path, executor="serial")


@cache
def _work(directory):
    return preparing(REGISTRY, read_plan(directory), nnzoo.load_dataset("digits"))()


def test_a_trial_depends_on_nothing_that_came_before(whole):
    plan, work = read_plan(whole.directory), _work(whole.directory)
    log = read_journal(whole.directory)
    trials = [Trial(line["configuration"], line["seed"], line["share"]) for line in log.ended.values()]
    assert {trial.id for trial in trials} == {*log.ended}
    assert plan.threads == 1
    for trial in reversed(trials[:3]):
        assert work(trial)["weights_sha256"] == log.ended[trial.id]["weights_sha256"]
