"""Training time with the live display of `nnzoo train` over that without.

One network is trained five epochs at a time, in turn with the display and without. The display draws on a
pseudo-terminal, whose output is read and dropped.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from rich.console import Console

from benchmarks.contenders.nnzoo_trainer import mlp_trainer
from benchmarks.measuring import Row, Settings, in_turns, ratio_row
from benchmarks.task import Task
from nnzoo.cli.epochs import EpochDisplay, PlainLines
from nnzoo.cli.live import LiveTable
from nnzoo.runs.directory import RunDirectory
from nnzoo.training.trainer import Trainer

WHAT, BAR = "training time with the live display over that without", 1.01
TASK, EPOCHS = Task(), 5


def measure(settings: Settings) -> Iterator[Row]:
    if os.name == "nt":
        yield Row(WHAT, None, BAR, note="there are no pseudo-terminals on Windows")
        return
    trainer = mlp_trainer(TASK, settings.threads)
    with tempfile.TemporaryDirectory() as folder, pseudo_terminal() as terminal:
        run = RunDirectory(Path(folder))
        console = Console(file=terminal, width=120, height=40, force_terminal=True)
        calls: dict[str, Callable[[], float]] = {
            "shown": lambda: seconds(trainer, LiveTable(console), run),
            "hidden": lambda: seconds(trainer, PlainLines(ignore), run),
        }
        timings = in_turns(calls, settings.repeat)
    yield ratio_row(WHAT, timings, "shown", "hidden", BAR, f"{EPOCHS} epochs")


def seconds(trainer: Trainer, display: EpochDisplay, run: RunDirectory) -> float:
    """Seconds of the training loop for some epochs that a display shows."""
    taken = 0.0
    display.begin(trainer, run)
    for _ in range(EPOCHS):
        metrics = trainer.advance()
        assert metrics is not None
        display.epoch_ended(metrics)
        taken += metrics.seconds
    display.end()
    return taken


def ignore(line: str) -> None:
    """Ignore output, which is not measured."""


@contextlib.contextmanager
def pseudo_terminal() -> Iterator[TextIO]:
    """A terminal that is read continuously."""
    import pty

    ours, end = pty.openpty()

    def drain() -> None:
        with contextlib.suppress(OSError):  # no process has it open any more
            while os.read(ours, 1 << 16):
                pass

    reader = threading.Thread(target=drain)
    reader.start()
    with os.fdopen(end, "w", encoding="utf-8") as file:
        yield file
    reader.join()
    os.close(ours)
