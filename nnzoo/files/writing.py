"""Atomic writing, with any number of concurrent writers, which never follows a link.

A file is first written as a draft under a new, unpredictable name; it gets its own name once it is complete and synced.
The writer locks its draft. A draft without a lock was left by a killed process; the next writer in the same directory
removes it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nnzoo.errors import StorageError, UsageError
from nnzoo.files.locks import lock
from nnzoo.files.place import go_back

DRAFT = r"\.nnzoo-[0-9a-f]{16}\.part"
"""The names of drafts, as a regular expression."""
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL)
"""Errors of file systems without hard links, or with no more of them to give."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
"""Makes `os.open` refuse a link; not available on Windows."""


def is_draft(name: str) -> bool:
    """Whether a file of this name is a draft.

    >>> is_draft(".nnzoo-0123456789abcdef.part"), is_draft("run.json")
    (True, False)
    """
    return bool(re.fullmatch(DRAFT, name))


def write_whole(path: Path, data: bytes) -> None:
    """Replace the contents of a file atomically, and sync them to the disk.

    Raises
    ------
    StorageError
        When it can't be written; the file then has its old contents or the new ones.
    """
    write_all({path: data})


def write_all(contents: Mapping[Path, bytes], *, replace: bool = True) -> None:
    """Write all files or none: every draft is complete before the first is renamed.

    The one exception: existing files are replaced one by one, and a rename may fail after another has succeeded.

    Parameters
    ----------
    contents : mapping of Path to bytes
        The contents of each file.
    replace : bool
        Whether existing files are replaced.

    Raises
    ------
    UsageError
        When a file exists and must not be replaced.
    StorageError
        When one can't be written.
    """
    go_back()
    path, new = next(iter(contents)), list[Path]()
    try:
        with ExitStack() as opened:
            drafts = {}
            for path, data in contents.items():
                drafts[path] = opened.enter_context(_draft(path))
                drafts[path].file.write(data)
                drafts[path].complete()
            for path, draft in drafts.items():
                is_new = not os.path.lexists(path)
                _name(draft.path, path, replace=replace)
                new += [path] if is_new else []
        for folder in dict.fromkeys(path.parent for path in contents):
            _settle(folder)
    except BaseException as error:  # Ctrl-C too
        for leftover in new if len(contents) > 1 or not replace else []:
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError(f"can't write {path}: {error.strerror or error}") from error
        raise


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Within this context a file is written piece by piece; it replaces the one at ``path`` if the block succeeds.

    Raises
    ------
    OSError
        When it can't be written; nothing has changed then.
    """
    go_back()
    with _draft(path) as draft:
        yield draft.file
        draft.complete()
        _name(draft.path, path, replace=True)
    _settle(path.parent)


@dataclass(frozen=True)
class _Draft:
    path: Path
    file: BinaryIO

    def complete(self) -> None:
        """Sync it to the disk, and close it."""
        with self.file:
            self.file.flush()
            os.fsync(self.file.fileno())


@contextmanager
def _draft(target: Path) -> Iterator[_Draft]:
    """A draft in the target's folder, removed afterwards unless it was renamed."""
    if target.exists() and not target.is_file():  # /dev/null, for example, must not become a file
        raise OSError("it exists and is not a regular file")
    draft, held = _new_draft(target.parent)
    try:
        with draft.file:
            yield draft
    finally:
        if os.path.lexists(draft.path):
            with suppress(OSError):
                draft.path.unlink()
        if held is not None:
            os.close(held)


def _new_draft(folder: Path) -> tuple[_Draft, int | None]:
    """A new draft, and a handle that holds a lock on it; None if the system has no locks."""
    while True:
        path = folder / f".nnzoo-{secrets.token_hex(8)}.part"
        file = path.open("xb")  # fails if the name exists, even as a link
        held = os.dup(file.fileno())
        ours = lock(held)
        if ours and path.exists():
            return _Draft(path, file), held
        os.close(held)
        if ours is None:
            return _Draft(path, file), None
        file.close()  # another process removed it as dead before it was locked


def _name(draft: Path, path: Path, *, replace: bool) -> None:
    """Rename a draft to its final name."""
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except OSError as error:
        if os.path.lexists(path):
            raise UsageError(f"{path} already exists", hint="choose another path, or remove it first") from None
        if error.errno not in _NO_HARD_LINKS:
            raise
        draft.rename(path)


def _settle(folder: Path) -> None:
    """Sync the names in a folder to the disk, and remove dead drafts."""
    sync_directory(folder)
    remove_dead_drafts(folder)


def remove_dead_drafts(folder: Path) -> None:
    """Remove the drafts that killed processes left in a folder, if the system supports locks."""
    with suppress(OSError):
        for name in filter(is_draft, os.listdir(folder)):  # noqa: PTH208 (names are enough)
            with suppress(OSError):
                _remove_if_dead(folder / name)


def _remove_if_dead(draft: Path) -> None:
    handle = os.open(draft, os.O_RDWR | _NO_FOLLOW)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode) and lock(handle):
            draft.unlink()
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """Sync the names in a directory to the disk, if the system supports it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not supported by some network file systems
            raise
    finally:
        os.close(handle)
