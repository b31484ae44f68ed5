"""Read ``.npy`` files, which are untrusted: no pickle, and nothing is allocated that is not there."""

from __future__ import annotations

import io
import math
import warnings
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError

MAGIC = npy.MAGIC_PREFIX
_HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_array(data: bytes) -> NDArray[Any]:
    """The array in an ``.npy`` file: uint8, or floating-point numbers as float32.

    Raises
    ------
    FileFormatError
        When it is damaged, or holds anything else.
    """
    file = io.BytesIO(data)
    try:
        read_header = _HEADER_READERS[npy.read_magic(file)]
        with warnings.catch_warnings(action="ignore"):
            shape, column_order, dtype = read_header(file)
    except Exception as error:  # NumPy takes the header for Python, in which anything may be wrong
        raise FileFormatError(f"is not an intact .npy file: {error}") from None
    if dtype != np.uint8 and dtype.kind != "f":
        raise FileFormatError(
            f"holds {dtype} values",
            hint="save pixels as uint8, or what the network is to see as floating-point numbers",
        )
    there, needed = len(data) - file.tell(), math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or there != needed:
        raise FileFormatError(f"is not an intact .npy file: {there} bytes where shape {shape} takes {needed}")
    flat = np.frombuffer(data, dtype, offset=file.tell())
    array = flat.reshape(shape, order="F" if column_order else "C")
    with np.errstate(over="ignore"):
        return array.astype(np.uint8 if dtype == np.uint8 else np.float32, order="C")
