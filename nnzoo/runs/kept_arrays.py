"""Checkpoints for custom training loops: any arrays, the position, and the settings that the result depends on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, UsageError, storage_errors
from nnzoo.files.tensors import read_tensors, write_tensors


def save_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], position: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    """Write a checkpoint in one step: a kill at any time leaves the old one or the new one.

    Parameters
    ----------
    path : Path
        The file; its folder is made if it is missing.
    arrays : mapping of str to ndarray
        Everything that changes from step to step: parameters and state of networks, and of optimizers.
    position : mapping of str to JSON values
        How far training has come, such as ``{"step": 1200}``.
    settings : mapping of str to JSON values
        What the result depends on; `restore_arrays` refuses a checkpoint with other settings.

    Raises
    ------
    StorageError
        When it can't be written; the previous checkpoint is then still there.
    """
    with storage_errors(f"make the folder {path.parent}"):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, arrays, {"position": dict(position), "settings": dict(settings)})


def restore_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Fill the arrays from a checkpoint, in place; return None if there is no file yet.

    Returns
    -------
    dict or None
        The position that was saved.

    Raises
    ------
    UsageError
        When it was saved with other settings.
    FileFormatError
        When it is damaged, or has other arrays. No array is changed then.
    StorageError
        When it can't be read.
    """
    if not path.exists():
        return None
    file = read_tensors(path)
    try:
        position, saved = dict(file.description["position"]), dict(file.description["settings"])
    except (KeyError, TypeError, ValueError):
        raise FileFormatError(f"{path} is not a checkpoint that save_arrays wrote") from None
    now = json.loads(json.dumps(dict(settings)))
    for name in sorted(saved.keys() | now.keys()):
        if saved.get(name) != now.get(name):
            raise UsageError(
                f"{path} was saved with {name} = {saved.get(name)!r}, which is now {now.get(name)!r}",
                hint="use the saved settings, or write to another file",
            )
    there, wanted = ({name: (a.shape, a.dtype) for name, a in each.items()} for each in (file.tensors, arrays))
    if there != wanted:
        different = sorted({name for name, _ in there.items() ^ wanted.items()})
        raise FileFormatError(f"{path} has other arrays than this training: {', '.join(different)}")
    for name, array in arrays.items():
        array[...] = file.tensors[name]
    return position
