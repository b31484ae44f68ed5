"""Measuring and reporting: in turns, as medians of ratios, compared with goals."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Timings = dict[str, list[float]]


@dataclass(frozen=True)
class Settings:
    """The settings from the command line.

    Attributes
    ----------
    repeat : int
        Rounds; medians are reported.
    threads : int
        BLAS threads of nnzoo, and of the products that it is compared with.
    figure : Path
        Where the topic ``growth`` draws.
    """

    repeat: int = 7
    threads: int = 1
    figure: Path = Path("growth.png")


@dataclass(frozen=True)
class Row:
    """A line of the table: a figure, and the goal that it should not exceed.

    Attributes
    ----------
    what : str
        What is measured.
    figure : float or None
        None if it can't be measured here; ``note`` says why.
    bar : float or None
        The goal; None for a figure that is only for comparison.
    unit : str
        Empty for a ratio.
    note : str
        The numbers that the figure comes from.
    details : dict
        Further values for the JSON file.
    """

    what: str
    figure: float | None
    bar: float | None = None
    unit: str = ""
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """``ok``, ``missed`` or ``skipped``; empty for a comparison."""
        if self.figure is None:
            return "skipped"
        if self.bar is None:
            return ""
        return "ok" if self.figure <= self.bar else "missed"

    def to_dict(self) -> dict[str, Any]:
        """By name, as JSON can hold it."""
        return {**asdict(self), "verdict": self.verdict}


def in_turns(calls: Mapping[str, Callable[[], float]], rounds: int) -> Timings:
    """Call each in turn, A B A B …, so that other load affects all; return their results, round by round.

    One more round is run and left out: the first, in which memory is allocated and code compiled.
    """
    timings: Timings = {name: [] for name in calls}
    for round_ in range(rounds + 1):
        for name, call in calls.items():
            seconds = call()
            if round_:
                timings[name].append(seconds)
    return timings


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """The function that calls, and returns the seconds that it took."""

    def seconds() -> float:
        started = time.perf_counter()
        call()
        return time.perf_counter() - started

    return seconds


def median_ratio(some: Sequence[float], others: Sequence[float]) -> float:
    """The median over the rounds of one over the other."""
    return statistics.median(a / b for a, b in zip(some, others, strict=True))


def ratio_row(what: str, timings: Timings, one: str, other: str, bar: float | None = None, note: str = "") -> Row:
    """The row for the time of ``one`` over that of ``other``."""
    medians = {name: statistics.median(timings[name]) for name in (one, other)}
    note = f"{seconds_text(medians[one])} / {seconds_text(medians[other])}" + (f"; {note}" if note else "")
    details = {"seconds": {name: timings[name] for name in (one, other)}}
    return Row(what, median_ratio(timings[one], timings[other]), bar, note=note, details=details)


def seconds_text(seconds: float) -> str:
    """Seconds or milliseconds.

    >>> seconds_text(1.2345), seconds_text(0.01234)
    ('1.234 s', '12.3 ms')
    """
    return f"{seconds:.3f} s" if seconds >= 0.1 else f"{1000 * seconds:.3g} ms"
