"""Take runs away: their own files, and nothing else."""

from __future__ import annotations

import os
import re
from contextlib import suppress
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
"""The figures that ``nnzoo train --plot`` leaves in a run's folder ``figs``, besides one for each metric."""


def remove_run(path: Path, registry: Registry | None = None, *, keep_others: bool = False) -> list[Path]:
    """Remove a run's own files, those of its observers too, and its directory if nothing else is in it.

    Parameters
    ----------
    path : Path
        What `require_removable` has agreed to.
    registry : Registry, optional
        Where its observers are looked up; the files of one that is not installed are not known for the run's.
    keep_others : bool
        Where there are other files, leave these and the directory.

    Returns
    -------
    list of Path
        What was left.

    Raises
    ------
    UsageError, FileFormatError, StorageError
    """
    _require_no_link(path)
    with claim(path):
        others = _others(path, registry, keep_others)
        try:
            # The record goes last: until then what is left is known for a run.
            for file in sorted(path.iterdir(), key=lambda file: file.name == "run.json"):
                if file not in others:
                    _remove(file)
            if not others:
                path.rmdir()
        except OSError as error:
            raise StorageError(f"can't remove {error.filename or path}: {error.strerror or error}") from error
    return others


def require_removable(path: Path, registry: Registry | None = None, *, keep_others: bool = False) -> list[Path]:
    """Refuse what is not a run, or has files that no run has; returns the latter where they are to be kept.

    A link is never followed, and never a run's own.

    Raises
    ------
    UsageError, FileFormatError, StorageError
    """
    _require_no_link(path)
    with claim(path):
        return _others(path, registry, keep_others)


def _require_no_link(path: Path) -> None:
    if path.is_symlink():
        raise UsageError(f"{path} is a link, not a run", hint=f"remove what it leads to: {os.path.realpath(path)}")


def _others(path: Path, registry: Registry | None, keep_others: bool) -> list[Path]:
    """The files in a claimed directory that are not the run's, which must be agreed to."""
    if _never_began(path):
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
            f"{path} holds what is not a run's: {', '.join(file.name for file in others)}",
            hint="move it away, or have the run's own files go while it stays: in Python, keep_others=True; "
            "in a command, --force",
        )
    return others


def _never_began(path: Path) -> bool:
    """Whether there is nothing but what a training leaves that is killed before its record is there."""
    with suppress(OSError):
        found = [is_leftover(file) for file in path.iterdir()]
        return bool(found) and all(found)
    return False


def _metrics(path: Path, record: RunRecord) -> set[str]:
    """The figures that were measured, which have a drawing each."""
    lines: list[dict[str, Any]] = [record.measured]
    with suppress(NnzooError):
        lines += RunDirectory(path).read_metrics()
    return {name.partition("_")[2] for line in lines for name in line if name.partition("_")[0] in PARTS}


def _is_ours(path: Path, known: re.Pattern[str]) -> bool:
    """Whether it is a run's file, or a folder of such with nothing else in it."""
    if path.is_symlink():
        return False
    if path.is_dir():
        files = list(path.iterdir())
        return (bool(files) or path.name == "figs") and all(
            known.fullmatch(f"{path.name}/{file.name}") and file.is_file() and not file.is_symlink() for file in files
        )
    return is_leftover(path) or (bool(known.fullmatch(path.name)) and path.is_file())


def _remove(path: Path) -> None:
    """Remove what `_is_ours` agreed to."""
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    else:
        path.unlink()
