"""Claims on run directories: only one process at a time trains in each.

A claim is a lock of the operating system (``flock``) on the directory itself. The system drops it when the process
ends, even when it is killed, so that no lock file stays behind. Windows and some network file systems have no such
locks; there, nothing is guarded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnzoo.errors import UsageError, storage_errors
from nnzoo.files.locks import lock


@contextmanager
def claim(path: Path) -> Iterator[None]:
    """Claim a run's directory for this process; a path that is not a directory can't be claimed and is let through.

    Raises
    ------
    UsageError
        When another process trains there.
    StorageError
        When the directory can't be opened.
    """
    with storage_errors(f"open {path}"):
        handle, taken = _claim(path)
    try:
        if taken:
            raise UsageError(f"another process is training in {path}", hint="wait until it has ended, or stop it")
        yield
    finally:
        if handle is not None:
            os.close(handle)


def is_claimed(path: Path) -> bool | None:
    """Whether a process trains in a directory; None where the system can't tell."""
    try:
        handle, taken = _claim(path)
    except OSError:
        return None
    if handle is None:
        return None
    os.close(handle)
    return taken


def _claim(path: Path) -> tuple[int | None, bool]:
    """A handle that holds the claim (None where locks don't exist), and whether another process has it."""
    if sys.platform == "win32":  # a directory can't be opened there
        return None, False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return None, False
    ours = lock(handle)
    if ours and _is_at(path, handle):
        return handle, False
    if ours is False:
        return handle, True
    os.close(handle)
    return _claim(path) if ours else (None, False)  # replaced meanwhile; or no locks, as for directories on NFS


def _is_at(path: Path, handle: int) -> bool:
    """Whether a path still leads to the directory that a handle is open on."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
