"""The figures of each epoch of a training run, as plain lines or as a table that fits the terminal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

if TYPE_CHECKING:
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.training.scoring import EpochMetrics
    from nnzoo.training.trainer import Trainer

Column: TypeAlias = tuple[str, str]
"""A part of the data, or an empty text, and the name of a figure: ``("test", "loss")``."""

PARTS = ("train", "validation", "test")
RATE, SECONDS = ("", "rate"), ("", "seconds")
GAP = "  "
IN_FULL = 40
"""An overview of up to this many epochs lists all of them."""


class Row(NamedTuple):
    """A line of the table; ``best`` for the best epoch."""

    text: str
    best: bool = False


def figures(metrics: EpochMetrics, epochs: int) -> dict[Column, str]:
    """Return the figures of one of ``epochs`` epochs, by column; only of parts that the data have."""
    cells: dict[Column, str] = {("", "epoch"): f"{metrics.epoch}/{epochs}", RATE: f"{metrics.learning_rate:.3g}"}
    for part in PARTS:
        if metrics.figures[f"{part}_loss"] is not None:
            for name, measure in metrics.measures.items():
                cells[part, name] = measure.show(metrics.figures[f"{part}_{name}"])
    return cells | {SECONDS: f"{metrics.seconds:.3f}"}


def title_of(column: Column, metrics: EpochMetrics) -> str:
    """Return the title of a column."""
    part, name = column
    return metrics.measures[name].short_title if part else name


def judged_by(metrics: EpochMetrics, monitor: str) -> Column:
    """Return the column that decides which epoch is the best: validation data, else test data, else training data."""
    parts = ("validation", "test", "train")
    return next(part for part in parts if metrics.figures[f"{part}_loss"] is not None), monitor


def is_better(metrics: EpochMetrics, other: EpochMetrics, monitor: str) -> bool:
    """Whether an epoch is better than another by the monitored figure."""
    name = "_".join(judged_by(metrics, monitor))
    return metrics.measures[monitor].is_better(metrics.figures[name], other.figures[name])


def table(
    chosen: Sequence[EpochMetrics], epochs: int, best: EpochMetrics, width: int, monitor: str = "loss"
) -> tuple[list[str], list[Row]]:
    """Return titles and rows; columns are left out until the table is no wider than the terminal, if possible.

    ``chosen`` are the epochs to show, at least one; ``epochs`` is the number of all epochs of the run. The figure
    ``monitor`` has selected the ``best`` epoch, which is marked. ``width`` is that of the terminal, in characters.
    """
    cells = [figures(metrics, epochs) for metrics in chosen]
    titles = {column: title_of(column, best) for column in cells[-1]}
    widths = {
        column: max(_least_width(column, epochs, best), len(title), *(len(row.get(column, "")) for row in cells))
        for column, title in titles.items()
    }
    judge = judged_by(best, monitor)
    mark = f"{GAP}best"
    for column in _dispensable(titles, judge):
        if _width(widths) + len(mark) > width:
            del widths[column]
    in_full = f"{mark} {judge[0]} {best.measures[monitor].title}"
    mark = in_full if _width(widths) + len(in_full) <= width else mark
    rows = [
        Row(
            GAP.join(row.get(column, "–").rjust(size) for column, size in widths.items())
            + mark * (metrics.epoch == best.epoch),
            metrics.epoch == best.epoch,
        )
        for metrics, row in zip(chosen, cells, strict=True)
    ]
    return [_parts_line(widths), GAP.join(titles[column].rjust(size) for column, size in widths.items())], rows


def _dispensable(columns: Iterable[Column], judge: Column) -> list[Column]:
    """The columns that a narrow terminal can do without, the least important first.

    The test loss stays. The figure that selects the best epoch is left out last; figures of the training part, and
    each part's metrics after the first, are left out early.
    """
    parted = {part: [column for column in columns if column[0] == part] for part in PARTS}
    losses = {part: names[:1] for part, names in parted.items()}
    first, others = {part: names[1:2] for part, names in parted.items()}, {p: n[:1:-1] for p, n in parted.items()}
    order = [
        *(RATE, *others["train"], *first["train"], SECONDS, *others["validation"], *others["test"]),
        *(*first["validation"], *losses["train"], *first["test"], *losses["validation"]),
    ]
    last = losses["test"] or losses["validation"] or losses["train"]
    return sorted((column for column in order if column not in last), key=lambda column: column == judge)


def _least_width(column: Column, epochs: int, metrics: EpochMetrics) -> int:
    """The least width of a column, so that it seldom changes from epoch to epoch."""
    part, name = column
    if part:
        return len("100.00%" if metrics.measures[name].is_share or name == "loss" else "-0.01234")
    return len({"epoch": f"{epochs}/{epochs}", "rate": "7.39e-07"}.get(name, "1000.00"))


def _width(widths: dict[Column, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)


def _parts_line(widths: dict[Column, int]) -> str:
    """The names of the parts, each centred above its columns."""
    spans: dict[str, int] = {}
    for (part, title), size in widths.items():
        key = part or title
        spans[key] = spans[key] + len(GAP) + size if key in spans else size
    names = {key: "" if key not in PARTS else key if len(key) <= size else f"{key[:5]}." for key, size in spans.items()}
    return GAP.join(names[key].center(size) for key, size in spans.items()).rstrip()


def latest(history: Sequence[EpochMetrics], best: EpochMetrics, most: int) -> list[EpochMetrics]:
    """Return the last ``most`` epochs; if the best one is earlier, it replaces the first of them."""
    shown = list(history[-most:])
    return shown if best.epoch >= shown[0].epoch else [best, *shown[1:]]


def overview(history: Sequence[EpochMetrics], best: EpochMetrics) -> list[EpochMetrics]:
    """Return all epochs; of many, the first, the last, the best, and every tenth or hundredth, say."""
    if len(history) <= IN_FULL:
        return list(history)
    strides = (digit * 10**power for power in count() for digit in (1, 2, 5))
    stride = next(stride for stride in strides if len(history) <= stride * IN_FULL / 2)
    return [
        metrics
        for metrics in history
        if metrics.epoch % stride == 0 or metrics is best or metrics in (history[0], history[-1])
    ]


class EpochDisplay(ABC):
    """The display of one training run, from `begin` to `end`."""

    @abstractmethod
    def begin(self, trainer: Trainer, directory: RunDirectory) -> None:
        """Begin the display when training begins or continues."""

    @abstractmethod
    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """Show the figures of an epoch that has ended."""

    @abstractmethod
    def end(self) -> None:
        """Restore the terminal, however the training run ended. It may be called without `begin`."""


@final
class PlainLines(EpochDisplay):
    """A line of figures for each epoch, with a line of titles above the first; ``say`` prints a line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._epochs = 0
        self._titled = False

    def begin(self, trainer: Trainer, directory: RunDirectory) -> None:
        """Store the number of epochs."""
        self._epochs = trainer.recipe.epochs

    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """Print a line of figures."""
        cells = figures(metrics, self._epochs)
        titles = [f"{column[0]} {title_of(column, metrics)}".strip() for column in cells]
        if not self._titled:
            self._titled = True
            self._say("  ".join(title.rjust(8) for title in titles))
        self._say("  ".join(text.rjust(max(8, len(title))) for title, text in zip(titles, cells.values(), strict=True)))

    def end(self) -> None:
        """Do nothing."""
