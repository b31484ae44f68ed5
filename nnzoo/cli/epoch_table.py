"""The epochs of a training as a table that fits a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from nnzoo.training.scoring import EpochMetrics

Column: TypeAlias = tuple[str, str]
"""What the figures are measured on, or nothing, and which figure: ``("test", "loss")``."""

PARTS = ("train", "validation", "test")
LEAST_WANTED: tuple[Column, ...] = (
    ("", "rate"),
    ("train", "acc"),
    ("", "seconds"),
    ("validation", "acc"),
    ("train", "loss"),
    ("test", "acc"),
    ("validation", "loss"),
)
"""The columns that a narrow terminal goes without, those first that are missed the least."""
GAP = "  "
IN_FULL = 40
"""How many epochs an overview has all of."""


class Row(NamedTuple):
    """A line of the table, and whether it is the best epoch's."""

    text: str
    best: bool = False


def figures(metrics: EpochMetrics, epochs: int) -> dict[Column, str]:
    """What is told of an epoch, of so many, by column; there is none for data that there are not."""
    cells: dict[Column, str] = {
        ("", "epoch"): f"{metrics.epoch}/{epochs}",
        ("", "rate"): f"{metrics.learning_rate:.3g}",
    }
    for part in PARTS:
        loss, accuracy = getattr(metrics, f"{part}_loss"), getattr(metrics, f"{part}_accuracy")
        cells |= {} if loss is None else {(part, "loss"): f"{loss:.4f}"}
        cells |= {} if accuracy is None else {(part, "acc"): f"{accuracy:.2%}"}
    return cells | {("", "seconds"): f"{metrics.seconds:.3f}"}


def judged_by(metrics: EpochMetrics) -> tuple[str, float]:
    """The loss that tells which epoch is the best, and its name: that on validation data, or else on test data."""
    part = next((part for part in ("validation", "test") if getattr(metrics, f"{part}_loss") is not None), "train")
    return f"{part} loss", getattr(metrics, f"{part}_loss")


def table(chosen: Sequence[EpochMetrics], epochs: int, best: EpochMetrics, width: int) -> tuple[list[str], list[Row]]:
    """Titles and rows that are no wider than the terminal, as far as columns can be left out.

    Parameters
    ----------
    chosen : sequence of EpochMetrics
        The epochs to show; at least one.
    epochs : int
        How many there are to be.
    best : EpochMetrics
        The one to mark.
    width : int
        Of the terminal, in characters.
    """
    cells = [figures(metrics, epochs) for metrics in chosen]
    widths = {column: max(_least(column, epochs), *(len(row.get(column, "")) for row in cells)) for column in cells[-1]}
    mark = f"{GAP}best"
    for column in LEAST_WANTED:
        if _width(widths) + len(mark) > width:
            widths.pop(column, None)
    in_full = f"{mark} {judged_by(best)[0]}"
    mark = in_full if _width(widths) + len(in_full) <= width else mark
    rows = [
        Row(
            GAP.join(row.get(column, "–").rjust(size) for column, size in widths.items())
            + mark * (metrics.epoch == best.epoch),
            metrics.epoch == best.epoch,
        )
        for metrics, row in zip(chosen, cells, strict=True)
    ]
    titles = GAP.join(title.rjust(size) for (_, title), size in widths.items())
    return [_parts_line(widths), titles], rows


def _least(column: Column, epochs: int) -> int:
    """What a column is wide at least, so that it seldom changes as the epochs go by."""
    longest = {("", "epoch"): f"{epochs}/{epochs}", ("", "rate"): "7.39e-07"}.get(column, "100.00%")
    return max(len(longest), len(column[1]))


def _width(widths: dict[Column, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)


def _parts_line(widths: dict[Column, int]) -> str:
    """The names of the data, each above the middle of its columns."""
    spans: dict[str, int] = {}
    for (part, title), size in widths.items():
        key = part or title
        spans[key] = spans[key] + len(GAP) + size if key in spans else size
    return GAP.join(_short(part if part in PARTS else "", size).center(size) for part, size in spans.items()).rstrip()


def _short(name: str, size: int) -> str:
    return name if len(name) <= size else f"{name[:5]}."


def latest(history: Sequence[EpochMetrics], best: EpochMetrics, most: int) -> list[EpochMetrics]:
    """The last so many epochs, with the best one in front where it came before them."""
    shown = list(history[-most:])
    return shown if best.epoch >= shown[0].epoch else [best, *shown[1:]]


def overview(history: Sequence[EpochMetrics], best: EpochMetrics) -> list[EpochMetrics]:
    """All epochs, or of a long training the first, the last, the best, and every tenth or hundredth, say."""
    if len(history) <= IN_FULL:
        return list(history)
    strides = (digit * 10**power for power in count() for digit in (1, 2, 5))
    stride = next(stride for stride in strides if len(history) <= stride * IN_FULL / 2)
    return [
        metrics
        for metrics in history
        if metrics.epoch % stride == 0 or metrics is best or metrics in (history[0], history[-1])
    ]
