"""Sweeps on Dask: the leaderboard and the winner of a sweep in this process, whatever dies."""

import json
import os
import signal
import subprocess
import sys
import time

import distributed
import nnzoo
import psutil
import pytest
from nnzoo.errors import NnzooError, UsageError
from nnzoo.plugins.registry import Registry
from nnzoo.sweeps.sweep import resume_sweep

SPACE = {"optimizer": "sgd,momentum:beta=lin:0.5..0.9", "learning_rate": "log:0.1..3", "hidden": 8, "epochs": 1}
PLUGIN = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Activation, hookimpl


@dataclass(frozen=True)
class Bent(Activation):
    \"\"\"Bent.\"\"\"
    name: ClassVar[str] = "bent"

    def forward(self, z, out):
        np.arctan(z, out=out)

    def backward(self, z, a, grad):
        grad /= 1 + z * z


@hookimpl
def nnzoo_activations():
    return [Bent]
"""


def swept(directory, **options):
    return nnzoo.sweep("digits", **({"trials": 6, "directory": directory, "executor": "dask"} | SPACE | options))


def answer(directory):
    """What must be the same."""
    lines = map(json.loads, (directory / "journal.jsonl").read_text().splitlines())
    (winner,) = (line["results"]["weights_sha256"] for line in lines if line["event"] == "winner")
    return (directory / "leaderboard.json").read_bytes(), winner


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep in this process."""
    return swept(tmp_path_factory.mktemp("whole") / "sweep", executor="serial").directory


def test_a_local_cluster_finds_the_same_whoever_of_it_is_killed(whole, tmp_path):
    killed = []

    def kill(*told):
        workers = [one for one in psutil.Process().children() if "spawn_main" in " ".join(one.cmdline())]
        if workers and len(killed) < 2:
            killed.append(workers[len(killed) % len(workers)])
            killed[-1].kill()

    found = swept(tmp_path / "sweep", workers=2, told=kill)
    assert killed
    assert found.trials == {"finished": 6, "diverged": 0, "failed": 0}
    assert answer(tmp_path / "sweep") == answer(whole)


def test_a_scheduler_that_is_killed_ends_a_sweep_that_goes_on_with_another(whole, tmp_path, cluster):
    cluster.add()
    cluster.add()
    executor, place = f"dask:scheduler={cluster.address}", tmp_path / "sweep"
    with pytest.raises(NnzooError, match="scheduler is gone"):
        swept(place, executor=executor, told=lambda *rest: cluster.scheduler.kill())
    done = (place / "journal.jsonl").read_text().count('"ended"')
    assert 1 <= done < 6
    cluster.scheduler.wait()
    cluster.start()
    cluster.add()
    told = []

    def kill(*rest):
        told.append(rest)
        if len(told) == 1:
            cluster.add()
            os.kill(cluster.workers[2].pid, signal.SIGKILL)

    resume_sweep(place, executor=executor, told=kill)
    assert len(told) == 6 - done
    assert answer(place) == answer(whole)


COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job's children ignore it
from nnzoo.cli import start
start()
"""


@pytest.mark.parametrize("moment", ["workers start", "trials go on"])
def test_ctrl_c_ends_the_command_and_its_workers_without_a_traceback(tmp_path, moment):
    options = ["--executor", "dask", "--workers", "2", "--hidden", "8,16", "--epochs", "2000", "--sweep-dir", "sweep"]
    arguments = [sys.executable, "-c", COMMAND, "sweep", "--dataset", "digits", *options]
    process = subprocess.Popen(arguments, text=True, stderr=subprocess.PIPE, cwd=tmp_path, start_new_session=True)
    family, journal, until = psutil.Process(process.pid), tmp_path / "sweep" / "journal.jsonl", time.monotonic() + 120

    def workers():
        return [one for one in family.children(recursive=True) if "resource_tracker" not in " ".join(one.cmdline())]

    def reached():
        return workers() if moment == "workers start" else journal.exists() and journal.read_text()

    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    there = workers()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said = process.communicate(timeout=120)[1]
    assert (process.returncode, "Traceback" in said) == (130, False), said
    assert ("--resume sweep" in said) == (moment == "trials go on")
    assert not psutil.wait_procs(there, timeout=30)[1]


def test_plugin_files_and_data_go_to_workers(tmp_path, cluster):
    cluster.add()
    path = tmp_path / "bent.py"
    path.write_text(PLUGIN)
    found = swept(
        tmp_path / "sweep",
        optimizer="sgd",
        activation="bent,relu",
        learning_rate=0.5,
        plugins=[path],
        executor=f"dask:scheduler={cluster.address}",
        began=lambda place: path.unlink(),
    )
    assert found.trials == {"finished": 2, "diverged": 0, "failed": 0}


def test_what_can_not_be_is_reported(cluster, monkeypatch):
    build = Registry().build
    executor = build("executor", f"dask:scheduler={cluster.address}")
    cluster.add(threads=2)
    with distributed.Client(cluster.address) as client:
        client.wait_for_workers(1)
    with pytest.raises(UsageError, match="at a time"), executor.open(abs, None):
        pass
    with pytest.raises(UsageError, match="dashboard"), build("executor", "dask:scheduler=x,dashboard=9").open(abs, 1):
        pass
    cluster.stop()
    monkeypatch.setattr("nnzoo_dask.clusters.PATIENCE", 1)
    with pytest.raises(UsageError, match="no Dask scheduler"), executor.open(abs, None):
        pass
