"""Find a user's files, or raise an error with the searched path and similar names."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

from nnzoo.errors import StorageError, UsageError, did_you_mean

_MOST_NEIGHBOURS = 10_000


def own_file(path: str) -> Path:
    """A regular file that the user named; UsageError if there is none.

    Pipes and devices, which may have no end, are refused.
    """
    file = _existing(path, "file")
    if not file.is_file():
        raise UsageError(f"{file} is {'a folder' if file.is_dir() else 'a pipe or a device, not a file'}")
    return file


def own_folder(path: str) -> Path:
    """A folder that the user named; UsageError if there is none."""
    folder = _existing(path, "folder")
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    return folder


def expanded(path: str) -> Path:
    """The path with ``~`` expanded to the home folder, which a shell does not do in ``csv:path=~/table.csv``."""
    with suppress(RuntimeError):  # no such user: the ~ may be part of a file name
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
    """``"did you mean iris.csv? "`` if the folder contains a similar name."""
    try:
        neighbours = [path.name for path in islice(named.parent.iterdir(), _MOST_NEIGHBOURS)]
    except OSError:
        return f"there is no folder {named.parent} either; "
    return did_you_mean(named.name, neighbours)
