"""The workers' cluster: that of a running scheduler, or a local one."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from multiprocessing import resource_tracker

import distributed
import psutil  # type: ignore[import-untyped,unused-ignore] # it has types of its own where types-psutil is installed
from distributed.security import Security
from nnzoo.api import NnzooError, UsageError, processors

PATIENCE = 30
"""Seconds in which a scheduler must answer."""
HERE = "127.0.0.1"


@contextmanager
def connected(address: str) -> Iterator[distributed.Client]:
    """A client of the scheduler at an address.

    Raises
    ------
    UsageError
        When nothing answers there, or a worker would do several items at a time.
    """
    with _quiet():
        try:
            client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"no Dask scheduler answers at {address}: {error}", hint="start one: dask scheduler"
            ) from None
        with client:
            with needing_the_scheduler():
                threads = client.nthreads()
            if several := next((worker for worker, count in threads.items() if count > 1), None):
                raise UsageError(
                    f"Dask worker {several} does {threads[several]} items at a time, in one process",
                    hint=f"start it with one thread, and as many as there are processors: "
                    f"dask worker {address} --nthreads 1 --nworkers auto",
                )
            yield client


@contextmanager
def local_cluster(workers: int | None, dashboard: int | None) -> Iterator[distributed.Client]:
    """A client of a cluster on this machine, which ends with the context.

    Only its own processes can talk to it, by certificates that are made for it.

    Raises
    ------
    UsageError
        When there is to be a dashboard, and Bokeh is missing.
    """
    if dashboard is not None and find_spec("bokeh") is None:
        raise UsageError("Dask's dashboard needs Bokeh", hint="pip install bokeh")
    with _quiet(), ExitStack() as opened:
        with _ctrl_c_waits():
            try:
                cluster = distributed.LocalCluster(
                    n_workers=processors() if workers is None else workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    host=HERE,
                    security=Security.temporary(),
                    dashboard_address=f"{HERE}:{dashboard or 0}",
                    worker_dashboard_address=f"{HERE}:0",
                    silence_logs=logging.CRITICAL,
                    scheduler_kwargs={"allowed_failures": 0, "dashboard": dashboard is not None},
                )
            except (RuntimeError, OSError, TimeoutError) as error:
                raise NnzooError(
                    f"the workers of a local Dask cluster do not start: {error}",
                    hint='a script that uses it must do so below: if __name__ == "__main__":',
                ) from error
            opened.enter_context(cluster)
            client = opened.enter_context(distributed.Client(cluster, set_as_default=False))
            opened.callback(_kill, cluster)
        yield client


def _kill(cluster: distributed.LocalCluster) -> None:
    """End the workers, which Dask would wait for while they work."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        with suppress(psutil.Error):
            psutil.Process(nanny.pid).kill()


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Start processes and threads in this context that ignore Ctrl-C; afterwards, this process reacts to it again."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # which would let the signal through to the workers, were it started with them
    heard: list[int] = []

    def hear(number: int, _: object) -> None:
        heard.append(number)
        for process in multiprocessing.active_children():
            process.kill()  # workers that start are not waited for any longer

    handler = signal.signal(signal.SIGINT, hear)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if heard:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Dask's log messages about workers and schedulers that die; the outcomes report them."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def needing_the_scheduler() -> Iterator[None]:
    """Tell in words that the scheduler does not answer any more.

    Raises
    ------
    NnzooError
    """
    try:
        yield
    except (CancelledError, OSError, TimeoutError) as error:
        raise NnzooError("the Dask scheduler is gone: the connection to it is lost") from error
