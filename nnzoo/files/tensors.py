"""``safetensors`` files with a description: written atomically, and read without trust.

The header's metadata holds the description as JSON and a SHA-256 of the description and all tensors, so that any change
is noticed. The description refers to components by registry name, never to a module or a callable: reading a file
executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nnzoo.errors import FileFormatError, StorageError, UsageError, storage_errors
from nnzoo.files.reading import open_regular
from nnzoo.files.strict_json import parse_json
from nnzoo.files.writing import write_whole

FORMAT = "2"
_FORMAT_KEY, _DESCRIPTION_KEY, _DIGEST_KEY = "nnzoo_format", "nnzoo", "nnzoo_sha256"
_HEADER_LIMIT = 1 << 21
"""Bytes of a header; a longer one is refused before it is parsed. Parsed, it takes up to twenty times as much."""


@dataclass(frozen=True)
class TensorFile:
    """The contents of a file.

    Attributes
    ----------
    description : dict
    tensors : dict of str to ndarray
        All arrays, by name.
    sha256 : str
        Fingerprint of both.
    """

    description: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    sha256: str


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]], description: Mapping[str, Any]) -> None:
    """Replace a file atomically; errors are those of `write_whole` and `packed`."""
    write_whole(path, packed(tensors, description))


def packed(tensors: Mapping[str, NDArray[Any]], description: Mapping[str, Any]) -> bytes:
    """The bytes of a file; UsageError if its header would be too long to be read again."""
    text = json.dumps(description, allow_nan=False, sort_keys=True)
    metadata = {_FORMAT_KEY: FORMAT, _DESCRIPTION_KEY: text, _DIGEST_KEY: _digest(text, tensors)}
    arrays = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    data = _in_order(save(arrays, metadata))
    if (length := _header_length(data)) > _HEADER_LIMIT:
        raise UsageError(
            f"the description of the network takes {length:,} bytes; a model file has room for {_HEADER_LIMIT:,}",
            hint="use fewer columns, or fewer or shorter names of classes and categories",
        )
    return data


def read_tensors(path: Path) -> TensorFile:
    """Read a file and verify its digest.

    Raises
    ------
    FileFormatError
        When it is not an nnzoo file, or is damaged.
    StorageError
        When it can't be read.
    """
    _check_header(path)
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is not a mapping)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:  # NumPy lacks some of its types
        raise FileFormatError(f"{path} is not an intact safetensors file: {error}") from None
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    if metadata.get(_FORMAT_KEY) != FORMAT:
        raise FileFormatError(
            f"{path} is not an nnzoo file of format {FORMAT}: it says {metadata.get(_FORMAT_KEY, 'nothing')!r}",
            hint="it was made by another version of nnzoo, or by another program",
        )
    text = metadata.get(_DESCRIPTION_KEY, "")
    if metadata.get(_DIGEST_KEY) != _digest(text, tensors):
        raise FileFormatError(f"{path} is damaged: its contents do not have the SHA-256 that it states")
    try:
        description = parse_json(text)
    except ValueError:
        raise FileFormatError(f"{path} has a description that is not JSON") from None
    if not isinstance(description, dict):
        raise FileFormatError(f"{path} has a description that is not a JSON object")
    return TensorFile(description, tensors, metadata[_DIGEST_KEY])


def _check_header(path: Path) -> None:
    """Refuse an invalid file before anything is built from it."""
    with storage_errors(f"read {path}"), open_regular(path) as file:
        size, length = os.fstat(file.fileno()).st_size, _header_length(file.read(8))
    if not 2 <= length <= min(size - 8, _HEADER_LIMIT):
        raise FileFormatError(f"{path} is not a safetensors file", hint="nnzoo writes them as model.safetensors")


def _in_order(data: bytes) -> bytes:
    """The file with sorted metadata, so that equal runs give equal bytes: ``safetensors`` uses any order."""
    length = _header_length(data)
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def _header_length(data: bytes) -> int:
    return int.from_bytes(data[:8], "little")


def _digest(description: str, tensors: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(description.encode())
    for name in sorted(tensors):
        array = np.asarray(tensors[name], order="C")
        digest.update(repr((name, array.dtype.str, array.shape)).encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()
