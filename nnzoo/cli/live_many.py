"""The display of several training runs: a line for each that has ended, or on a terminal a live display of all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

PER_SECOND = 4
BESIDE = 4
"""Lines of the display besides those of the runs."""
BAR = 20


class ManyDisplay(ABC):
    """The display of several training runs, from `begin` to `end`."""

    @abstractmethod
    def begin(self, unit: str, paths: Mapping[int, Path]) -> None:
        """Begin the display of runs, which are given by their numbers of a ``unit``, such as ``seed``."""

    @abstractmethod
    def ended(self, number: int, result: str) -> None:
        """Show the result of a run that has ended."""

    @abstractmethod
    def end(self) -> None:
        """Restore the terminal, however the runs ended. It may be called without `begin`."""


@final
class PlainRuns(ManyDisplay):
    """A line for each run that has ended; ``say`` prints a line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._unit = say, ""

    def begin(self, unit: str, paths: Mapping[int, Path]) -> None:
        """Store the unit."""
        self._unit = unit

    def ended(self, number: int, result: str) -> None:
        """Print the run and its result."""
        self._say(f"{self._unit} {number:<4} {result}")

    def end(self) -> None:
        """Do nothing."""


@final
class LiveRuns(ManyDisplay):
    """A line for each run with its progress or its result. In the end the lines remain.

    The display does not slow training down: a thread of rich counts the lines in the runs' metrics files.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._unit, self._paths, self._results = "", dict[int, Path](), dict[int, str]()
        self._epochs = dict[int, int]()
        self._live: Live | None = None

    def begin(self, unit: str, paths: Mapping[int, Path]) -> None:
        """Begin the display."""
        self._unit, self._paths = unit, dict(paths)
        if self._live is None and paths:
            self._live = Live(self, console=self._console, refresh_per_second=PER_SECOND)
            self._live.start(refresh=True)

    def ended(self, number: int, result: str) -> None:
        """Store the result until the display is drawn again."""
        self._results[number] = result

    def end(self) -> None:
        """Draw the lines of all runs, and show the cursor again."""
        if self._live:
            live, self._live = self._live, None
            live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        done = {number: self._done(number) for number in self._paths if number not in self._results}
        active = [number for number, epochs in done.items() if epochs or self._total(number)]
        shown = {*self._results, *done}
        if self._live:  # if there is not room for all, active runs have precedence
            room = max(1, options.size.height - BESIDE)
            shown &= {*[*active, *reversed(self._results), *done][:room]}
        for number in sorted(shown):
            table.add_row(f"{self._unit} {number}", *self._columns(number, done.get(number, 0)))
        yield table
        if self._live:
            yield Text(f"{len(self._results)} of {len(self._paths)} runs have ended", style="dim")

    def _columns(self, number: int, epochs: int) -> tuple[RenderableType, RenderableType]:
        """The progress of a run, or its result."""
        if number in self._results:
            return Text("done", style="bold green"), Text(self._results[number])
        total = self._total(number)
        if not total:
            return Text("waits", style="dim"), ""
        return Text(f"epoch {epochs}/{total}"), ProgressBar(total, epochs, BAR, complete_style="cyan")

    def _done(self, number: int) -> int:
        """The number of finished epochs of a run."""
        try:
            return (self._paths[number] / "metrics.jsonl").read_bytes().count(b"\n")
        except OSError:
            return 0

    def _total(self, number: int) -> int:
        """The planned number of epochs of a run; 0 until it has begun."""
        from nnzoo.errors import NnzooError
        from nnzoo.runs.record import read_record

        if not self._epochs.get(number):
            try:
                epochs = read_record(self._paths[number]).settings.get("epochs")
            except NnzooError:
                epochs = None
            self._epochs[number] = epochs if isinstance(epochs, int) else 0
        return self._epochs[number]
