"""Kill a sweep again and again, and hold what comes of it against an undisturbed one.

    python -m benchmarks.sweep_kills --kills 100

A small sweep of digits is begun by its command. At random moments its workers or the command itself are ended by
SIGKILL; a command that was killed is followed by one with ``--resume``, until the sweep has ended. Leaderboard and
winner's weights must then be those of the undisturbed sweep, to the byte; the journal must have each trial's end once;
and no worker may live on. This goes on with new sweeps until there were so many kills. Linux only.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

SPACE = (
    *("--dataset", "digits", "--optimizer", "sgd,momentum:beta=lin:0.5..0.9", "--learning-rate", "log:0.1..3"),
    *("--hidden", "8,16", "--seeds", "2"),
)
SOON = 10.0
"""Seconds in which workers must have ended whose sweep was killed."""

Victims = Callable[[int], dict[str, list[int]]]
"""Who may be killed, by what they are, of a command with such a process id."""


@dataclass
class Driver:
    """Sweeps that are killed.

    Attributes
    ----------
    folder : Path
        Where sweeps go.
    options : sequence of str
        Epochs, trials, executor, workers.
    rng : random.Random
        When who is killed.
    victims : callable
        Who may be.
    pause : float
        Seconds from one kill to the next, at most.
    kills : Counter
        How many there were, by what was killed.
    """

    folder: Path
    options: Sequence[str]
    rng: random.Random
    victims: Victims
    pause: float = 3.0
    kills: Counter[str] = field(default_factory=Counter)

    def undisturbed(self) -> Path:
        """A sweep that nobody kills."""
        directory = self.folder / "undisturbed"
        begin(self._command(directory)).wait()
        require((directory / "leaderboard.json").exists(), "the undisturbed sweep has no leaderboard")
        return directory

    def disturbed(self, name: str, most: int) -> Path:
        """A sweep with so many kills at most, which ends all the same."""
        directory = self.folder / name
        while True:
            resumed = (directory / "sweep.json").exists()
            process = begin(self._command(directory, resumed=resumed))
            workers = self._kill(process, most)
            if process.wait() != -signal.SIGKILL:
                require(process.returncode == 0, f"the sweep ended with exit code {process.returncode}")
                return directory
            until = time.monotonic() + SOON
            while alive := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
                require(time.monotonic() < until, f"the workers {alive} live on after their sweep was killed")
                time.sleep(0.05)

    def _kill(self, process: subprocess.Popen[bytes], most: int) -> set[int]:
        """Kill until the command has ended; the workers that it was seen to have."""
        seen, role = set[int](), ""
        while self.kills.total() < most:
            role = role or self.rng.choice(sorted(self.victims(process.pid)))
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.rng.uniform(0, self.pause))
                break
            seen |= {*children(process.pid)}
            if found := self.victims(process.pid)[role]:
                with suppress(ProcessLookupError):
                    os.kill(self.rng.choice(found), signal.SIGKILL)
                    self.kills[role] += 1
                role = ""
        return seen

    def _command(self, directory: Path, *, resumed: bool = False) -> list[str]:
        place = ["--resume", str(directory)] if resumed else ["--sweep-dir", str(directory), *SPACE]
        own = self.options if not resumed else [*self.options[self.options.index("--executor") :]]
        return [sys.executable, "-m", "nnzoo", "sweep", *place, *own, "--quiet"]


def begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command, whose words nobody reads."""
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


def command_and_workers(pid: int) -> dict[str, list[int]]:
    """Who may be killed of a sweep in processes of this machine."""
    return {"command": [pid], "worker": children(pid)}


def require(condition: bool, why: str) -> None:
    """Say what has gone wrong."""
    if not condition:
        raise AssertionError(why)


def compare(directory: Path, undisturbed: Path) -> None:
    """Hold a sweep against the undisturbed one."""
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
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Workers of a sweep.")
@click.option("--trials", type=click.IntRange(1), default=12, show_default=True, help="Configurations of a sweep.")
@click.option("--epochs", type=click.IntRange(1), default=20, show_default=True, help="Epochs of a trial.")
@click.option("--seed", type=int, default=0, show_default=True, help="When who is killed.")
def main(kills: int, workers: int, trials: int, epochs: int, seed: int) -> None:
    options = ["--trials", str(trials), "--epochs", str(epochs), "--executor", "processes", "--workers", str(workers)]
    with tempfile.TemporaryDirectory() as folder:
        driver = Driver(Path(folder), options, random.Random(seed), command_and_workers)
        undisturbed, number = driver.undisturbed(), 0
        while driver.kills.total() < kills:
            number += 1
            compare(driver.disturbed(f"disturbed-{number}", kills), undisturbed)
            told = ", ".join(f"{count} of a {role}" for role, count in sorted(driver.kills.items()))
            click.echo(f"{number} sweeps, kills: {told}; each ended as the undisturbed one")


if __name__ == "__main__":
    main()
