"""What was done to the data of a run, as a table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.kinds import Columns
from nnzoo.model.columns import describe_columns, describe_step
from nnzoo.pages.numbers import count
from nnzoo.trained_run import TrainedRun

_UNFOLDED = 15
"""A longer table is folded."""


@dataclass(frozen=True)
class PreprocessingTable:
    """Titles and rows; the first ``words`` columns are text. ``folded`` where it is long."""

    titles: list[str]
    rows: list[tuple[str, ...]]
    words: int
    folded: bool


def preprocessing_table(run: TrainedRun) -> PreprocessingTable | None:
    """A row for each column of a table, or for each step of an array; the targets' steps come last.

    None where there is no network, or nothing was done.
    """
    try:
        preprocessing = run.dnn.preprocessing
    except NnzooError:
        return None
    targets = "; ".join(map(describe_step, preprocessing.targets))
    columns, missing, rows = describe_columns(preprocessing), _missing(run), list[tuple[str, ...]]()
    for each in columns:
        steps, gaps = "; ".join(each.steps), missing.get(each.column, "–")
        rows.append((each.column, each.holds, steps, each.missing, gaps, f"{each.inputs}"))
    if columns:
        titles = ["column", "holds", "steps", "a missing value is", "missing", "inputs"]
        rows += [("(target)", "number", targets, "", "", "")] if targets else []
        return PreprocessingTable(titles, rows, 4, len(rows) > _UNFOLDED)
    rows += [("inputs", describe_step(step)) for feature in preprocessing.features for step in feature.steps]
    rows += [("targets", targets)] if targets else []
    return PreprocessingTable(["what", "step"], rows, 2, folded=False) if rows else None


def _missing(run: TrainedRun) -> dict[str, str]:
    """How many values of each column are missing in the training part; nothing where the data are not here."""
    with suppress(NnzooError):
        table = run.dataset.train.inputs
        if isinstance(table, Columns):
            return {name: count(sum(value is None or value != value for value in table[name])) for name in table}
    return {}
