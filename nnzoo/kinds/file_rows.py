"""Samples in a file that holds them one after the other: read by their places, never mapped into memory."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, StorageError
from nnzoo.kinds.arrays import Shape
from nnzoo.kinds.rows import Rows, Samples

_SHARED = ("r", "r+", "w+")
"""Modes in which a mapped array has the values that the file has."""


def rows_in_file(path: Path, offset: int, shape: Shape, dtype: np.dtype[Any]) -> Rows:
    """The samples in a file, from the byte ``offset`` on, each in the order of C.

    Pages of a mapped file count as memory of the process once they are touched. What is read here does not.

    Raises
    ------
    StorageError
        When it can't be opened; when samples are read, also where that fails.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    each, lock = int(np.prod(shape[1:], dtype=object)) * dtype.itemsize, Lock()

    def piece(view: memoryview, place: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(handle, [view], place)
        with lock:  # the position is everybody's
            os.lseek(handle, place, os.SEEK_SET)
            data = os.read(handle, len(view))
        view[: len(data)] = data
        return len(data)

    def read(places: NDArray[np.integer[Any]], out: NDArray[Any]) -> None:
        if not len(places):
            return
        target = out if out.flags.c_contiguous and out.dtype == dtype else np.empty(out.shape, dtype)
        flat = target.reshape(-1).view(np.uint8).data
        ends = [*(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]  # of runs that lie side by side
        begin = 0
        for end, first in zip(ends, places[[0, *ends[:-1]]].tolist(), strict=True):
            done, stop, place = begin * each, end * each, offset + first * each
            while done < stop:
                try:
                    count = piece(flat[done:stop], place)
                except OSError as error:
                    raise StorageError(f"can't read {path}: {error.strerror or error}") from error
                if not count:
                    raise FileFormatError(f"{path} has become shorter while it was read")
                done, place = done + count, place + count
            begin = end
        if target is not out:
            out[...] = target

    rows = Rows(shape, dtype, read)
    weakref.finalize(read, os.close, handle)
    return rows


def unmapped(array: NDArray[Any]) -> Samples:
    """A memory-mapped array as samples that are read from its file; any other array as it is.

    It must be mapped as a whole or be a slice of its first axis, and the file must still hold what the array shows.
    """
    if not isinstance(array, np.memmap) or array.mode not in _SHARED or not array.filename or not array.size:
        return array
    base: Any = array
    while isinstance(base.base, np.memmap):
        base = base.base
    offset = array.offset if base is array else None
    if offset is None:
        offset = base.offset + array.ctypes.data - base.ctypes.data
    if array.ndim < 2 or not array.flags.c_contiguous or offset < 0:
        return array
    try:
        rows = rows_in_file(Path(array.filename), offset, array.shape, array.dtype)
        same = all(
            np.array_equal(rows[place].view(np.uint8), np.asarray(array[place]).view(np.uint8)) for place in (0, -1)
        )
    except (StorageError, FileFormatError):
        return array
    return rows if same else array
