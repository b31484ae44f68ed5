"""`SweepView`: everything that figures and pages show of a sweep."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nnzoo.kinds import Floats
from nnzoo.sweeps.board import Row, Sweep, by_configuration, mean_cost, summary_of
from nnzoo.sweeps.journal import Log, collecting_later, read_journal
from nnzoo.sweeps.parameters import Importance, Parameter, importances, parameters_of
from nnzoo.sweeps.plan import FILE, Plan, read_plan


@dataclass(frozen=True)
class Failure:
    """Configurations that failed or diverged with the same message, and one of them as an example."""

    status: str
    message: str
    count: int
    example: Row


@dataclass(frozen=True)
class SweepView:
    """A sweep that has ended or is in progress."""

    directory: Path
    plan: Plan
    log: Log
    summary: Sweep

    @property
    def rows(self) -> list[Row]:
        """The leaderboard."""
        return self.summary.leaderboard

    @property
    def figure(self) -> str:
        """The figure that ranks, in words: ``validation loss``."""
        return self.summary.figure.replace("_", " ")

    @cached_property
    def higher_is_better(self) -> bool:
        """Whether a higher value of the figure that ranks is better."""
        known = (line for line in self.log.ended.values() if line["cost"] is not None)
        return any(line["cost"] != line["figures"].get(self.summary.figure) for line in known)

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The settings that vary between the rows."""
        return parameters_of(self.plan, [row.configuration for row in self.rows])

    @cached_property
    def values(self) -> Floats:
        """The figure of each row; NaN if there is none."""
        return np.array([math.nan if row.value is None else row.value for row in self.rows], np.float64)

    @cached_property
    def shares(self) -> list[float]:
        """The shares of the epochs that trials had."""
        return sorted({line["share"] for line in self.log.ended.values()})

    @cached_property
    def _lines(self) -> dict[str, dict[float, dict[int, dict[str, Any]]]]:
        return by_configuration(self.log)

    @cached_property
    def rungs(self) -> list[Mapping[float, float]]:
        """For each row, the mean of the figure over the seeds, by the shares of the epochs that all seeds finished."""
        name, lines = self.summary.figure, self._lines
        found = list[Mapping[float, float]]()
        for row in self.rows:
            values = {
                share: [line["figures"][name] for line in seeds.values() if line["cost"] is not None]
                for share, seeds in sorted(lines[row.id].items())
            }
            whole = {share: each for share, each in values.items() if len(each) == self.plan.seeds}
            found.append({share: math.fsum(each) / len(each) for share, each in whole.items()})
        return found

    @cached_property
    def importances(self) -> list[Importance]:
        """The importance of each setting at the smallest share of the epochs, which all configurations had."""
        costs = np.full(len(self.rows), np.nan)
        for place, row in enumerate(self.rows):
            first = self._lines[row.id].get(self.shares[0], {}).values()
            if first and all(line["status"] != "failed" for line in first):
                costs[place] = mean_cost(line["cost"] for line in first)
        return importances(self.parameters, costs)

    @cached_property
    def failures(self) -> list[Failure]:
        """Configurations that failed or diverged, by status and message; the most frequent first."""
        bad = [row for row in self.rows if row.status != "finished"]
        first: dict[tuple[str, str], Row] = {}
        for row in bad:
            first.setdefault((row.status, row.message), row)
        counts = Counter((row.status, row.message) for row in bad)
        return [Failure(*what, count, first[what]) for what, count in counts.most_common()]

    @cached_property
    def winner_results(self) -> Mapping[str, Any]:
        """The results of the winner's run; empty if there is none."""
        return self.summary.run or {}


def is_sweep(directory: Path) -> bool:
    """Whether a directory is a sweep's."""
    return (directory / FILE).is_file()


def view_sweep(directory: Path) -> SweepView:
    """Read a sweep.

    Raises
    ------
    StorageError, FileFormatError
    """
    with collecting_later():
        plan, log = read_plan(directory), read_journal(directory)
        return SweepView(directory, plan, log, summary_of(directory, plan, log))
