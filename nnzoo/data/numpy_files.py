"""Read arrays from untrusted .npy and .npz files: no pickles, and no more memory than the file has bytes."""

from __future__ import annotations

import errno
import math
import warnings
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nnzoo.data.files import unreadable
from nnzoo.errors import FileFormatError, NnzooError, listed
from nnzoo.kinds import Shape
from nnzoo.kinds.file_rows import rows_in_file
from nnzoo.kinds.rows import FEW, Rows, view

_DEFLATE_LIMIT = 1032  # no deflate stream grows by more than this factor (zlib technical details)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what np.savez and np.savez_compressed write
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_KINDS = "biufU"


def read_header(file: IO[bytes]) -> tuple[Shape, bool, np.dtype[Any]]:
    """The shape of the array in a ``.npy`` file, whether it is stored column by column, and its dtype.

    The header is Python source, and NumPy's parser may raise any exception.
    """
    with warnings.catch_warnings(action="ignore"):
        shape, by_columns, dtype = _HEADERS[npy.read_magic(file)](file)
    return shape, by_columns, dtype


def open_array(path: Path) -> Rows:
    """The array in a ``.npy`` file, read as needed; ``[:]`` reads all of it.

    Raises
    ------
    FileFormatError
        When it is damaged, is large and stored column by column, or has other values than numbers, truth values or
        texts.
    StorageError
        When it can't be read.
    """
    try:
        with path.open("rb") as file:
            try:
                shape, by_columns, dtype = read_header(file)
            except Exception as error:
                raise FileFormatError(f"{path} is not an array as np.save writes it: {error}") from None
            offset, size = file.tell(), path.stat().st_size - file.tell()
    except OSError as error:
        raise unreadable(path, error) from error
    if not shape:
        raise FileFormatError(f"{path} holds a single value, without an axis for samples")
    _require_plain(str(path), shape, dtype, size)
    if by_columns and len(shape) > 1:
        if size > FEW:
            raise FileFormatError(
                f"{path} is stored column by column, so that each sample is spread over the whole file",
                hint="save np.ascontiguousarray(x)",
            )
        columns = rows_in_file(path, offset, shape[::-1], dtype)[:]
        return view(np.ascontiguousarray(columns.T), np.arange(len(columns.T)))
    return rows_in_file(path, offset, shape, dtype)


def _require_plain(name: str, shape: Shape, dtype: np.dtype[Any], size: int) -> None:
    """Refuse the header of an array that holds other values, or not as many as its ``size`` in bytes."""
    if dtype.hasobject:
        raise FileFormatError(
            f"{name} holds Python objects, which are never loaded: they could run code",
            hint="save numbers, or texts as a NumPy array of type str",
        )
    if dtype.kind not in _KINDS or not dtype.itemsize:
        raise FileFormatError(f"{name} holds {dtype} values; expected numbers, truth values or texts")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != size:
        raise FileFormatError(f"{name} announces {dtype} values of shape {shape}, but has {size:,} bytes of them")


def read_arrays(path: Path, wanted: Collection[str]) -> dict[str, NDArray[Any]]:
    """The arrays of an archive with the wanted names, which are in lower case.

    Raises
    ------
    FileFormatError
        When it is not an intact .npz archive, or a wanted array has other values than numbers, truth values or texts.
    StorageError
        When it can't be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(6) == b"\x93NUMPY":
                raise FileFormatError(f"{path} is a single array, not an archive", hint="np.savez writes several")
            with zipfile.ZipFile(file) as archive:
                members = _members(path, archive, path.stat().st_size)
                chosen = {name: member for name, member in members.items() if name in wanted}
                if not chosen:
                    held = listed(map(repr, members), 10) or "nothing"
                    raise FileFormatError(f"{path} holds {held}, none of {', '.join(wanted)}")
                return {name: _read(f"{path}: {name}", archive, member) for name, member in chosen.items()}
    except NnzooError:
        raise
    except Exception as error:  # zipfile and zlib may raise anything for a damaged archive
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: a seek to an impossible position
            raise unreadable(path, error) from error
        raise FileFormatError(f"{path} is not an intact .npz archive: {error}") from error


def _members(path: Path, archive: zipfile.ZipFile, file_size: int) -> dict[str, zipfile.ZipInfo]:
    """The arrays in an archive, by name in lower case."""
    members: dict[str, zipfile.ZipInfo] = {}
    packed = 0
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy").casefold()
        if name in members:
            raise FileFormatError(f"{path} holds two arrays named {name!r}")
        if member.compress_type not in _METHODS:
            raise FileFormatError(f"{path}: {name} is packed in a way that np.savez does not use")
        packed += member.compress_size
        if packed > file_size or member.file_size > member.compress_size * _DEFLATE_LIMIT:
            raise FileFormatError(f"{path}: {name} announces {member.file_size:,} bytes, more than the file can hold")
        members[name] = member
    return members


def _read(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        try:
            shape, _, dtype = read_header(stream)
        except Exception as error:
            raise FileFormatError(f"{name} is not an array as np.savez writes it: {error}") from error
        size = member.file_size - stream.tell()
    _require_plain(name, shape, dtype, size)
    with archive.open(member) as stream:
        array: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
        stream.read(1)  # checks the checksum at the end of the stream
    return array
