"""`RunDirectory`: where a run's files lie."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, final

from nnzoo.errors import FileFormatError, StorageError, UsageError, storage_errors
from nnzoo.files.place import go_back
from nnzoo.files.reading import read_regular
from nnzoo.files.strict_json import parse_json
from nnzoo.files.writing import is_draft, write_whole
from nnzoo.kinds import FilesObserver
from nnzoo.model.model_file import MODEL_FILE
from nnzoo.model.stored import build_stored
from nnzoo.plugins.registry import Registry
from nnzoo.runs.record import RunRecord

RUN_FILES = r"(run\.json|metrics\.jsonl|checkpoint\.safetensors|model\.safetensors|start\.safetensors|report\.html)"
_DRAFT_OF_0_1 = re.compile(rf"\.{RUN_FILES}\.part")
_METRICS_LIMIT = 1 << 28
"""Bytes of figures that are read."""

_PLAIN = re.compile(r"(\w[\w.-]*/)?\w[\w.*-]*")
"""A name, or one in a folder, in which nothing leads elsewhere."""


@final
class RunDirectory:
    """The directory of one run: ``run.json``, ``metrics.jsonl``, ``checkpoint.safetensors``, ``model.safetensors``.

    One that started from a trained network has a copy of its file, ``start.safetensors``, and needs nothing else.

    Use `create`: a directory that holds anything is never written to by another run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where it is."""
        go_back()
        return self._path

    @classmethod
    def create(cls, path: Path | None, name: str) -> Self:
        """Make the directory at ``path``, or at ``runs/<time>-<name>`` where that is None.

        Raises
        ------
        UsageError
            When it exists and is not empty.
        StorageError
            When it can't be made.
        """
        go_back()
        if path is not None:
            require_free(path)
            _make(path, may_exist=True)
            return cls(path)
        stem = Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
        attempts = (stem if number == 1 else stem.with_name(f"{stem.name}-{number}") for number in range(1, 1000))
        return cls(next(attempt for attempt in attempts if _make(attempt, may_exist=False)))

    @property
    def model_file(self) -> Path:
        """The trained network."""
        return self.path / MODEL_FILE

    @property
    def checkpoint(self) -> Path:
        """``checkpoint.safetensors``."""
        return self.path / "checkpoint.safetensors"

    @property
    def start_file(self) -> Path:
        """The network that the run started from, where there is one."""
        return self.path / "start.safetensors"

    def write_record(self, record: RunRecord) -> None:
        """Replace ``run.json``, in one step."""
        write_whole(self.path / "run.json", record.to_json().encode())

    def read_metrics(self, epochs: int | None = None) -> list[dict[str, Any]]:
        """The figures of every epoch, or of the first so many; a line that was not written to its end is left out.

        Raises
        ------
        StorageError, FileFormatError
        """
        path = self.path / "metrics.jsonl"
        try:
            lines = read_regular(path, _METRICS_LIMIT).split(b"\n")[:-1] if path.exists() else []
            found = [parse_json(line.decode()) for line in lines[:epochs]]
        except OSError as error:
            raise StorageError(f"can't read {path}: {error.strerror or error}") from error
        except FileFormatError:
            raise
        except ValueError as error:
            raise FileFormatError(f"{path} has a line that is not JSON: {error}") from None
        for epoch, line in enumerate(found, 1):
            if not _is_epoch(line, epoch):
                raise FileFormatError(f"{path} is damaged: line {epoch} does not have the figures of epoch {epoch}")
        return found

    def keep_metrics(self, epochs: int) -> list[dict[str, Any]]:
        """Drop the figures of later epochs than these, which a resumed training is going to make again."""
        kept = self.read_metrics(epochs)
        if len(kept) < epochs:
            raise FileFormatError(f"{self.path / 'metrics.jsonl'} has {len(kept)} epochs, the checkpoint {epochs}")
        if kept or os.path.lexists(self.path / "metrics.jsonl"):  # a link would be written through
            text = "".join(json.dumps(line, allow_nan=False) + "\n" for line in kept)
            write_whole(self.path / "metrics.jsonl", text.encode())
        return kept

    def append_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Add a line to ``metrics.jsonl``, and see that it has reached the disk: a checkpoint counts on it."""
        path = self.path / "metrics.jsonl"
        with storage_errors(f"write {path}"), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(metrics, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _is_epoch(line: Any, epoch: int) -> bool:
    """Whether a line of ``metrics.jsonl`` is what `EpochMetrics` makes of that epoch."""
    if not isinstance(line, dict) or not {"epoch", "learning_rate", "train_loss", "seconds"} <= line.keys():
        return False
    numbers = all(value is None or type(value) in (int, float) for value in line.values())
    return numbers and line["epoch"] == epoch and None not in (line["learning_rate"], line["seconds"])


def is_leftover(path: Path) -> bool:
    """Whether it is what a process has left that was killed while it wrote to a run's directory."""
    names = is_draft(path.name) or _DRAFT_OF_0_1.fullmatch(path.name)
    return bool(names) and path.is_file() and not path.is_symlink()


def require_free(path: Path) -> None:
    """Refuse a run directory that can't be a new one; what a killed process has left there is nothing.

    For a look before anything costly is done, and for another once the directory is claimed.

    Raises
    ------
    UsageError
        When it exists and is not an empty directory.
    StorageError
        When it can't be looked into.
    """
    with storage_errors(f"write {path}"):
        if os.path.lexists(path) and not path.is_dir():
            raise UsageError(f"run directory {path} is a file", hint="name another")
        if path.is_dir() and not all(is_leftover(file) for file in path.iterdir()):
            raise UsageError(f"run directory {path} is not empty", hint="a run is never overwritten: name another")


def _make(path: Path, *, may_exist: bool) -> bool:
    """Make a directory; False where there is one already and that is not an error."""
    try:
        path.mkdir(parents=True, exist_ok=may_exist)
    except FileExistsError:
        return False
    except OSError as error:
        raise StorageError(f"can't make run directory {path}: {error.strerror or error}") from error
    return True


def files_of_observers(record: RunRecord, registry: Registry | None = None) -> list[str]:
    """The files that a run's observers say they keep, as regular expressions of ``name`` or ``folder/name``.

    The observers are asked, not the record: it is untrusted, and can only choose among what they would
    write. The files of one that is not installed, or can't say, are not known.
    """
    found: list[str] = []
    for stored in record.observers:
        with suppress(Exception):  # what a plugin may raise; its files are then reported as foreign, and kept
            registry = registry or Registry()
            observer = build_stored(registry, "observer", stored, "the run")
            found += kept_files(observer) if isinstance(observer, FilesObserver) else []
    return found


def kept_files(observer: FilesObserver) -> list[str]:
    r"""The same for one observer; what is not a plain name is left out.

    >>> from nnzoo.builtin.observers import Log
    >>> kept_files(Log("epochs.csv")), kept_files(Log("../epochs.csv"))
    (['epochs\\.csv'], [])
    """
    names = [name for name in observer.files() if _PLAIN.fullmatch(name)]
    return [re.escape(name).replace(r"\*", "[^/]*") for name in names]
