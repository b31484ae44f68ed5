"""`Contender`: a library in its own process, so that its threads and memory affect no other."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.measuring import Timings, in_turns
from benchmarks.processes import THREAD_VARIABLES, plain_environment
from benchmarks.task import Task

CHECKOUT = Path(__file__).parents[1]
CAN_HALT = hasattr(signal, "SIGSTOP")  # not on Windows


class UnavailableError(Exception):
    """A contender can't run here; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A contender and its settings.

    Attributes
    ----------
    name : str
        A module of ``benchmarks/contenders``.
    threads : int
        BLAS threads, for contenders whose ``prepare`` uses it.
    cores : int
        How many processors it may use; 0 leaves it all of them, and its libraries their own default of threads.
    """

    name: str
    threads: int = 1
    cores: int = 0


class Contender:
    """A contender that is ready to train, and halted while others train, because idle threads of a library may spin.

    Parameters
    ----------
    entry : Entry
        Who it is.
    task : Task
        What it trains.

    Raises
    ------
    UnavailableError
        When what it needs is not installed, or does not work.
    """

    def __init__(self, entry: Entry, task: Task) -> None:
        limits = dict.fromkeys(THREAD_VARIABLES, str(entry.cores)) if entry.cores else {}
        described = [entry.name, json.dumps(task.to_dict()), str(entry.cores), str(entry.threads)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", *described],
            cwd=CHECKOUT,
            env=plain_environment() | limits,
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
        self._halt()

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
        if CAN_HALT:
            self._process.send_signal(signal.SIGCONT)
        seconds = float(self._read()["seconds"])
        self._halt()
        return seconds

    def close(self) -> None:
        """End its process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _halt(self) -> None:
        if CAN_HALT:
            self._process.send_signal(signal.SIGSTOP)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = dict(json.loads(line or '{"unavailable": "it ended without a word"}'))
        if "unavailable" in answer:
            raise UnavailableError(answer["unavailable"])
        return answer


def nnzoo_and_products(threads: int) -> dict[str, Entry]:
    """Nnzoo's trainer and the matrix products alone, on as many threads."""
    return {"nnzoo": Entry("nnzoo_trainer", threads), "products": Entry("products", threads)}


def epochs_in_turns(entries: Mapping[str, Entry], task: Task, rounds: int) -> tuple[Timings, dict[str, str]]:
    """Epoch times of contenders, in turns; and the reason for each that can't run."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        ready = {}
        for label, entry in entries.items():
            try:
                contender = Contender(entry, task)
            except UnavailableError as error:
                missing[label] = str(error)
            else:
                ready[label] = stack.enter_context(contender).epoch
        return in_turns(ready, rounds), missing
