"""`Channel`: messages between the server and a training process: pickles over standard streams, after their lengths.

Both ends belong to this program; data from a page are never unpickled.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any, final

from nnzoo_playground.forked import Forked, can_fork

_LENGTH = struct.Struct("<Q")
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from nnzoo_playground.worker import serve; serve(0, 1)"
PATIENCE = 2.0
"""Seconds that a process has in order to end."""


def start_process() -> subprocess.Popen[bytes] | Forked:
    """Start a training process: a copy of this one if possible, which is faster, else a new Python process.

    A new Python process does not run the script that started it. Ctrl-C in the terminal reaches neither.
    """
    if can_fork():
        from nnzoo_playground.worker import serve

        return Forked(serve)
    group: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if sys.platform != "win32":
        group = {"process_group": 0}
    return subprocess.Popen(
        [sys.executable, "-c", _CODE, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **group
    )


def send(stream: IO[bytes], message: Any) -> None:
    """Send a complete message."""
    packed = pickle.dumps(message)
    stream.write(_LENGTH.pack(len(packed)))
    stream.write(packed)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message.

    Raises
    ------
    EOFError
        At the end of the stream.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    packed = stream.read(length)
    if len(packed) < length:
        raise EOFError
    return pickle.loads(packed)


def end(process: subprocess.Popen[bytes] | Forked) -> None:
    """End a process, which exits when its input is closed."""
    assert process.stdin
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@final
class Channel:
    """The training process's end of the connection. The process exits when the server is gone.

    Output that a plugin prints goes to standard error, not into the messages.

    Parameters
    ----------
    reads, writes : int
        File descriptors.
    """

    def __init__(self, reads: int, writes: int) -> None:
        self._input, self._output = os.fdopen(os.dup(reads), "rb"), os.fdopen(os.dup(writes), "wb")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self, timeout: float) -> Any:
        """The next message; None if none arrives within so many seconds."""
        with suppress(queue.Empty):
            return self._messages.get(timeout > 0, timeout if timeout > 0 else None)
        return None

    def send(self, message: Any) -> None:
        """Send a message."""
        send(self._output, message)

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._messages.put(receive(self._input))
        os._exit(0)
