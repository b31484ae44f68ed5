"""`Forked`: a training process as a copy of this one, which has already imported most of the modules it needs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from typing import final

LOOK_EVERY = 0.01


def can_fork() -> bool:
    """Whether this process can be copied: on Linux, while it runs a single Python thread."""
    return sys.platform == "linux" and threading.active_count() == 1


@final
class Forked:
    """A copy of this process, with ``stdin``, ``stdout``, ``wait`` and ``kill`` as in `subprocess.Popen`.

    Parameters
    ----------
    life : callable
        Receives the file descriptors to read and write; the process ends when it returns. Ctrl-C in
        the terminal does not reach it.
    """

    def __init__(self, life: Callable[[int, int], None]) -> None:
        (reads, to), (answers, writes) = os.pipe(), os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with warnings.catch_warnings():  # about OpenBLAS's threads, which it stops and restarts itself
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if self._process == 0:
            _live(life, reads, writes, (to, answers))
        os.close(reads)
        os.close(writes)
        self.stdin, self.stdout = os.fdopen(to, "wb"), os.fdopen(answers, "rb")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it ends.

        Raises
        ------
        subprocess.TimeoutExpired
        """
        until = time.monotonic() + (timeout or 0.0)
        try:
            while os.waitpid(self._process, 0 if timeout is None else os.WNOHANG)[0] == 0:
                if time.monotonic() > until:
                    raise subprocess.TimeoutExpired("training", timeout or 0.0)
                time.sleep(LOOK_EVERY)
        except ChildProcessError:  # an earlier call has waited for it
            return

    def kill(self) -> None:
        """Kill it."""
        os.kill(self._process, signal.SIGKILL)


def _live(life: Callable[[int, int], None], reads: int, writes: int, others: tuple[int, int]) -> None:
    """Run the copy, which never returns to the work of this process."""
    code = 1
    try:
        os.setpgid(0, 0)
        for end in others:
            os.close(end)
        life(reads, writes)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
