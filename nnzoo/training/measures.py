"""`Measure`: the title, format and direction of a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnzoo.kinds import Metric, MetricPlan

SPELLED_OUT = 32
"""Most numbers of an answer that are all written out; of more, only the range is."""
PARTS = ("train", "validation", "test")
"""The parts of the data; a figure's full name begins with one of them: ``test_accuracy``."""


@dataclass(frozen=True)
class Measure:
    """The name, format and direction of a figure.

    Attributes
    ----------
    name : str
        Without the part of the data: ``loss``, ``balanced_accuracy``.
    title, short_title : str
        Its name in text and above a narrow column: ``balanced accuracy`` and ``bal. acc``.
    higher_is_better : bool
    is_share : bool
        Whether it is shown as a percentage.
    in_units : bool
        Whether it is in the unit of the predicted values.
    """

    name: str
    title: str
    short_title: str
    higher_is_better: bool = False
    is_share: bool = False
    in_units: bool = False

    def show(self, value: float | None) -> str:
        """A value as text; a dash for None.

        >>> LOSS.show(0.03125), LOSS.show(None), Measure("accuracy", "accuracy", "acc", is_share=True).show(0.98125)
        ('0.0312', '–', '98.12%')
        """
        if value is None:
            return "–"
        if self.is_share and abs(value) <= 1:
            return f"{value:.2%}"
        return f"{value:.4f}" if self == LOSS and abs(value) < 1e5 else number(value)

    def change(self, difference: float) -> str:
        """A difference of two values with its sign, in percentage points for a share."""
        return f"{100 * difference:+.2f} points" if self.is_share else f"{difference:+.4g}"

    def is_better(self, value: float | None, other: float | None) -> bool:
        """Whether a value is better than another; any value is better than None."""
        if value is None or other is None:
            return value is not None
        return value > other if self.higher_is_better else value < other


LOSS = Measure("loss", "loss", "loss")


def number(value: float) -> str:
    """A number with four significant digits, and all digits before the point.

    >>> number(0.8712345), number(3.2), number(12_345.678), number(-0.000012345), number(6e23)
    ('0.8712', '3.200', '12,346', '-1.234e-05', '6e+23')
    """
    size = abs(value)
    if size >= 1e9 or 0 < size < 1e-4:
        return f"{value:.4g}"
    return f"{value:,.0f}" if size >= 1000 else f"{value:#.4g}"


def _values(answer: object) -> Iterator[Any]:
    """Yield the values in nested lists."""
    if isinstance(answer, list | tuple):
        for each in answer:
            yield from _values(each)
    else:
        yield answer


def in_words(answer: object) -> str:
    """A task's answer on one line.

    >>> in_words({"digit": "7", "middle": [3.1415926, 2.0]}), in_words(["even", "round"]), in_words([])
    ('digit 7, middle 3.142 2.000', 'even, round', 'nothing')
    >>> in_words([[0.0] * 28] * 27 + [[1.0] * 28])
    '784 values from 0.000 to 1.000'
    """
    if isinstance(answer, Mapping):
        return ", ".join(f"{name} {in_words(each).replace(', ', ' ')}" for name, each in answer.items())
    if isinstance(answer, list | tuple):
        values = list(_values(answer))
        if len(values) > SPELLED_OUT and all(isinstance(value, float) for value in values):
            return f"{len(values):,} values from {number(min(values))} to {number(max(values))}"
        return ", ".join(map(in_words, answer)) or "nothing"
    return number(answer) if isinstance(answer, float) else str(answer)


def measures_of(metrics: Sequence[Metric], plans: Sequence[MetricPlan]) -> dict[str, Measure]:
    """The measures of the loss and of each figure of the metrics, by name."""
    measures = {LOSS.name: LOSS}
    for metric, plan in zip(metrics, plans, strict=True):
        for figure in plan.figures:
            title = _titled(metric, figure, metric.title)
            short = _titled(metric, figure, metric.short_title) if metric.short_title else title
            kind = metric.higher_is_better, metric.is_share, metric.in_units
            measures[figure] = Measure(figure, title, short, *kind)
    return measures


def measure_of(measures: Mapping[str, Measure], figure: str) -> Measure:
    """The measure of a figure; if its metric is unknown, one with its name as title."""
    return measures.get(figure) or Measure(figure, figure.replace("_", " "), figure.replace("_", " "))


def _titled(metric: Metric, figure: str, title: str) -> str:
    """A figure's name with the metric's name replaced by its title: ``f1_setosa`` becomes ``F1 setosa``."""
    stem = metric.name.replace("-", "_")
    if title and (figure == stem or figure.startswith(f"{stem}_")):
        figure = title + figure.removeprefix(stem)
    return figure.replace("_", " ")
