"""`Forked`: a process that trains as a copy of this one, which has imported most of what it needs already."""

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
    """Whether this process can be copied: on Linux, as long as no other thread of Python runs in it."""
    return sys.platform == "linux" and threading.active_count() == 1


@final
class Forked:
    """A copy of this process, with what is used of `subprocess.Popen`: ``stdin``, ``stdout``, ``wait`` and ``kill``.

    Parameters
    ----------
    life : callable
        What it does, with the file descriptors that it reads and writes; the process ends when it returns. Ctrl-C in
        the terminal does not reach it.
    """

    def __init__(self, life: Callable[[int, int], None]) -> None:
        (reads, to), (told, writes) = os.pipe(), os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        with warnings.catch_warnings():  # of OpenBLAS's threads, which it stops and starts again by itself
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if self._process == 0:
            _live(life, reads, writes, (to, told))
        os.close(reads)
        os.close(writes)
        self.stdin, self.stdout = os.fdopen(to, "wb"), os.fdopen(told, "rb")

    def wait(self, timeout: float | None = None) -> None:
        """Wait for its end.

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
        except ChildProcessError:  # it has been waited for
            return

    def kill(self) -> None:
        """End it at once."""
        os.kill(self._process, signal.SIGKILL)


def _live(life: Callable[[int, int], None], reads: int, writes: int, others: tuple[int, int]) -> None:
    """The life of the copy, which never comes back to what this process was doing."""
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
