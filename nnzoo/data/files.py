"""A user's own files: found, or an error that says where they were looked for and what is near."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

from nnzoo.errors import StorageError, UsageError, did_you_mean

_MOST_NEIGHBOURS = 10_000


def own_file(path: str) -> Path:
    """A regular file that the user named; never a pipe or a device, which might have no end.

    Raises
    ------
    UsageError
        When there is no such file.
    """
    found = _existing(path, "file")
    if not found.is_file():
        what = "a folder" if found.is_dir() else "a pipe or a device, not a file"
        raise UsageError(f"{found} is {what}")
    return found


def own_folder(path: str) -> Path:
    """A folder that the user named.

    Raises
    ------
    UsageError
        When there is no such folder.
    """
    found = _existing(path, "folder")
    if not found.is_dir():
        raise UsageError(f"{found} is not a folder")
    return found


def expanded(path: str) -> Path:
    """The path, with ``~`` for the user's home folder: a shell leaves the one in ``csv:path=~/table.csv`` alone."""
    with suppress(RuntimeError):  # no user of that name has a home: it may be a file's own name
        return Path(path).expanduser()
    return Path(path)


def unreadable(path: Path, error: OSError) -> StorageError:
    """The error for a file or folder that can't be read."""
    return StorageError(f"can't read {path}: {error.strerror or error}")


def _existing(path: str, kind: str) -> Path:
    named = expanded(path)
    try:
        if named.exists():
            return named
        absolute = named.absolute()
    except OSError as error:  # the name is too long, or the working directory gone
        raise unreadable(named, error) from error
    raise UsageError(f"there is no {kind} {named}", hint=f"{_near(named)}looked for {absolute}")


def _near(named: Path) -> str:
    """``"did you mean iris.csv? "`` where something of a similar name lies beside it."""
    try:
        neighbours = [path.name for path in islice(named.parent.iterdir(), _MOST_NEIGHBOURS)]
    except OSError:
        return f"there is no folder {named.parent} either; "
    return did_you_mean(named.name, neighbours)
