"""How several trainings are shown while they go on: a line when one has ended, or on a terminal all of them, live."""

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
    """Shows several runs, from `begin` to `end`."""

    @abstractmethod
    def begin(self, unit: str, paths: Mapping[int, Path]) -> None:
        """These runs are to be trained, by number."""

    @abstractmethod
    def ended(self, number: int, told: str) -> None:
        """One has ended, and this came of it."""

    @abstractmethod
    def end(self) -> None:
        """Restore the terminal once all have ended or stopped. May be called without `begin`."""


@final
class PlainRuns(ManyDisplay):
    """A line for each run that has ended.

    Parameters
    ----------
    say : callable
        Prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._unit = say, ""

    def begin(self, unit: str, paths: Mapping[int, Path]) -> None:
        """Remember how runs are numbered."""
        self._unit = unit

    def ended(self, number: int, told: str) -> None:
        """Say its line."""
        self._say(f"{self._unit} {number:<4} {told}")

    def end(self) -> None:
        """There is nothing to leave."""


@final
class LiveRuns(ManyDisplay):
    """A line for each run: how far it is, or what came of it. In the end the lines stay.

    Trainings are not asked: rich's own thread counts the lines that each has written of its epochs.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._unit, self._paths, self._told = "", dict[int, Path](), dict[int, str]()
        self._epochs = dict[int, int]()
        self._live: Live | None = None

    def begin(self, unit: str, paths: Mapping[int, Path]) -> None:
        """Begin with the display."""
        self._unit, self._paths = unit, dict(paths)
        if self._live is None and paths:
            self._live = Live(self, console=self._console, refresh_per_second=PER_SECOND)
            self._live.start(refresh=True)

    def ended(self, number: int, told: str) -> None:
        """Keep what came of it for when it is next drawn."""
        self._told[number] = told

    def end(self) -> None:
        """Leave the lines of all runs, and a cursor that can be seen."""
        if self._live:
            live, self._live = self._live, None
            live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        done = {number: self._done(number) for number in self._paths if number not in self._told}
        going_on = [number for number, epochs in done.items() if epochs or self._total(number)]
        shown = [*self._told, *going_on, *(number for number in done if number not in going_on)]
        if self._live:  # what goes on comes first where there is not room for all
            room = max(1, options.size.height - BESIDE)
            wanted = [*going_on, *reversed(self._told), *done][:room]
            shown = [number for number in shown if number in wanted]
        for number in sorted(shown):
            table.add_row(f"{self._unit} {number}", *self._columns(number, done.get(number, 0)))
        yield table
        if self._live:
            yield Text(f"{len(self._told)} of {len(self._paths)} runs have ended", style="dim")

    def _columns(self, number: int, epochs: int) -> tuple[RenderableType, RenderableType]:
        """How far a run is, or what came of it."""
        if number in self._told:
            return Text("done", style="bold green"), Text(self._told[number])
        total = self._total(number)
        if not total:
            return Text("waits", style="dim"), ""
        return Text(f"epoch {epochs}/{total}"), ProgressBar(total, epochs, BAR, complete_style="cyan")

    def _done(self, number: int) -> int:
        """How many epochs have ended of a run."""
        try:
            return (self._paths[number] / "metrics.jsonl").read_bytes().count(b"\n")
        except OSError:
            return 0

    def _total(self, number: int) -> int:
        """How many epochs a run has at most; 0 as long as it has not begun."""
        from nnzoo.errors import NnzooError
        from nnzoo.runs.record import read_record

        if not self._epochs.get(number):
            try:
                found = read_record(self._paths[number]).settings.get("epochs")
            except NnzooError:
                found = None
            self._epochs[number] = found if isinstance(found, int) else 0
        return self._epochs[number]
