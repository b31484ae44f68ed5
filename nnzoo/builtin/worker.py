"""What a worker of the executor ``processes`` does, and how it is spoken to: pickles, each behind its length."""

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
    """Send a message as a whole."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next message; None when there is none any more."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    return message if len(message) == length else None


def serve() -> None:
    """A worker's life: prepare, then work on what comes, until nothing comes any more."""
    # Nothing else reads what is sent here, and what a plugin prints must not stand among what is sent from here.
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
    """Take messages in while work goes on, and end the process, whatever it does, when the other side has gone."""
    while (message := read_frame(stream)) is not None:
        messages.put(message)
    os._exit(0)


def _send(stream: IO[bytes], value: object, error: NnzooError | None) -> None:
    try:
        message = pickle.dumps((value, error))
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as problem:
        message = pickle.dumps((None, NnzooError(f"what the work returned can't be sent: {problem}")))
    with suppress(OSError):  # the reader has gone
        write_frame(stream, message)
