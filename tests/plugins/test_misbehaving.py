"""A component that harms the program is named in the error, and harms nothing else."""

import json
from pathlib import Path

import pytest

TRAIN = ("train", "--dataset", "digits", "--epochs", "2", "--hidden", "4", "--run-dir", "run")
MANY = """
import os, sys
from dataclasses import dataclass
from typing import ClassVar

import click
import numpy as np
from nnzoo.api import *
from nnzoo.builtin.metrics import Accuracy
from nnzoo.builtin.datasets import Digits
from nnzoo.builtin.optimizers import Sgd
from nnzoo.builtin.losses import SoftmaxCrossEntropy
from nnzoo.builtin.schedules import Constant

class Rude(BaseException):
    pass

def act():
    {action}

@dataclass(frozen=True)
class MyOptimizer(Sgd):
    name: ClassVar[str] = "mine"
    def update(self, params, grad, state, learning_rate, step):
        act()
        super().update(params, grad, state, learning_rate, step)

@dataclass(frozen=True)
class MyMetric(Accuracy):
    name: ClassVar[str] = "mine"
    def values(self, sums):
        act()
        return super().values(sums)

@dataclass(frozen=True)
class MySet(Digits):
    name: ClassVar[str] = "mine"
    def load(self, cache):
        act()
        return super().load(cache)

@dataclass(frozen=True)
class MySchedule(Constant):
    name: ClassVar[str] = "mine"
    def factor(self, step, total_steps):
        act()
        return 1.0

@hookimpl
def nnzoo_optimizers():
    return [MyOptimizer]

@hookimpl
def nnzoo_metrics():
    return [MyMetric]

@hookimpl
def nnzoo_datasets():
    return [MySet]

@hookimpl
def nnzoo_schedules():
    return [MySchedule]
"""
KINDS = ("optimizer", "metric", "dataset", "schedule")
ENDS = (
    "sys.exit()",
    "sys.exit(3)",
    "raise SystemExit('bye')",
    "raise click.exceptions.Exit(0)",
    "raise click.Abort",
    "raise click.UsageError('no')",
    "raise BrokenPipeError",
    "raise OSError(28, 'No space left on device')",
    "raise GeneratorExit",
    "raise KeyboardInterrupt",
    "raise Rude",
)


@pytest.fixture
def train(nnzoo_here, tmp_path):
    def run(kind, action, *options):
        (tmp_path / "mine.py").write_text(MANY.format(action=action))
        return nnzoo_here(tmp_path, *TRAIN, "--plugin", "mine.py", f"--{kind}", "mine", *options)

    return run


@pytest.mark.parametrize("action", ENDS)
def test_a_component_that_tries_to_end_the_program_fails(train, tmp_path, action):
    outcome = train("optimizer", action, "--json")
    assert outcome.code == 5, outcome.stderr
    assert json.loads(outcome.stdout)["error"]["message"].startswith("plugin mine.py failed: ")
    assert "Traceback" not in outcome.stderr
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] in ("failed", "interrupted")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_component_of_any_kind_that_tries_to_end_the_program_fails(train, kind):
    outcome = train(kind, "sys.exit()")
    assert outcome.code == 5
    assert "plugin mine.py failed: SystemExit" in outcome.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_that_changes_the_working_directory_moves_no_file(train, tmp_path, kind):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "run").mkdir(parents=True)
    (elsewhere / "run/run.json").write_text("mine")
    outcome = train(kind, f"os.chdir({str(elsewhere)!r})")
    assert outcome.code == 0, outcome.stderr
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "finished"
    assert {"model.safetensors", "metrics.jsonl"} <= {path.name for path in (tmp_path / "run").iterdir()}
    assert [path.name for path in elsewhere.rglob("*")] == ["run", "run.json"]
    assert (elsewhere / "run/run.json").read_text() == "mine"


@pytest.mark.usefixtures("unpainted")
def test_a_changed_working_directory_does_not_affect_other_files(nnzoo_here, tmp_path, activation_source):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    quiet = activation_source()
    (tmp_path / "mine.py").write_text(quiet)
    assert nnzoo_here(tmp_path, *TRAIN, "--plugin", "mine.py", "--activation", "tanh").code == 0
    moving = quiet.replace("np.tanh(z, out=out)", f"import os; os.chdir({str(elsewhere)!r}); np.tanh(z, out=out)")
    (tmp_path / "mine.py").write_text(moving)
    for command, written in (
        (("explain", "--from", "run", "--html", "page.html"), "page.html"),
        (("summary", "run", "--diagram", "net.svg"), "net.svg"),
    ):
        outcome = nnzoo_here(tmp_path, *command, "--plugin", "mine.py")
        assert outcome.code == 0, (command, outcome.stderr)
        assert (tmp_path / written).exists()
    assert not list(elsewhere.iterdir())
    assert Path.cwd() != elsewhere
