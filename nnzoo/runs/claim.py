"""One process at a time trains in a run's directory.

The system keeps the claim (``flock`` on the directory itself) and drops it when the process ends, however it ends:
there is no file that a killed training leaves behind. Windows and some network file systems have no such thing; nothing
is guarded there.
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
    """Keep a run's directory to this process; what is not a directory belongs to no process.

    Raises
    ------
    UsageError
        When a training goes on there.
    StorageError
        When the directory can't be opened.
    """
    with storage_errors(f"open {path}"):
        handle, taken = _claim(path)
    try:
        if taken:
            raise in_use(path)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def in_use(path: Path) -> UsageError:
    """The error for a directory in which a training goes on."""
    return UsageError(f"a training goes on in {path}, in another process", hint="wait until it has ended, or stop it")


def is_claimed(path: Path) -> bool | None:
    """Whether a training goes on in a directory; None where the system does not say."""
    try:
        handle, taken = _claim(path)
    except OSError:
        return None
    if handle is None:
        return None
    os.close(handle)
    return taken


def _claim(path: Path) -> tuple[int | None, bool]:
    """A handle that holds the claim, if there can be one, and whether another process holds it."""
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
    return _claim(path) if ours else (None, False)  # removed and made anew; or no such thing, as NFS for directories


def _is_at(path: Path, handle: int) -> bool:
    """Whether a path still leads to what a handle is open on."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
