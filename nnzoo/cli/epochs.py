"""How the epochs of a training are shown: the figures of each, as plain lines or as a table that fits a terminal."""

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
"""What the figures are measured on, or nothing, and which figure: ``("test", "loss")``."""

PARTS = ("train", "validation", "test")
RATE, SECONDS = ("", "rate"), ("", "seconds")
GAP = "  "
IN_FULL = 40
"""How many epochs an overview has all of."""


class Row(NamedTuple):
    """A line of the table, and whether it is the best epoch's."""

    text: str
    best: bool = False


def figures(metrics: EpochMetrics, epochs: int) -> dict[Column, str]:
    """What is shown of an epoch, of so many, by column; there is none for data that there are not."""
    cells: dict[Column, str] = {("", "epoch"): f"{metrics.epoch}/{epochs}", RATE: f"{metrics.learning_rate:.3g}"}
    for part in PARTS:
        if metrics.figures[f"{part}_loss"] is not None:
            shown = {
                name: measure.show(metrics.figures[f"{part}_{name}"]) for name, measure in metrics.measures.items()
            }
            cells |= {(part, name): text for name, text in shown.items()}
    return cells | {SECONDS: f"{metrics.seconds:.3f}"}


def title_of(column: Column, metrics: EpochMetrics) -> str:
    """What stands above a column."""
    part, name = column
    return metrics.measures[name].short_title if part else name


def judged_by(metrics: EpochMetrics, monitor: str) -> Column:
    """What decides which epoch is the best: the monitored figure on validation data, or else on test data."""
    parts = ("validation", "test", "train")
    return next(part for part in parts if metrics.figures[f"{part}_loss"] is not None), monitor


def is_better(metrics: EpochMetrics, other: EpochMetrics, monitor: str) -> bool:
    """Whether an epoch is better than another by the monitored figure."""
    name = "_".join(judged_by(metrics, monitor))
    return metrics.measures[monitor].is_better(metrics.figures[name], other.figures[name])


def table(
    chosen: Sequence[EpochMetrics], epochs: int, best: EpochMetrics, width: int, monitor: str = "loss"
) -> tuple[list[str], list[Row]]:
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
    monitor : str
        The figure that it is the best by.
    """
    cells = [figures(metrics, epochs) for metrics in chosen]
    titles = {column: title_of(column, best) for column in cells[-1]}
    widths = {
        column: max(_least(column, epochs, best), len(title), *(len(row.get(column, "")) for row in cells))
        for column, title in titles.items()
    }
    judge = judged_by(best, monitor)
    mark = f"{GAP}best"
    for column in _least_wanted(titles, judge):
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


def _least_wanted(columns: Iterable[Column], judge: Column) -> list[Column]:
    """The columns that a narrow terminal goes without, those first that are missed the least.

    The loss of the test part stays. The figure that selects the best epoch goes last; figures of the training part, and
    of each part those behind its first metric, go early.
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


def _least(column: Column, epochs: int, metrics: EpochMetrics) -> int:
    """What a column is wide at least, so that it seldom changes as the epochs go by."""
    part, name = column
    if part:
        return len("100.00%" if metrics.measures[name].is_share or name == "loss" else "-0.01234")
    return len({"epoch": f"{epochs}/{epochs}", "rate": "7.39e-07"}.get(name, "1000.00"))


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


class EpochDisplay(ABC):
    """Shows one training, from `begin` to `end`."""

    @abstractmethod
    def begin(self, trainer: Trainer, directory: RunDirectory) -> None:
        """The training begins, or goes on."""

    @abstractmethod
    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """An epoch has ended with these figures."""

    @abstractmethod
    def end(self) -> None:
        """Restore the terminal once the training has ended, however it did. May be called without `begin`."""


@final
class PlainLines(EpochDisplay):
    """A line of figures for each epoch, below a line of titles at the first.

    Parameters
    ----------
    say : callable
        Prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._epochs = 0
        self._titled = False

    def begin(self, trainer: Trainer, directory: RunDirectory) -> None:
        """Remember how many epochs there are to be."""
        self._epochs = trainer.recipe.epochs

    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """Say its line."""
        cells = figures(metrics, self._epochs)
        titles = [f"{column[0]} {title_of(column, metrics)}".strip() for column in cells]
        if not self._titled:
            self._titled = True
            self._say("  ".join(title.rjust(8) for title in titles))
        self._say("  ".join(text.rjust(max(8, len(title))) for title, text in zip(titles, cells.values(), strict=True)))

    def end(self) -> None:
        """There is nothing to leave."""
