"""The number of threads for numerical work: for NumPy's matrix products, or for work that layers share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

import numpy as np
import threadpoolctl
from annotated_types import Ge, Le

from nnzoo.kinds import Floats

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_Piece = TypeVar("_Piece")
Threads: TypeAlias = Annotated[int, Ge(1), Le(1024)] | Literal["auto"]
"""A number, or ``auto``: all processors if layers share their work between threads, which changes no bit, else 1."""
LARGE = 2**26
"""Multiplications, about a millisecond, above which a product is shared, which costs some 50 µs."""
COLUMNS = 64
"""The width of blocks of a shared product is a multiple of this, as in the kernels of BLAS libraries."""
CACHED = 2**19
"""Bytes to work on at a time, so that they stay in the cache of a processor's core."""
BLOCKS = 4
_own = 1
"""Threads of `in_threads` in the current context."""
_limit = 0
"""Threads that the current context allows; 0 outside any context."""


def blas_threads(count: int) -> AbstractContextManager[None]:
    """Within this context NumPy's matrix products use this number of threads, and `in_threads` one.

    The products of a small network gain little from a second thread, and if another program needs the processor,
    threads that wait for each other cost many times what they gain. The number also decides the order of sums, and so
    the last bits of a result.
    """
    return _threads(blas=count, own=1)


def work_threads(count: int) -> AbstractContextManager[None]:
    """Within this context `in_threads` and `product` use this number of threads, and NumPy's matrix products one.

    Both at once would slow each other down: threads of OpenBLAS keep spinning for a while after a product.
    """
    return _threads(blas=1, own=count)


def in_threads(work: Callable[[_Piece], object], pieces: Sequence[_Piece]) -> None:
    """Call ``work`` with each piece, on as many threads as `work_threads` allows; return when all calls are done.

    Parameters
    ----------
    work : callable
        It must not access data of other pieces. If the pieces do not depend on the number of threads, neither do the
        bits of the results.
    pieces : sequence
        Neighbors go to the same thread.

    >>> x, y = np.arange(6.0), np.empty(6)
    >>> with work_threads(2):
    ...     in_threads(lambda some: np.sqrt(x[some], out=y[some]), [slice(0, 3), slice(3, 6)])
    >>> bool((y == np.sqrt(x)).all())
    True
    """
    threads = min(_own, len(pieces))
    if threads < 2:
        for piece in pieces:
            work(piece)
        return
    errors = np.geterr()

    def part(number: int) -> None:
        with np.errstate(**errors):  # each thread has its own error state
            for piece in pieces[len(pieces) * number // threads : len(pieces) * (number + 1) // threads]:
                work(piece)

    others = [_pool().submit(part, number) for number in range(1, threads)]
    try:
        part(0)
    finally:
        failures = [other.exception() for other in others]  # waits for them
    for failure in failures:
        if failure is not None:
            raise failure


def sample_blocks(array: Floats) -> list[slice]:
    """Blocks of samples to work on together, small enough for their part of the array to stay in the cache.

    Their number is a multiple of 4 and their sizes about equal, so that threads have equal shares of the work.
    """
    n = len(array)
    count = min(n, BLOCKS * -(-array.nbytes // (BLOCKS * CACHED)))
    return [slice(n * i // count, n * (i + 1) // count) for i in range(count)]


def product(a: Floats, b: Floats, out: Floats) -> None:
    """Write the matrix product a b into ``out``; threads share a large one in blocks of columns.

    The blocks, and so the bits of the result, depend on nothing but the shapes.
    """
    size, columns = len(a) * b.size, b.shape[1]
    if size < LARGE or columns < 2 * COLUMNS:
        a.dot(b, out=out)
        return
    count = min(columns // COLUMNS, max(2, size // LARGE))
    ends = [columns // COLUMNS * number // count * COLUMNS for number in range(count)] + [columns]
    blocks = [slice(first, end) for first, end in pairwise(ends)]
    in_threads(lambda some: np.matmul(a, b[:, some], out=out[:, some]), blocks)


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # respects limits such as those of taskset
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available() -> int:
    """The number of threads for ``auto``: the limit of the current context, or all processors."""
    return _limit or processors()


@contextmanager
def _threads(blas: int, own: int) -> Iterator[None]:
    global _own, _limit
    before = _own, _limit
    with _libraries().limit(limits=blas, user_api="blas"):
        _own, _limit = own, max(blas, own)
        try:
            yield
        finally:
            _own, _limit = before


@cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(thread_name_prefix="nnzoo")


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has only one thread


def blas_libraries() -> list[dict[str, Any]]:
    """The BLAS libraries that were loaded when they were first looked up, as ``threadpoolctl`` describes them now."""
    return [library for library in _libraries().info() if library["user_api"] == "blas"]


@cache
def _libraries() -> threadpoolctl.ThreadpoolController:
    """The loaded BLAS libraries, looked up only once because that takes milliseconds."""
    return threadpoolctl.ThreadpoolController()
