"""Kill a sweep many times, and compare its result with an undisturbed sweep.

    python -m benchmarks.sweep_kills --kills 100

A command starts a small sweep of digits. At random times its workers or the command itself are killed with SIGKILL; a
killed command is followed by one with ``--resume``, until the sweep has ended. Leaderboard and winner's weights must
then equal those of the undisturbed sweep, to the byte; the journal must have each trial's end once; and all workers
must have ended. This is repeated with new sweeps until the number of kills is reached. With ``--executor dask`` a
scheduler is killed, too, and replaced by a new one. Linux only.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import click

SPACE = (
    *("--dataset", "digits", "--optimizer", "sgd,momentum:beta=lin:0.5..0.9", "--learning-rate", "log:0.1..3"),
    *("--hidden", "8,16", "--seeds", "2"),
)
SOON = 10.0
"""Seconds after which the workers of a killed sweep must have ended."""


class Surroundings(Protocol):
    """Where a sweep's trials run: an executor, as an option, and the processes that may be killed."""

    executor: str

    def victims(self, pid: int) -> dict[str, list[int]]:
        """The processes that may be killed, by kind, for the process id of a command."""

    def revive(self) -> None:
        """Replace killed processes."""


@dataclass
class Driver:
    """Sweeps that are killed.

    Attributes
    ----------
    folder : Path
        Where sweeps go.
    trials : sequence of str
        The options of trials and epochs.
    rng : random.Random
        When who is killed.
    around : Surroundings
        Where.
    pause : float
        Seconds from one kill to the next, at most.
    kills : Counter
        How many there were, by what was killed.
    """

    folder: Path
    trials: Sequence[str]
    rng: random.Random
    around: Surroundings
    pause: float = 3.0
    kills: Counter[str] = field(default_factory=Counter)

    def undisturbed(self) -> Path:
        """A sweep that is not killed, in one process."""
        directory = self.folder / "undisturbed"
        begin(self._command(directory, "serial")).wait()
        require((directory / "leaderboard.json").exists(), "the undisturbed sweep has no leaderboard")
        return directory

    def disturbed(self, name: str, most: int) -> Path:
        """A sweep with a maximum number of kills."""
        directory = self.folder / name
        while True:
            self.around.revive()
            killed = self.kills["scheduler"]
            process = begin(self._command(directory, self.around.executor))
            workers = self._kill(process, most)
            if not (code := process.wait()):
                return directory
            excused = code == -signal.SIGKILL or self.kills["scheduler"] > killed
            require(excused, f"the sweep ended with exit code {code}")
            until = time.monotonic() + SOON
            while alive := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
                require(time.monotonic() < until, f"the workers {alive} live on after their sweep was killed")
                time.sleep(0.05)

    def _kill(self, process: subprocess.Popen[bytes], most: int) -> set[int]:
        """Kill until the command has ended; the workers that it was seen to have."""
        seen, role = set[int](), ""
        while self.kills.total() < most:
            role = role or self.rng.choice(sorted(self.around.victims(process.pid)))
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.rng.uniform(0, self.pause))
                break
            seen |= {*children(process.pid)}
            if found := self.around.victims(process.pid)[role]:
                with suppress(ProcessLookupError):
                    os.kill(self.rng.choice(found), signal.SIGKILL)
                    self.kills[role] += 1
                role = ""
            self.around.revive()
        return seen

    def _command(self, directory: Path, executor: str) -> list[str]:
        resumed = (directory / "sweep.json").exists()
        place = ["--resume", str(directory)] if resumed else ["--sweep-dir", str(directory), *SPACE, *self.trials]
        return [sys.executable, "-m", "nnzoo", "sweep", *place, "--executor", executor, "--quiet"]


def begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command, and discard its output."""
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, *_ = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(path.parent.name))
    return sorted(found)


class Processes:
    """The sweep's own workers."""

    executor = "processes"

    def victims(self, pid: int) -> dict[str, list[int]]:
        """The command, and what it has started."""
        return {"command": [pid], "worker": children(pid)}

    def revive(self) -> None:
        """The executor does that itself."""


class Cluster:
    """A scheduler of Dask and its workers, in processes of their own."""

    def __init__(self, workers: int) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.address, self._workers = f"tcp://127.0.0.1:{self._port}", workers
        self.executor = f"dask:scheduler={self.address}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def victims(self, pid: int) -> dict[str, list[int]]:
        """The command, the scheduler, and its workers."""
        alive = {name: one.pid for name, one in self._processes.items() if one.poll() is None}
        workers = [alive[name] for name in alive if name != "scheduler"]
        return {
            "command": [pid],
            "scheduler": [alive[name] for name in alive if name == "scheduler"],
            "worker": workers,
        }

    def revive(self) -> None:
        """Start who is not there, the scheduler first."""
        self._start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(self._port))
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                break
            time.sleep(0.05)
        for number in range(self._workers):
            self._start(f"worker {number}", "worker", self.address, "--nthreads", "1", "--no-nanny")

    def close(self) -> None:
        """End them."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _start(self, name: str, *words: str) -> None:
        process = self._processes.get(name)
        if process is None or process.poll() is not None:
            command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
            self._processes[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def require(condition: bool, why: str) -> None:
    """Stop with a message if a condition is not met."""
    if not condition:
        raise AssertionError(why)


def compare(directory: Path, undisturbed: Path) -> None:
    """Compare a sweep with the undisturbed one."""
    models = (str(one.relative_to(undisturbed)) for one in undisturbed.glob("winner-*/model*"))
    for path in ("leaderboard.json", *models):
        same = (directory / path).read_bytes() == (undisturbed / path).read_bytes()
        require(same, f"{directory / path} is not that of the undisturbed sweep")
    ended = set[str]()
    for line in map(json.loads, (directory / "journal.jsonl").read_text().splitlines()):
        if line["event"] in ("started", "ended", "lost"):
            require(line["trial"] not in ended, f"{directory}: trial {line['trial']} was done again after its end")
        if line["event"] == "ended":
            ended.add(line["trial"])


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--kills", type=click.IntRange(1), default=100, show_default=True, help="Kills in all.")
@click.option("--executor", type=click.Choice(["processes", "dask"]), default="processes", show_default=True)
@click.option("--trials", type=click.IntRange(1), default=12, show_default=True, help="Configurations of a sweep.")
@click.option("--epochs", type=click.IntRange(1), default=20, show_default=True, help="Epochs of a trial.")
@click.option("--seed", type=int, default=0, show_default=True, help="When who is killed.")
def main(kills: int, executor: str, trials: int, epochs: int, seed: int) -> None:
    options = ["--trials", str(trials), "--epochs", str(epochs)]
    cluster = Cluster(2) if executor == "dask" else None
    with tempfile.TemporaryDirectory() as folder, closing(cluster) if cluster else nullcontext():
        driver = Driver(Path(folder), options, random.Random(seed), cluster or Processes())
        undisturbed, number = driver.undisturbed(), 0
        while driver.kills.total() < kills:
            number += 1
            compare(driver.disturbed(f"disturbed-{number}", kills), undisturbed)
            told = ", ".join(f"{count} of a {role}" for role, count in sorted(driver.kills.items()))
            click.echo(f"{number} sweeps, kills: {told}; each ended as the undisturbed one")


if __name__ == "__main__":
    main()
