"""Memory that processes share: arrays of a message lie in it once, however many workers the message is for.

On POSIX it is a file without a name, which workers inherit, and on Windows a block with one. The system drops either
when the last process that has it open ends, however it ends: a kill leaves nothing behind.
"""

from __future__ import annotations

import mmap
import os
import pickle
import sys
import tempfile
from typing import Any

ALIGNMENT = 64
"""Bytes: the place of an array in the memory is a multiple of it."""


class Message:
    """A pickled value whose arrays lie in shared memory.

    Attributes
    ----------
    contents : bytes
        What a worker is sent, for `read_message`.
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
        """Let go of the memory; workers keep what they have."""
        if self._memory is not None:
            self._memory.close()
        for handle in self.handles:
            os.close(handle)


def read_message(contents: bytes) -> Any:
    """The value; its arrays are read-only, and lie where every worker's do."""
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
