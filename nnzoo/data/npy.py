"""An array in a ``.npy`` file, which stays there: its header is believed in nothing, its values are read as needed."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from nnzoo.data.files import unreadable
from nnzoo.errors import FileFormatError
from nnzoo.kinds.file_rows import rows_in_file
from nnzoo.kinds.rows import FEW, Rows, view

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_KINDS = "biufU"


def open_array(path: Path) -> Rows:
    """The array in a ``.npy`` file; ``[:]`` reads it all.

    Raises
    ------
    FileFormatError
        When it is damaged, is large and stored column by column, or holds other than numbers, truth values or texts.
    StorageError
        When it can't be read.
    """
    try:
        with path.open("rb") as file:
            try:
                read_header = _HEADERS[npy.read_magic(file)]
                with warnings.catch_warnings(action="ignore"):
                    shape, by_columns, dtype = read_header(file)
            except Exception as error:  # it is Python source from a file: NumPy's parser may raise anything
                raise FileFormatError(f"{path} is not an array as np.save writes it: {error}") from None
            offset, there = file.tell(), path.stat().st_size - file.tell()
    except OSError as error:
        raise unreadable(path, error) from error
    if dtype.hasobject or dtype.kind not in _KINDS or not dtype.itemsize:
        raise FileFormatError(f"{path} holds {dtype} values; expected numbers, truth values or texts")
    if not shape:
        raise FileFormatError(f"{path} holds a single value, without an axis for samples")
    if min(shape) < 0 or math.prod(shape) * dtype.itemsize != there:
        raise FileFormatError(f"{path} announces {dtype} values of shape {shape}, but has {there:,} bytes of them")
    if by_columns and len(shape) > 1:
        if there > FEW:
            raise FileFormatError(
                f"{path} is stored column by column, so that a sample is spread over all of it",
                hint="save np.ascontiguousarray(x)",
            )
        columns = rows_in_file(path, offset, shape[::-1], dtype)[:]
        return view(np.ascontiguousarray(columns.T), np.arange(len(columns.T)))
    return rows_in_file(path, offset, shape, dtype)
