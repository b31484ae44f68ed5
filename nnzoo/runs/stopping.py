"""SIGINT and SIGTERM: stop after the step that is being taken; the second one stops at once."""

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
    """The signal that asked a training to stop, if one did.

    Attributes
    ----------
    number : int or None
        The signal's number.
    measuring_ends : bool
        Set while `Trainer.advance` runs: where it has taken the epoch's last step and measures the network, it is not
        waited for, but ended by `MeasuringStopped`. That changes nothing: measuring is done again by the next run.
    """

    number: int | None = None
    measuring_ends: bool = False


class MeasuringStopped(BaseException):  # no Exception: no plugin must take it for its own
    """A signal came while the network was being measured after an epoch's last step."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which is to end what Ctrl-C would end."""


@contextmanager
def stop_on_signals(trainer: Trainer) -> Iterator[StopSignal]:
    """Within this context the first Ctrl-C or SIGTERM has the trainer stop soon, and the second raises at once.

    Only the main thread may take signals; in any other, nothing is changed.
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
    """Within this context SIGTERM ends at once what Ctrl-C would, with an exit code of its own (143).

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
    """Handle signals, except those that this process was started to ignore, as a shell does with a background job."""
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
