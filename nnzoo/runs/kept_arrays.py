"""The checkpoint of a training of one's own: any arrays, where it stands, and the settings that it depends on."""

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
    """Write a checkpoint: there is the old one or the new one, whole, whatever happens.

    Parameters
    ----------
    path : Path
        Its folder is made where there is none.
    arrays : mapping of str to ndarray
        All that changes from step to step: parameters and state of networks, and what optimizers remember.
    position : mapping of str to JSON values
        Where the training stands, such as ``{"step": 1200}``.
    settings : mapping of str to JSON values
        What it depends on; `restore_arrays` refuses others.

    Raises
    ------
    StorageError
        When it can't be written; the checkpoint before it is still there then.
    """
    with storage_errors(f"make the folder {path.parent}"):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, arrays, {"position": dict(position), "settings": dict(settings)})


def restore_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Fill the arrays, in place, from a checkpoint; None where there is no file yet.

    Returns
    -------
    dict
        The position that it was saved with.

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
                hint="go on with the settings that it was saved with, or write to another place",
            )
    found, wanted = ({name: (a.shape, a.dtype) for name, a in each.items()} for each in (file.tensors, arrays))
    if found != wanted:
        different = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
        raise FileFormatError(f"{path} has other arrays than this training: {', '.join(different)}")
    for name, array in arrays.items():
        array[...] = file.tensors[name]
    return position
