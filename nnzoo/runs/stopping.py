"""SIGINT and SIGTERM: stop after the step that is being taken; the second one stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nnzoo.training.trainer import Trainer


class StopSignal:
    """The signal that asked a training to stop, if one did."""

    number: int | None = None


@contextmanager
def stop_on_signals(trainer: Trainer) -> Iterator[StopSignal]:
    """Within this context the first Ctrl-C or SIGTERM has the trainer stop soon, and the second raises at once.

    Only the main thread may take signals; in any other, nothing is changed.
    """
    received = StopSignal()
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if received.number is not None:
            raise KeyboardInterrupt
        received.number = number
        trainer.stop_requested = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
