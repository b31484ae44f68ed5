"""Read regular files only: a pipe or a device may have no end, or block its reader for ever."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from nnzoo.errors import FileFormatError


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading; OSError if it can't be opened, or is not a regular file."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, limit: int) -> bytes:
    """The contents of a file, up to its size when it was opened.

    Raises FileFormatError if it has more bytes than ``limit``, and OSError as `open_regular`.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise FileFormatError(f"{path} has {size:,} bytes; no more than {limit:,} are read")
        return file.read(size)
