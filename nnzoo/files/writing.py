"""Files are written whole or not at all, however many programs write at once, and no link is followed.

A file is a draft first, under a new name that can't be guessed, and gets its own name once it is complete and on the
disk. Its writer holds a lock on it: a draft without one is what a killed process has left, and the next to write in the
same directory next removes it.
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
"""What drafts are called, as a regular expression."""
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL)
"""What file systems say that have none, or no more."""
_NOT_THROUGH_LINKS = getattr(os, "O_NOFOLLOW", 0)
"""For `os.open`: what is a link is an error. Windows has no such thing."""


def is_draft(name: str) -> bool:
    """Whether a file of this name is one that was being written.

    >>> is_draft(".nnzoo-0123456789abcdef.part"), is_draft("run.json")
    (True, False)
    """
    return bool(re.fullmatch(DRAFT, name))


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file by other contents in one step, and see that they have reached the disk.

    Raises
    ------
    StorageError
        When it can't be written; the file is still whole then, the old one or the new.
    """
    write_all({path: data})


def write_all(contents: Mapping[Path, bytes], *, replace: bool = True) -> None:
    """Write every file, or none: each is complete, under another name, before the first gets its own.

    Where files are replaced, one case is left: that the first can be renamed and the second, beside it, can't.

    Parameters
    ----------
    contents : mapping of Path to bytes
        What each file is to hold.
    replace : bool
        Whether a file that is there is replaced.

    Raises
    ------
    UsageError
        When there is something already, and it is not to be replaced.
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
    """A file to write to, piece by piece; where the block ends without an error, it replaces the one at the path.

    Raises
    ------
    OSError
        When it can't be written; nothing is changed then.
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
        """See that it has reached the disk."""
        with self.file:
            self.file.flush()
            os.fsync(self.file.fileno())


@contextmanager
def _draft(target: Path) -> Iterator[_Draft]:
    """A draft in the target's folder; it is gone afterwards unless it was renamed."""
    if target.exists() and not target.is_file():  # /dev/null, say, must not become a file
        raise OSError("what is there is no file")
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
    """A new file, and a handle that holds a lock on it where there can be one."""
    while True:
        path = folder / f".nnzoo-{secrets.token_hex(8)}.part"
        file = path.open("xb")  # a new one: were there a link of that name, this would fail
        held = os.dup(file.fileno())
        ours = lock(held)
        if ours and path.exists():
            return _Draft(path, file), held
        os.close(held)
        if ours is None:
            return _Draft(path, file), None
        file.close()  # another process took it for a dead one, before it was locked


def _name(draft: Path, path: Path, *, replace: bool) -> None:
    """Give a draft its name."""
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
    """See that the names in a folder have reached the disk, and that no dead draft stays there."""
    sync_directory(folder)
    remove_dead_drafts(folder)


def remove_dead_drafts(folder: Path) -> None:
    """Remove the drafts that killed processes have left in a folder, where the system can tell which these are."""
    with suppress(OSError):
        for name in filter(is_draft, os.listdir(folder)):  # noqa: PTH208 (names are enough)
            with suppress(OSError):
                _remove_if_dead(folder / name)


def _remove_if_dead(draft: Path) -> None:
    handle = os.open(draft, os.O_RDWR | _NOT_THROUGH_LINKS)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode) and lock(handle):
            draft.unlink()
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """See that the names in a directory have reached the disk; not every system can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems know no such thing
            raise
    finally:
        os.close(handle)
