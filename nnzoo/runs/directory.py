"""`RunDirectory`: the files of a run."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, final

from nnzoo.errors import FileFormatError, UsageError, storage_errors
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
"""The largest ``metrics.jsonl`` that is read, in bytes."""
_PLAIN = re.compile(r"(\w[\w.-]*/)?\w[\w.*-]*")
"""``name`` or ``folder/name``, and nothing that leads out of the run's directory."""


@final
class RunDirectory:
    """The directory of one run: ``run.json``, ``metrics.jsonl``, ``checkpoint.safetensors``, ``model.safetensors``.

    A run that started from a trained network also has a copy of its model file, ``start.safetensors``.

    Make a new one with `create`, which refuses a directory that is not empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Its path."""
        go_back()
        return self._path

    @classmethod
    def create(cls, path: Path | None, name: str) -> Self:
        """Make the directory at ``path``, or at ``runs/<time>-<name>`` if ``path`` is None.

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
            with storage_errors(f"make directory {path}"):
                path.mkdir(parents=True, exist_ok=True)
            return cls(path)
        return cls(new_directory(Path("runs"), name))

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
        """The network that the run started from, if any."""
        return self.path / "start.safetensors"

    def write_record(self, record: RunRecord) -> None:
        """Replace ``run.json`` in one step."""
        write_whole(self.path / "run.json", record.to_json().encode())

    def read_metrics(self, epochs: int | None = None) -> list[dict[str, Any]]:
        """The figures of every epoch, or of the first ``epochs``, without a last line that is incomplete.

        Raises
        ------
        StorageError, FileFormatError
        """
        path = self.path / "metrics.jsonl"
        with storage_errors(f"read {path}"):
            lines = read_regular(path, _METRICS_LIMIT).split(b"\n")[:-1] if path.exists() else []
        try:
            history = [parse_json(line.decode()) for line in lines[:epochs]]
        except ValueError as error:
            raise FileFormatError(f"{path} has a line that is not JSON: {error}") from None
        for epoch, line in enumerate(history, 1):
            if not _is_epoch(line, epoch):
                raise FileFormatError(f"{path} is damaged: line {epoch} does not have the figures of epoch {epoch}")
        return history

    def keep_metrics(self, epochs: int) -> list[dict[str, Any]]:
        """Keep the figures of the first ``epochs`` and drop the rest, which a resumed run computes again."""
        history = self.read_metrics(epochs)
        path = self.path / "metrics.jsonl"
        if len(history) < epochs:
            raise FileFormatError(f"{path} has {len(history)} epochs, the checkpoint {epochs}")
        if history or os.path.lexists(path):  # appending would follow a link
            write_whole(path, "".join(json.dumps(line, allow_nan=False) + "\n" for line in history).encode())
        return history

    def append_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Add a line to ``metrics.jsonl`` and sync it to the disk, since a checkpoint relies on it."""
        path = self.path / "metrics.jsonl"
        with storage_errors(f"write {path}"), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(metrics, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _is_epoch(line: Any, epoch: int) -> bool:
    """Whether a line of ``metrics.jsonl`` has the form that `EpochMetrics` gives to this epoch."""
    if not isinstance(line, dict) or not {"epoch", "learning_rate", "train_loss", "seconds"} <= line.keys():
        return False
    numbers = all(value is None or type(value) in (int, float) for value in line.values())
    return numbers and line["epoch"] == epoch and None not in (line["learning_rate"], line["seconds"])


def is_leftover(path: Path) -> bool:
    """Whether a file is a draft that a killed process left in a run's directory."""
    has_drafts_name = is_draft(path.name) or _DRAFT_OF_0_1.fullmatch(path.name) is not None
    return has_drafts_name and path.is_file() and not path.is_symlink()


def require_free(path: Path) -> None:
    """Refuse a path where no new run can be written; leftovers of a killed process don't count.

    Call it before anything costly is done, and again once the directory is claimed.

    Raises
    ------
    UsageError
        When it exists and is not an empty directory.
    StorageError
        When it can't be listed.
    """
    with storage_errors(f"write {path}"):
        if os.path.lexists(path) and not path.is_dir():
            raise UsageError(f"run directory {path} is a file", hint="name another")
        if path.is_dir() and not all(is_leftover(file) for file in path.iterdir()):
            raise UsageError(f"run directory {path} is not empty", hint="a run is never overwritten: name another")


def new_directory(folder: Path, name: str) -> Path:
    """Make ``<time>-<name>`` in a folder, with a number appended if it exists already.

    Raises
    ------
    StorageError
    """
    stem = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
    path, number = stem, 1
    while True:
        with storage_errors(f"make directory {path}"), suppress(FileExistsError):
            path.mkdir(parents=True)
            return path
        number += 1
        path = stem.with_name(f"{stem.name}-{number}")


def files_of_observers(record: RunRecord, registry: Registry | None = None) -> list[str]:
    """The files that a run's observers keep, as regular expressions for ``name`` or ``folder/name``.

    The names come from the observers, as the record is untrusted. The files of an observer that is not installed
    or fails are not known.
    """
    patterns: list[str] = []
    for stored in record.observers:
        with suppress(Exception):  # a plugin may raise anything; its files are then reported as foreign, and kept
            registry = registry or Registry()
            observer = build_stored(registry, "observer", stored, "the run")
            patterns += kept_files(observer) if isinstance(observer, FilesObserver) else []
    return patterns


def kept_files(observer: FilesObserver) -> list[str]:
    r"""The files that one observer keeps, as regular expressions; names that are not plain are left out.

    >>> from nnzoo.builtin.observers import Log
    >>> kept_files(Log("epochs.csv")), kept_files(Log("../epochs.csv"))
    (['epochs\\.csv'], [])
    """
    names = [name for name in observer.files() if _PLAIN.fullmatch(name)]
    return [re.escape(name).replace(r"\*", "[^/]*") for name in names]
