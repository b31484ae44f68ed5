"""Items as tasks of Dask: one for each worker at a time, each done once or reported as lost."""

from __future__ import annotations

import pickle
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from typing import Any
from uuid import uuid4

import distributed
from distributed.scheduler import KilledWorker
from nnzoo.api import NnzooError, Outcome, Work

from nnzoo_dask.clusters import needing_the_scheduler
from nnzoo_dask.preparation import Preparation, versions, work_on

LOOK = 1.0
"""Seconds from one look at the cluster to the next."""
PATIENCE = 60.0
"""Seconds in which there may be no worker at all."""


class Tasks:
    """The tasks of a client's workers.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    prepare : callable
        See `Executor.open`.
    most : int or None
        Items at a time; None for one on each worker.
    """

    def __init__(self, client: distributed.Client, prepare: Callable[[], Work], most: int | None) -> None:
        self._client, self._most, self._name = client, most, f"nnzoo-{uuid4().hex}"
        self._count, self._futures = count(), dict[Any, tuple[int, distributed.Future[bytes]]]()
        self._ended = queue.SimpleQueue[distributed.Future[bytes]]()
        self._looked, self._workers, self._seen = 0.0, 0, time.monotonic()
        contents = pickle.dumps(prepare, protocol=5)
        with needing_the_scheduler():
            client.register_plugin(Preparation(self._name, contents, versions()), name=self._name)

    def run(self, items: Iterable[Any]) -> Iterator[Outcome]:
        """See `Executor.open`."""
        waiting, more = enumerate(items), True
        while more or self._futures:
            free = self._room() - len(self._futures)
            if more and free > 0:
                tasks = list(islice(waiting, free))
                more = len(tasks) == free
                self._submit(tasks)
            for future in self._some_ended():
                yield self._outcome(future)

    def _some_ended(self) -> list[distributed.Future[bytes]]:
        """All tasks that have ended meanwhile, waiting a moment for the first: Dask takes them together."""
        with suppress(queue.Empty):
            ended = [self._ended.get(timeout=0.5)]  # Ctrl-C is seen in between
            with suppress(queue.Empty):
                while True:
                    ended.append(self._ended.get_nowait())
            return ended
        return []

    def close(self) -> None:
        """Cancel unfinished tasks, and make the workers release the prepared work."""
        with suppress(OSError, RuntimeError, ValueError, CancelledError):  # it may be gone at any moment
            if self._client.status == "running":
                self._client.cancel([future for _, future in self._futures.values()], force=True)
                self._client.unregister_worker_plugin(self._name)
        self._futures.clear()

    def _submit(self, tasks: Sequence[tuple[int, Any]]) -> None:
        keys = [f"{self._name}-{next(self._count)}" for _ in tasks]
        with needing_the_scheduler():
            items = [pickle.dumps(item) for _, item in tasks]
            futures = self._client.map(work_on, [self._name] * len(tasks), items, key=keys, pure=False)
        for (number, _), future in zip(tasks, futures, strict=True):
            self._futures[future.key] = number, future
            future.add_done_callback(self._ended.put)

    def _room(self) -> int:
        """The number of items that may be in progress."""
        now = time.monotonic()
        if now > self._looked + LOOK:
            with needing_the_scheduler():
                self._looked, self._workers = now, len(self._client.nthreads())
            self._seen = now if self._workers else self._seen
            if now > self._seen + PATIENCE:
                raise NnzooError(
                    f"there has been no Dask worker for {PATIENCE:.0f} seconds",
                    hint="start some: dask worker ADDRESS --nthreads 1",
                )
        return self._workers if self._most is None else min(self._workers, self._most)

    def _outcome(self, future: distributed.Future[bytes]) -> Outcome:
        """The outcome of an item.

        Raises
        ------
        NnzooError
            When it can't be known, because the cluster is gone or lacks what it needs.
        """
        number, _ = self._futures.pop(future.key)
        error = future.exception() if future.status == "error" else None
        try:
            with needing_the_scheduler():
                outcome = Outcome(number) if error is not None else pickle.loads(future.result())
        except KilledWorker as killed:  # before the result had come from it, when the task was begun again
            error = killed
        if isinstance(error, KilledWorker):
            return Outcome(number, error=NnzooError("the Dask worker died"), lost=True)
        if error is not None:
            raise NnzooError(
                f"a Dask worker could not work: {type(error).__name__}: {error}",
                hint="workers and scheduler need the packages that are installed here",
            )
        if outcome.number < 0 and outcome.error is not None:
            raise outcome.error
        return replace(outcome, number=number)
