"""The program of a worker of the executor ``processes``; messages are pickles, each preceded by its length."""

from __future__ import annotations

import os
import pickle
import queue
import struct
import threading
from contextlib import suppress
from typing import IO

from nnzoo.api import NnzooError, Outcome, blas_threads
from nnzoo.builtin.sharing import read_message

_LENGTH = struct.Struct("<Q")


def write_frame(stream: IO[bytes], message: bytes) -> None:
    """Send a complete message."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next message; None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    return message if len(message) == length else None


def serve() -> None:
    """Prepare, then work on items until the input is closed."""
    # Nothing else may read the input, and the output of a plugin's prints must not mix with the results.
    received, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    messages: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(received, messages), daemon=True).start()
    prepare = messages.get()
    prepared = Outcome.of(0, lambda message: read_message(message)(), prepare)
    _send(results, None, prepared.error)
    while prepared.error is None:
        message = messages.get()
        with blas_threads(1):
            outcome = Outcome.of(0, lambda sent: prepared.value(pickle.loads(sent)), message)
        _send(results, outcome.value, outcome.error)
    messages.get()  # until the parent has read the error


def _receive(stream: IO[bytes], messages: queue.SimpleQueue[bytes]) -> None:
    """Read messages during the work, and end the process at once when the parent has gone."""
    while (message := read_frame(stream)) is not None:
        messages.put(message)
    os._exit(0)


def _send(stream: IO[bytes], value: object, error: NnzooError | None) -> None:
    try:
        message = pickle.dumps((value, error))
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as problem:
        message = pickle.dumps((None, NnzooError(f"the result of the work can't be sent: {problem}")))
    with suppress(OSError):  # the reader has gone
        write_frame(stream, message)
