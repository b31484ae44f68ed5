"""Strict parsers of the two file formats of MNIST: gzip and IDX.

IDX (http://yann.lecun.com/exdb/mnist/): two zero bytes, a type code, the number of dimensions, each dimension as a
big-endian 32-bit integer, then the values. Files are untrusted: no more is unpacked than was announced, and a file that
is too short, too long or fails its checksum is refused.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, storage_errors
from nnzoo.files.reading import open_regular

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_DEFLATE_LIMIT = 1032  # no deflate stream grows by more than this factor (zlib technical details)
_CHUNK = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def load_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Raises
    ------
    FileFormatError
        When the file is not exactly one IDX array of unsigned bytes with this number of dimensions.
    StorageError
        When it can't be read.
    """
    with storage_errors(f"read {path}"), open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        packed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not packed:
            return _read(file, str(path), dimensions, size)
        with gzip.open(file) as unpacked, _gzip_errors(str(path)):
            return _read(unpacked, str(path), dimensions, size * _DEFLATE_LIMIT)


def parse_idx(data: bytes, name: str, dimensions: int) -> NDArray[np.uint8]:
    """The array in an unpacked IDX file; it shares the memory of ``data``, and so is read-only.

    ``name`` is for messages, ``dimensions`` the required number of dimensions; errors are as for `load_idx`.
    """
    stream = io.BytesIO(data)
    shape = _shape(stream, name, dimensions, len(data))
    _require_length(len(data) - stream.tell(), math.prod(shape), name)
    return np.frombuffer(data, np.uint8, offset=stream.tell()).reshape(shape)


def unpack_gzip(data: bytes, name: str, size: int) -> bytes:
    """Unpack a gzip file with ``size`` bytes of contents, and check its checksum.

    Raises
    ------
    FileFormatError
        When it is not an intact gzip file, or has another size.
    """
    with gzip.open(io.BytesIO(data)) as stream, _gzip_errors(name):
        return bytes(_exactly(stream, size, name))


def _read(stream: _Readable, name: str, dimensions: int, limit: int) -> NDArray[np.uint8]:
    """The IDX array that fills a stream of at most ``limit`` bytes."""
    shape = _shape(stream, name, dimensions, limit)
    return np.frombuffer(_exactly(stream, math.prod(shape), name), np.uint8).reshape(shape)


def _shape(stream: _Readable, name: str, dimensions: int, limit: int) -> tuple[int, ...]:
    """The shape in the header of an IDX file; an error if it has more than ``limit`` values."""
    header = stream.read(4)
    if len(header) < 4 or header[:2] != b"\0\0":
        raise FileFormatError(f"{name} is not an IDX file: it starts with {header.hex(' ') or 'nothing'}")
    if header[2] != _UNSIGNED_BYTE:
        raise FileFormatError(f"{name} holds values of type 0x{header[2]:02x}; only unsigned bytes (0x08) are read")
    if header[3] != dimensions:
        raise FileFormatError(f"{name} has {header[3]} dimensions; expected {dimensions}")
    packed_shape = stream.read(4 * dimensions)
    if len(packed_shape) < 4 * dimensions:
        raise FileFormatError(f"{name} ends within its header")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", packed_shape)
    if max(shape) > limit or math.prod(shape) > limit:
        raise FileFormatError(f"{name} announces {math.prod(shape):,} values, more than a file of its size can hold")
    return shape


def _exactly(stream: _Readable, size: int, name: str) -> bytearray:
    """The next ``size`` bytes, which must be the last; reading to the end makes gzip check its CRC."""
    data = bytearray()
    while len(data) < size and (chunk := stream.read(min(size - len(data), _CHUNK))):
        data += chunk
    _require_length(len(data) + len(stream.read(1)), size, name)
    return data


def _require_length(length: int, announced: int, name: str) -> None:
    if length < announced:
        raise FileFormatError(f"{name} is too short: it has {length:,} bytes of data, and announces {announced:,}")
    if length > announced:
        raise FileFormatError(f"{name} is too long: it continues after the {announced:,} bytes that it announces")


@contextmanager
def _gzip_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileFormatError(f"{name} is not an intact gzip file: {error}") from error
