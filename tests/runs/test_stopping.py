"""Ctrl-C and SIGTERM at any time: the right exit code, a checkpoint, and complete files."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from nnzoo.runs.checkpoint import read_checkpoint
from nnzoo.runs.stopping import sigterm_like_ctrl_c

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise on Windows")

SLOW = '''\
"""Waits where it is told to, for longer than any test."""
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnzoo.api import DatasetLoader, Layer, LayerPlan, Model, hookimpl
from nnzoo.builtin.datasets import Digits
from nnzoo.builtin.layers import Dense

WHERE = os.environ.get("WAIT_WHERE")


def wait(where):
    if where == WHERE:
        Path("waiting").touch()
        time.sleep(10_000)


wait("import")


@dataclass(frozen=True)
class Far(DatasetLoader):
    name = "far"

    def load(self, cache):
        wait("load")
        return Digits().load(cache)


@dataclass(frozen=True)
class Pass(Layer):
    name = "pass"

    def plan(self, input_shape):
        return LayerPlan(input_shape, state={})

    def forward(self, x, out, memory):
        out[...] = x
        if Path("run/metrics.jsonl").exists():
            wait("step" if memory.training else "measure")

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out


@dataclass(frozen=True)
class Slow(Model):
    name = "slow"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        return [Pass(), Dense(outputs)]


@hookimpl
def nnzoo_datasets():
    return [Far]


@hookimpl
def nnzoo_layers():
    return [Pass]


@hookimpl
def nnzoo_models():
    return [Slow]
'''

TRAIN = ("train", "--plugin", "slow.py", "--dataset", "far", "--model", "slow", "--run-dir", "run", "--epochs", "3")
RESUME = ("train", "--plugin", "slow.py", "--resume", "run")
USUAL = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
IGNORING = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@pytest.fixture
def start(tmp_path, clean_variables):
    """Start the command with what waits; the process, when it waits."""
    (tmp_path / "slow.py").write_text(SLOW)

    @contextmanager
    def started(*arguments, where, begin=USUAL):
        command = [sys.executable, "-c", f"{begin}; from nnzoo.cli.main import main; main()", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        environment = clean_variables(tmp_path) | {"WAIT_WHERE": where}
        with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as process:
            try:
                wait_until((tmp_path / "waiting").exists)
                yield process
            finally:
                process.kill()

    return started


def wait_until(condition):
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def status(folder):
    return json.loads((folder / "run" / "run.json").read_text())["status"]


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("import", signal.SIGINT),
        ("load", signal.SIGTERM),
        pytest.param("import", signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param("load", signal.SIGINT, marks=pytest.mark.thorough),
    ],
)
def test_a_signal_before_training_ends_the_command_immediately(start, tmp_path, where, number):
    with start(*TRAIN, "--json", where=where) as process:
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert json.loads(stdout)["error"]["exit_code"] == 128 + number
    assert "Traceback" not in stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_a_signal_during_measurement_ends_it(start, tmp_path, nnzoo_command, number):
    with start(*TRAIN, "--json", where="measure") as process:
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    error = json.loads(stdout)["error"]
    assert (error["kind"], error["exit_code"]) == ("StoppedError", 128 + number)
    assert "stopped after step 24 of 36, in epoch 2; the checkpoint is run/checkpoint.safetensors" in error["message"]
    assert error["hint"] == "continue with: nnzoo train --resume run --plugin slow.py"
    assert error["hint"] in stderr
    assert status(tmp_path) == "interrupted"

    assert nnzoo_command(tmp_path, *RESUME).code == 0
    alone = nnzoo_command(
        tmp_path, *(word.replace("run", "alone") if word == "run" else word for word in TRAIN), "--json"
    )
    results = json.loads((tmp_path / "run/run.json").read_text())["results"]
    assert results["weights_sha256"] == json.loads(alone.stdout)["weights_sha256"]
    assert len((tmp_path / "run/metrics.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)])
def test_the_second_signal_ends_training_immediately_and_leaves_whole_files(start, tmp_path, nnzoo_command, number):
    with start(*TRAIN, "--json", where="step") as process:
        process.send_signal(number)  # this one has it wait for the end of its step, which never comes
        time.sleep(1)
        while process.poll() is None:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert json.loads(stdout)["error"]["exit_code"] == 128 + number
    assert "Traceback" not in stderr
    assert status(tmp_path) == "interrupted"
    assert read_checkpoint(tmp_path / "run/checkpoint.safetensors").state.epoch == 1
    assert not list((tmp_path / "run").glob(".*"))
    assert nnzoo_command(tmp_path, *RESUME).code == 0


def test_an_interrupt_that_the_shell_ignores_is_ignored(start, tmp_path):
    with start(*TRAIN, where="measure", begin=IGNORING) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    assert process.returncode == 143


def test_an_unmeasured_epoch_survives_a_kill_after_resuming(toys):
    toys.train("alone")
    assert toys.train("run", stop_at=("measuring", 2)) is None
    state = read_checkpoint(toys.folder / "run/checkpoint.safetensors").state
    assert (state.epoch, state.batch, state.steps) == (1, 4, 8)
    assert toys.resume("run", stop_at=("measuring", 2)) is None
    assert toys.resume("run", stop_at=("measuring", 3)) is None
    toys.resume("run")
    assert toys.outcome("run") == toys.outcome("alone")


def test_signal_handlers_are_restored(toys):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    toys.train("run", stop_at=3)
    toys.resume("run")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_training_works_in_a_thread_without_signals(toys):
    heard = []

    def train():
        with sigterm_like_ctrl_c():
            heard.append(toys.train("run"))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert heard[0]["epochs_trained"] == 3
