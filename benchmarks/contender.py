"""`Contender`: one who takes part, in a process of its own, so that nobody's threads or memory bother anybody else."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.measuring import Timings, in_turns
from benchmarks.processes import THREAD_VARIABLES, plain_environment
from benchmarks.task import Task

CHECKOUT = Path(__file__).parents[1]


class UnavailableError(Exception):
    """A contender can't take part here; the message tells why."""


class Contender:
    """A contender that is ready to train.

    Parameters
    ----------
    name : str
        A module of ``benchmarks/contenders``.
    task : Task
        What it trains.
    threads : int
        BLAS threads, for those whose ``prepare`` looks at it.
    cores : int
        How many processors it may use; 0 leaves it all of them, and its libraries their own default of threads.

    Raises
    ------
    UnavailableError
        When what it needs is not installed, or does not work.
    """

    def __init__(self, name: str, task: Task, *, threads: int = 1, cores: int = 0) -> None:
        environment = plain_environment() | (dict.fromkeys(THREAD_VARIABLES, str(cores)) if cores else {})
        described = [name, json.dumps(task.to_dict()), str(cores), str(threads)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", *described],
            cwd=CHECKOUT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._read()
        except UnavailableError:
            self.close()
            raise

    def epoch(self) -> float:
        """Seconds that an epoch takes, as its process measured.

        Raises
        ------
        UnavailableError
            When it fails.
        """
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._read()["seconds"])

    def close(self) -> None:
        """End its process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = dict(json.loads(line or '{"unavailable": "it ended without a word"}'))
        if "unavailable" in answer:
            raise UnavailableError(answer["unavailable"])
        return answer


def epochs_in_turns(
    names: list[str], task: Task, rounds: int, *, threads: int = 1, cores: dict[str, int] | None = None
) -> tuple[Timings, dict[str, str]]:
    """Epoch times of contenders, in turns; and of each that can't take part, why."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        ready = {}
        for name in names:
            try:
                contender = Contender(name, task, threads=threads, cores=(cores or {}).get(name, 0))
            except UnavailableError as error:
                missing[name] = str(error)
            else:
                ready[name] = stack.enter_context(contender).epoch
        return in_turns(ready, rounds), missing
