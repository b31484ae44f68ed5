"""Test samples with wrong answers, as images or rows of a table, for a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnzoo.figures.mistakes import are_shares, output_text, top_classes
from nnzoo.figures.pictures import as_shades, is_picture, picture_png
from nnzoo.kinds import Columns, Floats
from nnzoo.model.columns import row_texts
from nnzoo.pages.page import Image, Table, data_url
from nnzoo.trained_run import TrainedRun
from nnzoo.training.measures import number as in_words

_MISTAKES, _ROWS = 12, 6
"""The most mistakes: images, and rows of a table, which need more room."""
_COLUMNS, _FEW_COLUMNS = 12, 8
"""The most columns of a table that are shown next to each other, and one below the other."""
_LABELS = 3
_SIDE = 112
"""The longer side of an image, in CSS pixels."""


@dataclass(frozen=True)
class Output:
    """The network's output for a class or label; ``length`` of its bar is from 0 to 1."""

    name: str
    value: str
    length: float
    right: bool


@dataclass(frozen=True)
class Mistake:
    """A test sample with a wrong answer: an image, or the row of a table as columns and values.

    ``place`` is the number of the sample and, if it has several, of the position. ``is_strip`` says that the image
    shows an array. ``right`` and ``given`` are the right answer and the network's.
    """

    place: str
    image: Image | None
    is_strip: bool
    row: list[tuple[str, str]]
    right: str
    given: str
    outputs: list[Output]


def worst_mistakes(run: TrainedRun) -> list[Mistake]:
    """Return the worst mistakes in classes or labels, in the order of `TrainedRun.worst_mistakes`."""
    is_table = isinstance(run.dataset.test.inputs, Columns)
    worst = run.worst_mistakes[: _ROWS if is_table else _MISTAKES]
    if not len(worst):
        return []
    positions, problem = run.problem.positions, run.problem
    samples = run.dataset.test.take(worst // positions).loaded
    images, rows = _pictures(samples), _rows(run, samples, _FEW_COLUMNS)
    targets, answers, shares = run.evaluation.targets[worst], run.answers[worst], are_shares(run.outputs)
    is_strip = not (isinstance(samples, Columns) or is_picture(samples.shape[1:]))
    mistakes = []
    for number, position in enumerate(worst.tolist()):
        sample, place = divmod(position, positions)
        if targets.ndim == 1:
            right, given = (problem.name(int(answer[number])) for answer in (targets, answers))
            outputs = _classes(run, run.outputs[position], int(targets[number]), shares=shares)
        else:
            right, given = (_labels(run, answer[number]) for answer in (targets, answers))
            outputs = _most_wrong_labels(run, run.outputs[position], targets[number])
        image = None if images is None else _image(images[number], f"Test sample {sample}: {right}")
        words = f"test sample {sample:,}" + (f", position {place}" if positions > 1 else "")
        mistakes.append(Mistake(words, image, is_strip, rows[number], right, given, outputs))
    return mistakes


def largest_errors(run: TrainedRun) -> Table:
    """Return the test samples with the largest errors relative to the spread of each value, and their table rows."""
    worst, targets, outputs = run.worst_errors[:_MISTAKES], run.evaluation.targets, run.outputs
    samples = run.dataset.test.take(worst // run.problem.positions).loaded
    rows, spread = _rows(run, samples, _COLUMNS), targets.std(axis=0)
    values = targets.shape[1]
    errors_of_rows = []
    for number, position in enumerate(worst.tolist()):
        errors = outputs[position] - targets[position]
        value = int((np.abs(errors) / np.where(spread > 0, spread, 1)).argmax())
        sample, place = divmod(position, run.problem.positions)
        errors_of_rows.append(
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
    return Table([*titles, *(column for column, _ in (rows[0] if rows else []))], errors_of_rows)


def _rows(run: TrainedRun, samples: NDArray[np.generic] | Columns, most: int) -> list[list[tuple[str, str]]]:
    """The columns and values of each sample; empty if samples are not rows of a table."""
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
    """The classes with the largest outputs, and the right one."""
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
    """The labels with the largest errors of their outputs."""
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
