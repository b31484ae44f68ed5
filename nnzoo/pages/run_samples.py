"""Test samples that a network gets wrong, as a page shows them: an image, or the row of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnzoo.figures.mistakes import are_shares, output_text, top_classes
from nnzoo.figures.pictures import as_shades, is_picture, picture_png
from nnzoo.kinds import Columns, Floats
from nnzoo.model.columns import row_texts
from nnzoo.pages.page import Image, data_url
from nnzoo.trained_run import TrainedRun
from nnzoo.training.measures import number as in_words

_MISTAKES, _ROWS = 12, 6
"""Mistakes that are shown: images, and rows of a table, which take more room."""
_COLUMNS, _FEW_COLUMNS = 12, 8
"""Columns that are shown of a table: beside each other, and below."""
_LABELS = 3
_SIDE = 112
"""CSS pixels of the longer side of an image."""


@dataclass(frozen=True)
class Output:
    """What the network gave a class or label; ``length`` of its bar is from 0 to 1."""

    name: str
    value: str
    length: float
    right: bool


@dataclass(frozen=True)
class Mistake:
    """A test sample that was answered wrong.

    Attributes
    ----------
    place : str
        Which sample it is, and which position of it where there are several.
    image : Image or None
        The sample, where it is not the row of a table; ``is_strip`` where it is not an image.
    row : list of (str, str)
        The columns of a table, and its values.
    right, given : str
        The right answer and the network's.
    outputs : list of Output
    """

    place: str
    image: Image | None
    is_strip: bool
    row: list[tuple[str, str]]
    right: str
    given: str
    outputs: list[Output]


@dataclass(frozen=True)
class Errors:
    """The largest errors of a regression, as a table: titles, and rows of text."""

    titles: list[str]
    rows: list[list[str]]


def worst_mistakes(run: TrainedRun) -> list[Mistake]:
    """The worst mistakes in classes or labels, as `TrainedRun.worst_mistakes` orders them."""
    is_table = isinstance(run.dataset.test.inputs, Columns)
    worst = run.worst_mistakes[: _ROWS if is_table else _MISTAKES]
    if not len(worst):
        return []
    positions, problem = run.problem.positions, run.problem
    samples = run.dataset.test.take(worst // positions).loaded
    images, rows = _pictures(samples), _rows(run, samples, _FEW_COLUMNS)
    targets, answers, shares = run.evaluation.targets[worst], run.answers[worst], are_shares(run.outputs)
    found = []
    for number, position in enumerate(worst.tolist()):
        sample, place = divmod(position, positions)
        if targets.ndim == 1:
            right, given = (problem.name(int(answer[number])) for answer in (targets, answers))
            outputs = _classes(run, run.outputs[position], int(targets[number]), shares=shares)
        else:
            right, given = (_labels(run, answer[number]) for answer in (targets, answers))
            outputs = _most_wrong_labels(run, run.outputs[position], targets[number])
        image = None
        if images is not None:
            image = _image(images[number], f"Test sample {sample}: {right}")
        words = f"test sample {sample:,}" + (f", position {place}" if positions > 1 else "")
        is_strip = not (isinstance(samples, Columns) or is_picture(samples.shape[1:]))
        found.append(Mistake(words, image, is_strip, rows[number], right, given, outputs))
    return found


def largest_errors(run: TrainedRun) -> Errors:
    """The test samples whose values are furthest off, each in its unit, with the row of a table."""
    worst, targets, outputs = run.worst_errors[:_MISTAKES], run.evaluation.targets, run.outputs
    samples = run.dataset.test.take(worst // run.problem.positions).loaded
    rows, spread = _rows(run, samples, _COLUMNS), targets.std(axis=0)
    values = targets.shape[1]
    found = []
    for number, position in enumerate(worst.tolist()):
        errors = outputs[position] - targets[position]
        value = int((np.abs(errors) / np.where(spread > 0, spread, 1)).argmax())
        sample, place = divmod(position, run.problem.positions)
        found.append(
            [
                f"{sample:,}" + (f", position {place}" if run.problem.positions > 1 else ""),
                *([run.problem.name(value)] if values > 1 else []),
                in_words(float(targets[position, value])),
                in_words(float(outputs[position, value])),
                f"{'+' if errors[value] > 0 else ''}{in_words(float(errors[value]))}",
                *(text for _, text in rows[number]),
            ]
        )
    name = f" {run.problem.names[0]}" if values == 1 and run.problem.names else ""
    titles = ["sample", *(["value"] if values > 1 else []), f"true{name}", f"predicted{name}", "off by"]
    return Errors([*titles, *(column for column, _ in (rows[0] if rows else []))], found)


def _rows(run: TrainedRun, samples: NDArray[np.generic] | Columns, most: int) -> list[list[tuple[str, str]]]:
    """What stands in the columns of each sample; nothing where they are not rows of a table."""
    if not isinstance(samples, Columns):
        return [[] for _ in range(len(samples))]
    columns = run.telling_columns(most)
    return [row_texts(samples, row, columns, digits=6) for row in range(len(samples))]


def _pictures(samples: NDArray[np.generic] | Columns) -> NDArray[np.float64] | None:
    if isinstance(samples, Columns):
        return None
    return as_shades(samples if is_picture(samples.shape[1:]) else samples.reshape(len(samples), 1, -1))


def _image(picture: NDArray[np.float64], alt: str) -> Image:
    height, width = picture.shape[:2]
    larger = max(1.0, _SIDE / max(height, width))
    return Image(data_url(picture_png(picture), "png"), alt, round(width * larger), max(12, round(height * larger)))


def _classes(run: TrainedRun, output: Floats, label: int, *, shares: bool) -> list[Output]:
    """The classes that got most of an output, and the right one."""
    low, high = (0.0, 1.0) if shares else (min(0.0, float(output.min())), float(output.max()))
    return [
        Output(
            run.problem.name(each),
            output_text(float(output[each]), shares=shares),
            round((float(output[each]) - low) / ((high - low) or 1), 3),
            each == label,
        )
        for each in top_classes(output, label).tolist()
    ]


def _most_wrong_labels(run: TrainedRun, output: Floats, target: Floats) -> list[Output]:
    """The labels whose outputs are furthest off."""
    order: Iterable[int] = np.argsort(-np.abs(output - target), kind="stable")[:_LABELS].tolist()
    shares = bool(output.min() >= 0 and output.max() <= 1)
    return [
        Output(
            run.problem.name(each),
            output_text(float(output[each]), shares=shares),
            round(float(np.clip(output[each], 0, 1)), 3),
            bool(target[each]),
        )
        for each in order
    ]


def _labels(run: TrainedRun, answer: Floats) -> str:
    return ", ".join(run.problem.name(label) for label in np.flatnonzero(answer).tolist()) or "no label"
