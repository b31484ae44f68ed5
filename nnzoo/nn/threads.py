"""How many threads matrix products may use."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import threadpoolctl


def blas_threads(count: int) -> AbstractContextManager[Any]:
    """Within this context NumPy's matrix products use so many threads.

    The products of a small network gain little from a second thread, and where another program wants the processor too,
    threads that wait for each other cost many times what they bring. The number also decides in which order
    sums are taken, and so the last bits of a result.
    """
    return _libraries().limit(limits=count, user_api="blas")  # type: ignore[no-any-return]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # where others have been ruled out, as by taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _libraries() -> threadpoolctl.ThreadpoolController:
    """The libraries that are loaded, looked up once: it takes milliseconds."""
    return threadpoolctl.ThreadpoolController()
