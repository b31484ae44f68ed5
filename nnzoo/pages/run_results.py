"""What a run's network does on the test data: class by class, what is taken for what, and the worst mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.figures.mistakes import are_shares, told, top_classes
from nnzoo.figures.pictures import as_shades, is_picture
from nnzoo.figures.thumbnails import picture_png
from nnzoo.pages.numbers import share
from nnzoo.pages.page import Image, data_url
from nnzoo.trained_run import TrainedRun

MISTAKES = 12
_MOST_CLASSES = 50
"""A larger matrix is no use to the eye; the pairs below it are."""
_PAIRS = 10
_SIDE = 112
"""CSS pixels of the longer side of a sample."""


@dataclass(frozen=True)
class Cell:
    """A count of the confusion matrix.

    ``shade`` (0 to 1) is how dark it is: its share of the class, or of a mistake, its share of the most frequent one.
    """

    count: int
    shade: float
    right: bool


@dataclass(frozen=True)
class Output:
    """What the network gave a class; ``length`` of its bar is from 0 to 1."""

    class_name: str
    value: str
    length: float
    right: bool


@dataclass(frozen=True)
class Mistake:
    """A test sample that was taken for another class."""

    index: int
    image: Image
    is_strip: bool
    right: str
    taken: str
    outputs: list[Output]


@dataclass(frozen=True)
class Results:
    """Figures of a network on its test data.

    Attributes
    ----------
    samples : int
    figures : list of (str, str)
        Those that the record does not have.
    doubt : str
        What the record says otherwise; empty where it does not.
    errors : list of tuple
        In regression the largest of them: test sample, output, its value, what was predicted, by how much that is off.
    class_names : tuple of str
        Empty in regression, and so are all that follow.
    classes : list of tuple
        Name, precision, recall and number of samples of each class.
    confusion : list of (str, list of Cell)
        A row for each class; empty where there are too many for the eye.
    frequent : list of tuple
        What was mistaken most often: the class, what it was taken for, how often.
    wrong : int
        How many samples were taken for another class.
    mistakes : list of Mistake
        The worst of them first.
    """

    samples: int
    figures: list[tuple[str, str]]
    doubt: str
    errors: list[tuple[str, ...]] = field(default_factory=list)
    class_names: tuple[str, ...] = ()
    classes: list[tuple[str, str, str, str]] = field(default_factory=list)
    confusion: list[tuple[str, list[Cell]]] = field(default_factory=list)
    frequent: list[tuple[str, str, str]] = field(default_factory=list)
    wrong: int = 0
    mistakes: list[Mistake] = field(default_factory=list)


def measured_results(run: TrainedRun) -> Results:
    """Measure a run's network on its test data.

    Raises
    ------
    NnzooError
        When the network or the data can't be had.
    """
    evaluation, doubt = run.evaluation, _doubt(run)
    if evaluation.confusion is None:
        figures = [] if evaluation.r2 is None else [("R²", f"{evaluation.r2:.4f}")]
        figures.append(("Mean squared error", f"{evaluation.mse:.4g}"))
        return Results(evaluation.samples, figures, doubt, _largest_errors(run))
    return Results(
        evaluation.samples,
        [],
        doubt,
        [],
        run.dataset.class_names,
        _class_rows(run),
        _confusion_rows(run),
        _frequent_mistakes(run),
        len(run.worst_mistakes),
        _worst_mistakes(run),
    )


def _doubt(run: TrainedRun) -> str:
    """A sentence where the record says other than what was measured now."""
    recorded, measured = run.record.figure("test_loss"), run.evaluation.loss
    if recorded is None or math.isclose(recorded, measured, rel_tol=1e-3, abs_tol=1e-6):
        return ""
    return f"The record says that the test loss is {recorded:.4g}; measured again for this page, it is {measured:.4g}."


def _largest_errors(run: TrainedRun) -> list[tuple[str, ...]]:
    targets, outputs = run.dataset.test.targets, run.outputs
    rows = []
    for index in run.worst_errors[:MISTAKES].tolist():
        output = int(np.abs(outputs[index] - targets[index]).argmax())
        value, predicted = float(targets[index, output]), float(outputs[index, output])
        place = (f"{index:,}",) if targets.shape[1] == 1 else (f"{index:,}", str(output))
        rows.append((*place, f"{value:.4g}", f"{predicted:.4g}", f"{predicted - value:+.4g}"))
    return rows


def _class_rows(run: TrainedRun) -> list[tuple[str, str, str, str]]:
    return [
        (name, share(each.precision), share(each.recall), f"{each.samples:,}")
        for name, each in zip(run.dataset.class_names, run.evaluation.classes(), strict=True)
    ]


def _confusion_rows(run: TrainedRun) -> list[tuple[str, list[Cell]]]:
    counts = run.evaluation.confusion
    if counts is None or len(counts) > _MOST_CLASSES:
        return []
    most = int(_mistakes(counts).max()) or 1
    rows = []
    for row, (name, line) in enumerate(zip(run.dataset.class_names, counts.tolist(), strict=True)):
        total = sum(line) or 1
        cells = [
            Cell(count, round(count / (total if row == column else most), 3), row == column)
            for column, count in enumerate(line)
        ]
        rows.append((name, cells))
    return rows


def _frequent_mistakes(run: TrainedRun) -> list[tuple[str, str, str]]:
    counts, names = run.evaluation.confusion, run.dataset.class_names
    if counts is None:
        return []
    wrong = _mistakes(counts)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]
    pairs = [divmod(int(place), len(names)) for place in order if wrong.flat[place]]
    return [(names[of], names[taken], f"{wrong[of, taken]:,}") for of, taken in pairs]


def _mistakes(counts: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    wrong: NDArray[np.integer[Any]] = counts - np.diag(counts.diagonal())
    return wrong


def _worst_mistakes(run: TrainedRun) -> list[Mistake]:
    worst, test, names = run.worst_mistakes[:MISTAKES], run.dataset.test, run.dataset.class_names
    if not len(worst):
        return []
    shares, inputs = are_shares(run.outputs), test.inputs[worst]
    is_strip = not is_picture(inputs.shape[1:])
    shades = as_shades(inputs.reshape(len(worst), 1, -1) if is_strip else inputs)
    mistakes = []
    for index, picture in zip(worst.tolist(), shades, strict=True):
        label, output = int(test.targets[index]), run.outputs[index]
        right, taken = names[label], names[int(output.argmax())]
        mistakes.append(
            Mistake(
                index,
                _sample(picture, f"Test sample {index}, of class {right}"),
                is_strip,
                right,
                taken,
                _outputs(output, label, names, shares=shares),
            )
        )
    return mistakes


def _sample(picture: NDArray[np.float64], alt: str) -> Image:
    height, width = picture.shape[:2]
    larger = max(1.0, _SIDE / max(height, width))
    return Image(data_url(picture_png(picture), "png"), alt, round(width * larger), max(12, round(height * larger)))


def _outputs(output: NDArray[Any], label: int, names: Sequence[str], *, shares: bool) -> list[Output]:
    low, high = (0.0, 1.0) if shares else (min(0.0, float(output.min())), float(output.max()))
    return [
        Output(
            names[each],
            told(float(output[each]), shares=shares),
            round((float(output[each]) - low) / ((high - low) or 1), 3),
            int(each) == label,
        )
        for each in top_classes(output, label)
    ]
