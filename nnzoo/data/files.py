"""A user's own files: found, or an error that says where they were looked for."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from nnzoo.api import StorageError, UsageError


def own_file(path: str) -> Path:
    """A file that the user named.

    Raises
    ------
    UsageError
        When there is no such file.
    """
    found = _existing(path)
    if not found.is_file():
        raise UsageError(f"{found} is not a file")
    return found


def own_folder(path: str) -> Path:
    """A folder that the user named.

    Raises
    ------
    UsageError
        When there is no such folder.
    """
    found = _existing(path)
    if not found.is_dir():
        raise UsageError(f"{found} is not a folder")
    return found


def unreadable(path: Path, error: OSError) -> StorageError:
    """The error for a file or folder that can't be read."""
    return StorageError(f"can't read {path}: {error.strerror or error}")


def _existing(path: str) -> Path:
    named = Path(path)
    with suppress(RuntimeError):  # nobody of that name has a home: it may be a file's own name
        named = named.expanduser()  # a shell leaves the ~ in csv:path=~/table.csv alone
    try:
        if named.exists():
            return named
        absolute = named.absolute()
    except OSError as error:  # the name is too long, or the working directory gone
        raise unreadable(named, error) from error
    raise UsageError(f"{named} does not exist", hint=f"looked for {absolute}")
