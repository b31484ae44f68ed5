"""The live display of a training run on a terminal: the last epochs, and a bar with speed and time left."""

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
"""Lines of the display besides the rows: two of titles, the bar, and one to spare."""


@final
class LiveTable(EpochDisplay):
    """A table of the last epochs and a bar. In the end, an overview of all epochs remains.

    The display does not slow training down: a thread of rich reads the trainer's state a few times a second, and
    `epoch_ended` only stores figures.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._history: list[EpochMetrics] = []
        self._best: EpochMetrics | None = None
        self._live: Live | None = None

    def begin(self, trainer: Trainer, directory: RunDirectory) -> None:
        """Begin the display; for a resumed run, with its earlier epochs."""
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
        """Store the figures until the table is drawn again."""
        self._history.append(metrics)
        if self._best is None or is_better(metrics, self._best, self._trainer.recipe.monitor):
            self._best = metrics

    def end(self) -> None:
        """Draw the overview of all epochs, and show the cursor again."""
        if self._live:
            live, self._live = self._live, None
            live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._best:
            yield self._table(self._best, options)
        if self._live:
            yield from self._bar(console, options)

    def _table(self, best: EpochMetrics, options: ConsoleOptions) -> Text:
        history = self._history[:]  # another thread adds to it
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
        """A line with the epoch, a bar, and percentage, time left and speed as far as they fit."""
        steps, total = self._trainer.state.steps, self._trainer.total_steps
        room = options.max_width - len("^C ")  # the terminal may write this behind the line
        number = min(self._trainer.state.epoch + 1, self._trainer.recipe.epochs)
        epoch = f"epoch {number:{len(str(self._trainer.recipe.epochs))}}/{self._trainer.recipe.epochs} "
        status = ""
        for piece in (f" {steps / total:4.0%}", self._time_left(steps), self._speed(steps)):
            if len(epoch) + SHORTEST_BAR + len(status) + len(piece) <= room:
                status += piece
        width = max(1, room - len(epoch) - len(status))
        bar = ProgressBar(total, steps, width, complete_style="cyan", finished_style="cyan")
        yield Text(epoch, end="")
        yield from console.render(bar, options.update(width=width))
        yield Text(status, end="")

    def _time_left(self, steps: int) -> str:
        """The time left at the average speed so far, evaluation included; early stopping may shorten it."""
        if self._trainer.stop_requested:
            return "  stopping"
        if steps == self._first_step:
            return ""
        spent = time.perf_counter() - self._began
        seconds = round(spent / (steps - self._first_step) * (self._trainer.total_steps - steps))
        at_most = "at most " if self._trainer.recipe.early_stopping else ""
        return f"  {at_most}{timedelta(seconds=seconds)} left"

    def _speed(self, steps: int) -> str:
        """Training samples per second in the last epoch; in the first epoch, so far."""
        if self._history:
            samples, seconds = self._trainer.train.samples, self._history[-1].seconds
        else:
            samples = (steps - self._first_step) * self._trainer.train.batch_size
            seconds = time.perf_counter() - self._began
        return f"  {samples / seconds:,.0f} samples/s" if samples and seconds else ""
