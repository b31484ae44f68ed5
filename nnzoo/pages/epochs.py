"""The table of a run's epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nnzoo.pages import numbers
from nnzoo.trained_run import TrainedRun

_MOST = 500
"""Epochs that are listed, and a few more; of a longer training it is every so many."""
_UNFOLDED = 15
"""A longer table is folded."""


@dataclass(frozen=True)
class EpochTable:
    """Figures by epoch, as a page shows them.

    Attributes
    ----------
    caption : str
    titles : list of str
    rows : list of list of str
    folded : bool
        Whether it is long.
    """

    caption: str
    titles: list[str]
    rows: list[list[str]]
    folded: bool


def epoch_table(run: TrainedRun) -> EpochTable | None:
    """The figures of every epoch, of a very long training of some; None where none has ended."""
    history = run.history
    if not history:
        return None
    names = [name for name in history[0] if any(line.get(name) is not None for line in history)]
    stride = math.ceil(len(history) / _MOST)
    best = run.best_epoch.epoch if run.best_epoch else 0
    shown = [line for line in history if line["epoch"] % stride == 0 or line["epoch"] in (1, best, len(history))]
    which = f"{len(shown)} of {len(history)} epochs" if stride > 1 else "All epochs"
    return EpochTable(
        f"{which}; the training figures are means while it was learning",
        [_title(run, name) for name in names],
        [[_cell(run, name, line.get(name)) for name in names] for line in shown],
        len(shown) > _UNFOLDED,
    )


def _title(run: TrainedRun, name: str) -> str:
    part, _, figure = name.partition("_")
    return f"{part} {run.measure(figure).title}" if figure in ("loss", *run.figures) else name.replace("_", " ")


def _cell(run: TrainedRun, name: str, value: Any) -> str:
    if name == "epoch":
        return numbers.count(value)
    figure = name.partition("_")[2]
    if figure in ("loss", *run.figures):
        return run.measure(figure).show(value)
    return "–" if value is None else f"{value:.3g}"
