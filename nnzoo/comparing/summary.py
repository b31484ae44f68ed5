"""Several runs as one result: the mean of each figure, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnzoo.comparing.candidates import Candidate
from nnzoo.comparing.statistics import t_interval


@dataclass(frozen=True)
class FigureSummary:
    """A figure over runs.

    Attributes
    ----------
    mean, deviation : float
        Of the runs that have it; the standard deviation has n - 1 below, and is 0 for one run.
    interval : tuple of float, or None
        95 % t-interval of the mean over seeds; None for folds, which are not independent, and for one run.
    runs : int
        How many have it.
    """

    mean: float
    deviation: float
    interval: tuple[float, float] | None
    runs: int

    @property
    def within(self) -> float:
        """How far the interval reaches to either side of the mean, or where there is none, the deviation."""
        return self.deviation if self.interval is None else self.interval[1] - self.mean


def summarize(candidate: Candidate) -> dict[str, FigureSummary]:
    """Every figure that at least one run has, by its full name."""
    names = dict.fromkeys(name for record in candidate.records.values() for name in record.measured)
    return {name: _summary(list(candidate.figures(name).values()), candidate.unit == "seed") for name in names}


def _summary(values: list[float], independent: bool) -> FigureSummary:
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return FigureSummary(float(np.mean(values)), deviation, t_interval(values) if independent else None, len(values))
