"""SIGINT and SIGTERM: the first signal stops training after the current step, the second one immediately."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from nnzoo.errors import StoppedError

if TYPE_CHECKING:
    from nnzoo.training.trainer import Trainer

_Handler = Callable[[int, FrameType | None], None]


class StopSignal:
    """The signal that asked training to stop, if one did.

    Attributes
    ----------
    number : int or None
        The signal's number.
    measuring_ends : bool
        Set while `Trainer.advance` runs: a signal that comes after the epoch's last step, during measurement, raises
        `MeasuringStopped`. Nothing is lost, as a resumed run measures again.
    """

    number: int | None = None
    measuring_ends: bool = False


class MeasuringStopped(BaseException):  # not an Exception, so that no plugin catches it
    """A signal came while the network was being measured after an epoch's last step."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM, treated like Ctrl-C."""


@contextmanager
def stop_on_signals(trainer: Trainer) -> Iterator[StopSignal]:
    """Within this context, the first Ctrl-C or SIGTERM asks the trainer to stop, and the second raises.

    Signals are handled in the main thread only; in other threads, nothing changes.
    """
    received = StopSignal()

    def stop(number: int, frame: FrameType | None) -> None:
        if received.number is not None:
            raise _Terminated if number == signal.SIGTERM else KeyboardInterrupt
        received.number = number
        trainer.stop_requested = True
        if received.measuring_ends and trainer.state.batch == len(trainer.train):
            raise MeasuringStopped

    with _handling(stop, signal.SIGINT, signal.SIGTERM):
        yield received


@contextmanager
def sigterm_like_ctrl_c() -> Iterator[None]:
    """Within this context, SIGTERM interrupts like Ctrl-C, but with exit code 143.

    Raises
    ------
    StoppedError
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    try:
        with _handling(stop, signal.SIGTERM):
            yield
    except _Terminated:
        raise StoppedError("stopped by SIGTERM", signal_number=signal.SIGTERM) from None


@contextmanager
def _handling(handler: _Handler, *numbers: int) -> Iterator[None]:
    """Handle signals, except those that this process was started to ignore, such as SIGINT in a background job."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, handler) for number in wanted}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
