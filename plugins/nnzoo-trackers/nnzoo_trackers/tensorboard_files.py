"""Event files for TensorBoard."""

from __future__ import annotations

import importlib
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import (
    Ending,
    EpochObserver,
    FilesObserver,
    GradientObserver,
    Moment,
    ObserverMemory,
    ObserverPlan,
    RunObserver,
    StorageError,
)

FOLDER, FILES = "tensorboard", "events.out.tfevents."
_PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class TensorBoard(GradientObserver, EpochObserver, RunObserver, FilesObserver):
    """Writes event files for TensorBoard: figures of each epoch, settings, and optional histograms.

    Steps are epochs. If an epoch is trained again after a kill, its earlier events no longer count.
    """

    name: ClassVar[str] = "tensorboard"
    only_watches: ClassVar[bool] = True

    folder: Annotated[
        str, doc("folder with a subfolder for each run; empty for the folder tensorboard in the run's directory")
    ] = ""
    histograms: Annotated[int, Ge(0), doc("epochs between histograms of weights and gradients; 0 for none")] = 0

    def plan(self, moment: Moment) -> ObserverPlan:
        return ObserverPlan()

    def files(self) -> tuple[str, ...]:
        return () if self.folder else (f"{FOLDER}/{FILES}*",)

    def started(self, moment: Moment, settings: Mapping[str, str], memory: ObserverMemory) -> None:
        events = Events(self._place(moment))
        memory.opened["events"] = events
        memory.opened["gradient_of"] = 0
        if self.histograms:
            memory.opened["gradients"] = {name: np.empty_like(array) for name, array in moment.gradients.items()}
        rows = [f"| {name} | `{value}` |" for name, value in settings.items()]
        events.restart(moment.epoch)
        events.text("settings", "\n".join(["| setting | value |", "|---|---|", *rows]), moment.epoch)
        events.flush()

    def gradient(self, moment: Moment, memory: ObserverMemory) -> None:
        if self._is_due(moment.epoch):
            for name, kept in memory.opened["gradients"].items():
                np.copyto(kept, moment.gradients[name])
            memory.opened["gradient_of"] = moment.epoch

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        opened, epoch = memory.opened, moment.epoch
        events: Events = opened["events"]
        for name, value in figures.items():
            part, _, figure = name.partition("_")
            if value is not None and name != "epoch":
                events.scalar(f"{part}/{figure}" if part in _PARTS else name, value, epoch)
        if self._is_due(epoch):
            for name, array in moment.arrays.items():
                events.histogram(f"weights/{name}", array, epoch)
            # A run that resumes after the last step of an epoch has not seen its gradient.
            for name, array in opened["gradients"].items() if opened["gradient_of"] == epoch else ():
                events.histogram(f"gradients/{name}", array, epoch)
        events.flush()
        return None

    def ended(self, moment: Moment, ending: Ending, memory: ObserverMemory) -> None:
        memory.opened["events"].close()

    def _is_due(self, epoch: int) -> bool:
        return self.histograms > 0 and epoch % self.histograms == 0

    def _place(self, moment: Moment) -> Path:
        """The folder of this run's event files."""
        if moment.run_dir is None:
            stem = Path(self.folder or FOLDER, time.strftime("%Y%m%d-%H%M%S")).absolute()
            tries = (stem if number == 1 else stem.with_name(f"{stem.name}-{number}") for number in range(1, 1000))
            return next(each for each in tries if not each.exists())
        run_dir = moment.run_dir.absolute()
        return Path(self.folder, run_dir.name).absolute() if self.folder else run_dir / FOLDER


class Events:
    """A new event file in a folder. Errors are raised immediately: no thread writes later.

    Raises
    ------
    StorageError
    """

    def __init__(self, folder: Path) -> None:
        self._proto = importlib.import_module("tensorboardX.proto.event_pb2")
        self._summary = importlib.import_module("tensorboardX.summary")
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # TensorBoard reads files in the order of their names, and two may start in one second.
            number = len(list(folder.glob(f"{FILES}*")))
            path = folder / f"{FILES}{int(time.time()):010d}.{socket.gethostname()}.{number:04d}"
            self._records = importlib.import_module("tensorboardX").RecordWriter(str(path))
        except OSError as error:
            raise StorageError(f"can't write to {folder}: {error.strerror or error}") from error

    def restart(self, step: int) -> None:
        """Start at a step: events of this and later steps in earlier files no longer count."""
        started = self._proto.SessionLog(status=self._proto.SessionLog.START)
        self._write(step, file_version="brain.Event:2")
        self._write(step, session_log=started)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number."""
        self._write(step, summary=self._summary.scalar(tag, value))

    def text(self, tag: str, text: str, step: int) -> None:
        """Write a text, in Markdown."""
        self._write(step, summary=self._summary.text(tag, text))

    def histogram(self, tag: str, values: Any, step: int) -> None:
        """Write a histogram."""
        self._write(step, summary=self._summary.histogram(tag, values, 64))

    def flush(self) -> None:
        """Flush written events to the system."""
        self._do(self._records.flush)

    def close(self) -> None:
        """Close the file."""
        self._do(self._records.close)

    def _write(self, step: int, **what: Any) -> None:
        event = self._proto.Event(wall_time=time.time(), step=step, **what)
        self._do(self._records.write, event.SerializeToString())

    def _do(self, act: Any, *arguments: Any) -> None:
        try:
            act(*arguments)
        except OSError as error:
            raise StorageError(f"can't write to {self._folder}: {error.strerror or error}") from error
