"""Whole processes over the imports that they need, in turn."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measuring import Row, Settings, in_turns, ratio_row
from benchmarks.processes import run_python


def measure(settings: Settings) -> Iterator[Row]:
    yield over("nnzoo --help", "import click", 1.3, settings)
    yield over("nnzoo train --dataset digits", "import numpy", 3.5, settings)


def over(command: str, needed: str, bar: float, settings: Settings) -> Row:
    """The row of a command's time over that of an import."""
    _, *arguments = command.split()
    with tempfile.TemporaryDirectory() as folder:

        def seconds(given: list[str]) -> float:
            return run_python(given, Path(folder)).seconds

        calls = {command: partial(seconds, ["-m", "nnzoo", *arguments]), needed: partial(seconds, ["-c", needed])}
        timings = in_turns(calls, settings.repeat)
    return ratio_row(f'{command} over python -c "{needed}"', timings, command, needed, bar)
