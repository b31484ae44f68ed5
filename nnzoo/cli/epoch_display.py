"""How the epochs of a training are shown while it goes on: `EpochDisplay`, and plain lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from nnzoo.cli.epoch_table import figures, title_of

if TYPE_CHECKING:
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.training.scoring import EpochMetrics
    from nnzoo.training.trainer import Trainer


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
        """The training has ended, however: leave the terminal as it was. May be called without `begin`."""


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
