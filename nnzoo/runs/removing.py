"""Remove runs: their own files, and nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nnzoo.errors import NnzooError, StorageError, UsageError, storage_errors
from nnzoo.files.writing import DRAFT
from nnzoo.plugins.registry import Registry
from nnzoo.runs.claim import claim
from nnzoo.runs.directory import RUN_FILES, RunDirectory, files_of_observers, is_leftover
from nnzoo.runs.record import RunRecord, read_record
from nnzoo.training.measures import PARTS

_DRAWN = {
    *("loss", "learning-rate", "weights", "first-layer", "architecture", "confusion", "mistakes", "predictions"),
    *("predicted", "labels", "importance"),
}
"""The drawings that ``nnzoo train --plot`` writes into a run's folder ``figs``, besides one for each metric."""


def remove_run(path: Path, registry: Registry | None = None, *, keep_others: bool = False) -> list[Path]:
    """Remove a run's files, those of its observers included, and its directory if nothing else is in it.

    Foreign files are an error; with ``keep_others``, they and the directory stay, and are returned. Files of an
    observer that is not installed count as foreign.

    Raises
    ------
    UsageError, FileFormatError, StorageError
    """
    with _claimed(path):
        others = _others(path, registry, keep_others)
        try:
            # The record goes last: until then, the directory is still recognized as a run.
            for file in sorted(path.iterdir(), key=lambda file: file.name == "run.json"):
                if file not in others:
                    _remove(file)
            if not others:
                path.rmdir()
        except OSError as error:
            raise StorageError(f"can't remove {error.filename or path}: {error.strerror or error}") from error
    return others


def require_removable(path: Path, registry: Registry | None = None, *, keep_others: bool = False) -> list[Path]:
    """Refuse a directory that is not a run, or has foreign files; with ``keep_others``, return those instead.

    Links are never followed, and always count as foreign.

    Raises
    ------
    UsageError, FileFormatError, StorageError
    """
    with _claimed(path):
        return _others(path, registry, keep_others)


@contextmanager
def _claimed(path: Path) -> Iterator[None]:
    if path.is_symlink():
        raise UsageError(f"{path} is a link, not a run", hint=f"remove what it leads to: {os.path.realpath(path)}")
    with claim(path):
        yield


def _others(path: Path, registry: Registry | None, keep_others: bool) -> list[Path]:
    """The foreign files in a claimed directory; an error unless they are to be kept."""
    if _has_only_leftovers(path):
        return []
    record = read_record(path)
    drawn = rf"\.?({'|'.join(map(re.escape, _DRAWN | _metrics(path, record)))})\.(png|svg|pdf)(\.part)?|{DRAFT}"
    known = re.compile("|".join([RUN_FILES, f"figs/({drawn})", *files_of_observers(record, registry)]))
    with storage_errors(f"read {path}"):
        others = sorted(file for file in path.iterdir() if not _is_ours(file, known))
    if path / "run.json" in others:
        raise UsageError(f"{path} is not a run: its run.json is a link")
    if others and not keep_others:
        raise UsageError(
            f"{path} has files that are not the run's: {', '.join(file.name for file in others)}",
            hint="move them away, or remove only the run's files: in Python, keep_others=True; in a command, --force",
        )
    return others


def _has_only_leftovers(path: Path) -> bool:
    """Whether a directory has only drafts of a process that was killed before it wrote a record."""
    with suppress(OSError):
        files = list(path.iterdir())
        return bool(files) and all(map(is_leftover, files))
    return False


def _metrics(path: Path, record: RunRecord) -> set[str]:
    """The names of the figures that were measured, each of which may have a drawing."""
    lines: list[dict[str, Any]] = [record.measured]
    with suppress(NnzooError):
        lines += RunDirectory(path).read_metrics()
    return {name.partition("_")[2] for line in lines for name in line if name.partition("_")[0] in PARTS}


def _is_ours(path: Path, known: re.Pattern[str]) -> bool:
    """Whether it is a run's file, or a folder that has only files of the run."""
    if path.is_symlink():
        return False
    if path.is_dir():
        files = list(path.iterdir())
        return (bool(files) or path.name == "figs") and all(
            known.fullmatch(f"{path.name}/{file.name}") and file.is_file() and not file.is_symlink() for file in files
        )
    return is_leftover(path) or (bool(known.fullmatch(path.name)) and path.is_file())


def _remove(path: Path) -> None:
    """Remove a file, or a folder of files."""
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    else:
        path.unlink()
