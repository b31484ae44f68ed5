"""The results of a run on the test data, and the table of its epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.pages.numbers import count, share
from nnzoo.pages.page import Table
from nnzoo.pages.run_samples import Mistake, largest_errors, worst_mistakes
from nnzoo.trained_run import TrainedRun
from nnzoo.training.by_output import AnswerFigures, by_class, by_label

_MOST_EPOCHS = 500
"""The most epochs that are listed, and a few more: of a longer run, evenly spaced ones."""
_MOST_CLASSES = 50
"""The most classes of a confusion matrix; of more, only the most frequent pairs are listed."""
_PAIRS = 10


def epoch_table(run: TrainedRun) -> Table | None:
    """Return the figures of every epoch, or of some of very many; None if no epoch has ended."""
    history = run.history
    if not history:
        return None
    names = [name for name in history[0] if any(line.get(name) is not None for line in history)]
    stride = math.ceil(len(history) / _MOST_EPOCHS)
    best = run.best_epoch.epoch if run.best_epoch else 0
    shown = [line for line in history if line["epoch"] % stride == 0 or line["epoch"] in (1, best, len(history))]
    epochs = f"{len(shown)} of {len(history)} epochs" if stride > 1 else "All epochs"
    return Table(
        [_title(run, name) for name in names],
        [[_cell(run, name, line.get(name)) for name in names] for line in shown],
        words=0,
        caption=f"{epochs}; training figures are means over the steps of an epoch",
    )


def _title(run: TrainedRun, name: str) -> str:
    part, _, figure = name.partition("_")
    return f"{part} {run.measure(figure).title}" if figure in ("loss", *run.figures) else name.replace("_", " ")


def _cell(run: TrainedRun, name: str, value: Any) -> str:
    if name == "epoch":
        return count(value)
    figure = name.partition("_")[2]
    if figure in ("loss", *run.figures):
        return run.measure(figure).show(value)
    return "–" if value is None else f"{value:.3g}"


@dataclass(frozen=True)
class Cell:
    """A count of the confusion matrix.

    ``shade`` (0 to 1) is its darkness: for right answers the share of the class, for mistakes the frequency relative to
    the most frequent mistake.
    """

    count: int
    shade: float
    right: bool


@dataclass(frozen=True)
class Results:
    """The results of a network on its test data.

    Attributes
    ----------
    samples : int
        The number of measured answers: one per sample, or one per position.
    doubt : str
        A contradiction of the record; may be empty.
    names : tuple of str
        The classes or labels of ``rates``.
    of_labels : bool
        Whether they are labels.
    rates : list of tuple
        Name, precision, recall, F1 and number of samples of each class or label.
    confusion : list of (str, list of Cell)
        A row for each class; empty if there are very many.
    frequent : list of tuple
        The most frequent mistakes: the class, the class it was taken for, and the count.
    wrong : int
        The number of wrong answers.
    mistakes : list of Mistake
        The worst of them first.
    errors : Table or None
        The largest errors of a task that predicts values.
    """

    samples: int
    doubt: str
    names: tuple[str, ...] = ()
    of_labels: bool = False
    rates: list[tuple[str, ...]] = field(default_factory=list)
    confusion: list[tuple[str, list[Cell]]] = field(default_factory=list)
    frequent: list[tuple[str, str, str]] = field(default_factory=list)
    wrong: int = 0
    mistakes: list[Mistake] = field(default_factory=list)
    errors: Table | None = None


def measured_results(run: TrainedRun) -> Results:
    """Measure a run's network on its test data.

    Raises
    ------
    NnzooError
        When the network or the data are not available.
    """
    evaluation, figures = run.evaluation, run.task_figures
    counts, doubt = evaluation.confusion, _doubt(run)
    answers, targets = run.answers[run.counted], evaluation.targets[run.counted]
    samples = len(targets)
    names = tuple(run.problem.name(place) for place in range(run.problem.width))
    if run.problem.has_classes and counts is not None and {"confusion", "mistakes"} & {*figures}:
        has_mistakes = "mistakes" in figures
        return Results(
            samples,
            doubt,
            names,
            rates=_rate_rows(names, by_class(answers, targets, len(names))),
            confusion=_confusion_rows(names, counts) if "confusion" in figures else [],
            frequent=_frequent_mistakes(names, counts),
            wrong=len(run.worst_mistakes) if has_mistakes else 0,
            mistakes=worst_mistakes(run) if has_mistakes else [],
        )
    if not run.problem.has_classes and "labels" in figures:
        return Results(
            samples,
            doubt,
            names,
            of_labels=True,
            rates=_rate_rows(names, by_label(answers, targets)),
            wrong=len(run.worst_mistakes),
            mistakes=worst_mistakes(run),
        )
    if not run.problem.has_classes and "predicted" in figures:
        return Results(samples, doubt, errors=largest_errors(run))
    return Results(samples, doubt)


def results_of_counts(names: Sequence[str], counts: NDArray[np.integer[Any]], rates: list[tuple[str, ...]]) -> Results:
    """Return the results that a confusion matrix shows, without the samples; ``rates`` as in `Results`."""
    wrong = int(counts.sum() - np.trace(counts))
    confusion, frequent = _confusion_rows(names, counts), _frequent_mistakes(names, counts)
    return Results(
        int(counts.sum()), "", tuple(names), rates=rates, confusion=confusion, frequent=frequent, wrong=wrong
    )


def _doubt(run: TrainedRun) -> str:
    """A sentence if the record contradicts the measured loss; otherwise empty."""
    recorded, measured = run.record.figure("test_loss"), run.evaluation.loss
    if recorded is None or measured is None or math.isclose(recorded, measured, rel_tol=1e-3, abs_tol=1e-6):
        return ""
    return f"The record says that the test loss is {recorded:.4g}; measured again for this page, it is {measured:.4g}."


def _rate_rows(names: Sequence[str], rates: Sequence[AnswerFigures]) -> list[tuple[str, ...]]:
    return [
        (name, *map(share, (each.precision, each.recall, each.f1)), f"{each.samples:,}")
        for name, each in zip(names, rates, strict=True)
    ]


def _confusion_rows(names: Sequence[str], counts: NDArray[np.integer[Any]]) -> list[tuple[str, list[Cell]]]:
    if len(counts) > _MOST_CLASSES:
        return []
    most = int(_mistakes(counts).max()) or 1
    rows = []
    for row, (name, line) in enumerate(zip(names, counts.tolist(), strict=True)):
        total = sum(line) or 1
        cells = [
            Cell(count, round(count / (total if row == column else most), 3), row == column)
            for column, count in enumerate(line)
        ]
        rows.append((name, cells))
    return rows


def _frequent_mistakes(names: Sequence[str], counts: NDArray[np.integer[Any]]) -> list[tuple[str, str, str]]:
    wrong = _mistakes(counts)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]
    pairs = [divmod(int(place), len(names)) for place in order if wrong.flat[place]]
    return [(names[of], names[taken], f"{wrong[of, taken]:,}") for of, taken in pairs]


def _mistakes(counts: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    wrong: NDArray[np.integer[Any]] = counts - np.diag(counts.diagonal())
    return wrong
