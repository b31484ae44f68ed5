"""The journal of a sweep: one line when a trial starts, and one when it has ended; lines are only appended."""

from __future__ import annotations

import gc
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from nnzoo.errors import FileFormatError, StorageError, storage_errors
from nnzoo.files.reading import read_regular
from nnzoo.files.strict_json import parse_json

FILE = "journal.jsonl"
_STARTED = b'{"event": "started", '
"""The start of lines without results."""
_SIZE_LIMIT = 1 << 32


@dataclass
class Log:
    """The contents of a journal, by the ids of trials.

    Attributes
    ----------
    ended : dict
        The line of each trial that has ended.
    lost : dict
        How many workers have died during a trial.
    winners : dict
        The line of each winner that was trained and measured on test data.
    """

    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    winners: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, line: Mapping[str, Any]) -> None:
        """Add one line; if a trial has ended twice, the first one counts."""
        trial = line["trial"]
        match line["event"]:
            case "ended":
                self.ended.setdefault(trial, dict(line))
            case "lost":
                self.lost[trial] = self.lost.get(trial, 0) + 1
            case "winner":
                self.winners[trial] = dict(line)


@contextmanager
def collecting_later() -> Iterator[None]:
    """Within this context, garbage collection is off: for making many objects, none of which is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_journal(directory: Path) -> Log:
    """Read a journal, without a last line that is incomplete.

    Raises
    ------
    StorageError, FileFormatError
    """
    path, log = directory / FILE, Log()
    with storage_errors(f"read {path}"):
        try:
            lines = read_regular(path, _SIZE_LIMIT).split(b"\n")[:-1]
        except FileNotFoundError:
            return log
    results = {number: line for number, line in enumerate(lines, 1) if not line.startswith(_STARTED)}
    try:
        with collecting_later():  # parsing all lines together is four times as fast
            for line in parse_json(f"[{b','.join(results.values()).decode()}]"):
                log.take(line)
    except (ValueError, TypeError, KeyError):
        number = next((number for number, line in results.items() if not _is_line(line)), len(lines))
        raise FileFormatError(
            f"{path}: line {number} is not a line of a journal", hint="remove it: its trial is done again"
        ) from None
    return log


def _is_line(line: bytes) -> bool:
    try:
        Log().take(parse_json(line.decode()))
    except (ValueError, TypeError, KeyError):
        return False
    return True


class Journal:
    """A journal to write to.

    Each line is handed to the system before anything else happens, so that it outlives this process. A thread syncs
    lines to the disk; those that come while the disk is busy are synced together, so that a slow disk delays nothing.
    Trials whose lines are lost in a power failure are done again.
    """

    def __init__(self, directory: Path) -> None:
        self._path, self.log = directory / FILE, read_journal(directory)
        try:
            self._file: BinaryIO = self._path.open("a+b")
            self._drop_torn_line()
        except OSError as error:
            raise self._failed(error) from error
        self._written = self._on_disk = 0
        self._changed, self._closed = threading.Condition(), False
        self._error: OSError | None = None
        self._syncing = threading.Thread(target=self._sync_lines, daemon=True)
        self._syncing.start()

    def _failed(self, error: OSError) -> StorageError:
        return StorageError(f"can't write {self._path}: {error.strerror or error}")

    def _sync_lines(self) -> None:
        """Sync lines to the disk until the journal is closed."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._on_disk < self._written)
                if (written := self._written) == self._on_disk:
                    return
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._error = error
            with self._changed:
                self._on_disk = written
                self._changed.notify_all()

    def _drop_torn_line(self) -> None:
        """Remove an incomplete last line, so that the next line does not continue it."""
        self._file.seek(0)
        contents = self._file.read()
        self._file.truncate(contents.rfind(b"\n") + 1)

    def append(self, event: str, trial: str, **values: Any) -> None:
        """Write a line, and add it to the log.

        Raises
        ------
        StorageError
        """
        line = {"event": event, "trial": trial, **values}
        if self._error is not None:
            raise self._failed(self._error)
        try:
            self._file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from error
        with self._changed:
            self._written += 1
            self._changed.notify_all()
        self.log.take(line)

    def sync(self) -> None:
        """Wait until all lines are on the disk.

        Raises
        ------
        StorageError
        """
        with self._changed:
            self._changed.wait_for(lambda: self._on_disk == self._written)
        if self._error is not None:
            raise self._failed(self._error)

    def close(self) -> None:
        """Close the file once all lines are on the disk."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._syncing.join()
        self._file.close()
