"""A live display of a training, for terminals: the last epochs, and a bar with speed and time left."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from nnzoo.cli.epochs import EpochDisplay, is_better, latest, overview, table

if TYPE_CHECKING:
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.training.scoring import EpochMetrics
    from nnzoo.training.trainer import Trainer

PER_SECOND = 4
ROWS = 10
SHORTEST_BAR = 10
LINES_BESIDE = 4
"""Of the display, besides the rows: two of titles, the bar, and one to spare."""


@final
class LiveTable(EpochDisplay):
    """A table of the last epochs and a bar; in the end the table of all of them stays, or of every so many.

    The training is not slowed down by being asked for figures: rich's own thread reads the trainer's state a few times
    a second, and `epoch_ended` only keeps what it is given.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._history: list[EpochMetrics] = []
        self._best: EpochMetrics | None = None
        self._live: Live | None = None

    def begin(self, trainer: Trainer, directory: RunDirectory) -> None:
        """Begin with the display, with the epochs before it where a run is resumed."""
        from nnzoo.training.scoring import EpochMetrics

        self._trainer, self._metrics_file = trainer, directory.path / "metrics.jsonl"
        self._first_step, self._began = trainer.state.steps, time.perf_counter()
        for line in directory.read_metrics():
            self.epoch_ended(EpochMetrics.from_dict(line, trainer.scorer.measures))
        if trainer.finished():
            return
        self._live = Live(self, console=self._console, refresh_per_second=PER_SECOND)
        self._live.start(refresh=True)

    def epoch_ended(self, metrics: EpochMetrics) -> None:
        """Keep the figures for when they are next drawn."""
        self._history.append(metrics)
        if self._best is None or is_better(metrics, self._best, self._trainer.recipe.monitor):
            self._best = metrics

    def end(self) -> None:
        """Leave the table of all epochs, and a cursor that can be seen."""
        if self._live:
            live, self._live = self._live, None
            live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._best:
            yield self._table(self._best, options)
        if self._live:
            yield from self._bar(console, options)

    def _table(self, best: EpochMetrics, options: ConsoleOptions) -> Text:
        history = self._history[:]  # the training goes on
        if self._live:
            most = max(2, min(ROWS, options.size.height - LINES_BESIDE))
            chosen = latest(history, best, most)
        else:
            chosen = overview(history, best)
        recipe = self._trainer.recipe
        titles, rows = table(chosen, recipe.epochs, best, options.max_width, recipe.monitor)
        lines = [(line, "dim") for line in titles]
        lines += [(row.text, "bold green" if row.best else "") for row in rows]
        if self._live:
            lines.append(("", ""))
        elif len(chosen) < len(history):
            lines.append((f"all {len(history)} epochs are in {self._metrics_file}", "dim"))
        return Text("\n", no_wrap=True, overflow="crop").join(Text(*line) for line in lines)

    def _bar(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One line: the epoch, how far it is, and as much of speed and time left as there is room for."""
        steps, total = self._trainer.state.steps, self._trainer.total_steps
        room = options.max_width - len("^C ")  # which the terminal itself may write behind it
        number = min(self._trainer.state.epoch + 1, self._trainer.recipe.epochs)
        epoch = f"epoch {number:{len(str(self._trainer.recipe.epochs))}}/{self._trainer.recipe.epochs} "
        told = ""
        for piece in (f" {steps / total:4.0%}", self._time_left(steps), self._speed(steps)):
            if len(epoch) + SHORTEST_BAR + len(told) + len(piece) <= room:
                told += piece
        width = max(1, room - len(epoch) - len(told))
        bar = ProgressBar(total, steps, width, complete_style="cyan", finished_style="cyan")
        yield Text(epoch, end="")
        yield from console.render(bar, options.update(width=width))
        yield Text(told, end="")

    def _time_left(self, steps: int) -> str:
        """At the speed so far, with all that lies between the steps; early stopping may spare some of it."""
        if self._trainer.stop_requested:
            return "  stopping"
        if steps == self._first_step:
            return ""
        spent = time.perf_counter() - self._began
        seconds = round(spent / (steps - self._first_step) * (self._trainer.total_steps - steps))
        at_most = "at most " if self._trainer.recipe.early_stopping else ""
        return f"  {at_most}{timedelta(seconds=seconds)} left"

    def _speed(self, steps: int) -> str:
        """Samples a second while training: in the last epoch, or where none has ended yet, so far."""
        if self._history:
            samples, seconds = self._trainer.train.samples, self._history[-1].seconds
        else:
            samples = (steps - self._first_step) * self._trainer.train.batch_size
            seconds = time.perf_counter() - self._began
        return f"  {samples / seconds:,.0f} samples/s" if samples and seconds else ""
