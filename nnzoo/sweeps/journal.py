"""The journal of a sweep: one line when a trial starts, one when it has ended; lines are only ever appended."""

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

from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.reading import read_regular
from nnzoo.files.strict_json import parse_json

FILE = "journal.jsonl"
_STARTED = b'{"event": "started", '
"""How a line begins that says nothing of results."""
_SIZE_LIMIT = 1 << 32


@dataclass
class Log:
    """What a journal says.

    Attributes
    ----------
    ended : dict
        The line of each trial that has ended, by its id.
    lost : dict
        How many workers have died over a trial, by its id.
    winners : dict
        The line of each winner that was trained and measured on test data, by its trial's id.
    """

    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    winners: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, line: Mapping[str, Any]) -> None:
        """Take in one line; where a trial has ended twice, the first one counts."""
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
    """Make many small objects, none of which is garbage, without looking through all of them time and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_journal(directory: Path) -> Log:
    """What has happened; a last line that was cut off did not.

    Raises
    ------
    StorageError, FileFormatError
    """
    path, log = directory / FILE, Log()
    try:
        lines = read_regular(path, _SIZE_LIMIT).split(b"\n")[:-1]
    except FileNotFoundError:
        return log
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    telling = {number: line for number, line in enumerate(lines, 1) if not line.startswith(_STARTED)}
    try:
        with collecting_later():  # and all lines at once, which is four times as fast
            for line in parse_json(f"[{b','.join(telling.values()).decode()}]"):
                log.take(line)
    except (ValueError, TypeError, KeyError):
        number = next((number for number, line in telling.items() if not _is_line(line)), len(lines))
        raise FileFormatError(
            f"{path}: line {number} is not one of a journal's", hint="remove that line: its trial is done again"
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

    Each line is in the file before anything else happens, where no end of this process can take it back. It is on the
    disk a moment later: lines that come while the disk is busy go there together, so that a slow disk keeps nothing
    waiting. What a failing power supply takes of them is done again.
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
        """Have the system put lines on the disk, until the journal is closed."""
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
        """Remove what a kill has left of a line, so that the next one does not continue it."""
        self._file.seek(0)
        contents = self._file.read()
        self._file.truncate(contents.rfind(b"\n") + 1)

    def append(self, event: str, trial: str, **values: Any) -> None:
        """Write a line, and take it in.

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
        """Close the file, when all lines are on the disk."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._syncing.join()
        self._file.close()
