"""Shared memory for the arrays of a message: one copy for any number of workers.

On POSIX it is an unnamed file that workers inherit, on Windows a named block. The system frees it when the last process
that has it open ends, even if that process is killed.
"""

from __future__ import annotations

import mmap
import os
import pickle
import sys
import tempfile
from typing import Any

ALIGNMENT = 64
"""Arrays start at multiples of this many bytes."""


class Message:
    """A pickled value whose arrays lie in shared memory.

    Attributes
    ----------
    contents : bytes
        The message to a worker, for `read_message`.
    handles : tuple of int
        Open files that a worker must inherit.
    """

    def __init__(self, value: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        places, size = [], 0
        for buffer in buffers:
            places.append((size, buffer.raw().nbytes))
            size += -(-buffer.raw().nbytes // ALIGNMENT) * ALIGNMENT
        where = _new() if size else None
        self._memory = None if where is None else _mapped(where, size, mmap.ACCESS_WRITE)
        for (start, length), buffer in zip(places, buffers, strict=True):
            if self._memory is not None:
                self._memory[start : start + length] = buffer.raw()
        self.contents = pickle.dumps((where, size, places, body))
        self.handles = (where,) if isinstance(where, int) else ()

    def close(self) -> None:
        """Release the memory; workers keep their access to it."""
        if self._memory is not None:
            self._memory.close()
        for handle in self.handles:
            os.close(handle)


def read_message(contents: bytes) -> Any:
    """The value; its arrays are read-only and shared by all workers."""
    where, size, places, body = pickle.loads(contents)
    memory = memoryview(b"" if where is None else _mapped(where, size, mmap.ACCESS_READ))
    return pickle.loads(body, buffers=[memory[start : start + length] for start, length in places])


if sys.platform == "win32":

    def _new() -> str:
        return f"nnzoo-{os.getpid()}-{os.urandom(8).hex()}"

    def _mapped(name: str, size: int, access: int) -> mmap.mmap:
        return mmap.mmap(-1, size, tagname=name, access=access)

else:

    def _new() -> int:
        if hasattr(os, "memfd_create"):
            return os.memfd_create("nnzoo")
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())

    def _mapped(handle: int, size: int, access: int) -> mmap.mmap:
        if access == mmap.ACCESS_WRITE:
            os.ftruncate(handle, size)
        return mmap.mmap(handle, size, access=access)
