"""Read samples from a file that stores them one after another, without mapping it into memory."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, StorageError, storage_errors
from nnzoo.kinds.arrays import Shape
from nnzoo.kinds.rows import Rows, Samples

_SHARED = ("r", "r+", "w+")
"""Modes in which a mapped array has the same values as the file."""


def rows_in_file(path: Path, offset: int, shape: Shape, dtype: np.dtype[Any]) -> Rows:
    """The samples in a file, from the byte ``offset`` on, each in C order.

    Unlike the pages of a mapped file, samples read here do not add to the memory of the process.

    Raises
    ------
    StorageError
        When the file can't be opened, now, or read, later.
    """
    with storage_errors(f"read {path}"):
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    each, lock = int(np.prod(shape[1:], dtype=object)) * dtype.itemsize, Lock()

    def piece(view: memoryview, place: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(handle, [view], place)
        with lock:  # all threads share the file's position
            os.lseek(handle, place, os.SEEK_SET)
            data = os.read(handle, len(view))
        view[: len(data)] = data
        return len(data)

    def read(places: NDArray[np.integer[Any]], out: NDArray[Any]) -> None:
        if not len(places):
            return
        target = out if out.flags.c_contiguous and out.dtype == dtype else np.empty(out.shape, dtype)
        flat = target.reshape(-1).view(np.uint8).data
        ends = [*(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)]  # of runs of adjacent samples
        begin = 0
        for end, first in zip(ends, places[[0, *ends[:-1]]].tolist(), strict=True):
            done, stop, place = begin * each, end * each, offset + first * each
            while done < stop:
                with storage_errors(f"read {path}"):
                    count = piece(flat[done:stop], place)
                if not count:
                    raise FileFormatError(f"{path} was shortened while it was being read")
                done, place = done + count, place + count
            begin = end
        if target is not out:
            out[...] = target

    rows = Rows(shape, dtype, read)
    weakref.finalize(read, os.close, handle)
    return rows


def unmapped(array: NDArray[Any]) -> Samples:
    """A memory-mapped array as samples that are read from its file; any other array unchanged.

    The array must be a whole mapped array, or a slice of its first axis, with the values that the file has.
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
