"""Write a new file or folder, completely or not at all, without overwriting anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from nnzoo.errors import UsageError, storage_errors
from nnzoo.files.writing import write_all


def write_new(target: Path, contents: str | Mapping[str, str] | Mapping[str, str | bytes]) -> None:
    """Write a file, or a folder of files by their paths in it.

    A folder is first written under another name in the same directory, and renamed when it is complete.

    Raises
    ------
    UsageError
        When the target exists already, or its directory does not.
    StorageError
        When it can't be written; nothing is left behind then.
    """
    with storage_errors(f"write {target}"):
        _require_free(target)
        if isinstance(contents, str):
            write_all({target: contents.encode()}, replace=False)
            return
        with TemporaryDirectory(prefix=".nnzoo-", dir=target.parent) as temporary:
            draft = Path(temporary) / target.name
            for path, text in contents.items():
                (draft / path).parent.mkdir(parents=True, exist_ok=True)
                (draft / path).write_bytes(text.encode() if isinstance(text, str) else text)
            _require_free(target)
            draft.rename(target)


def _require_free(target: Path) -> None:
    if os.path.lexists(target):
        raise UsageError(f"{target} already exists", hint="nothing is ever overwritten: use another name or directory")
    if not target.parent.is_dir():
        raise UsageError(f"there is no directory {target.parent}", hint="make it first, or use another")
