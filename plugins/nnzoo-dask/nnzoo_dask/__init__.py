"""Dask for nnzoo: the executor ``dask``, with the workers of a cluster, or of a local one that it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, doc
from nnzoo.api import Executor, Run, UsageError, Work, hookimpl


@dataclass(frozen=True)
class Dask(Executor):
    """On the workers of a Dask cluster: of the scheduler that is named, or of a cluster on this machine, made for it.

    Data and plugin files go to each worker once. Workers, and the scheduler, need the same packages as this process.

    References
    ----------
    Rocklin (2015), "Dask: parallel computation with blocked algorithms and task scheduling", SciPy.
    """

    name: ClassVar[str] = "dask"
    isolates: ClassVar[bool] = True

    scheduler: Annotated[str, doc("address, such as tcp://host:8786; empty: a local cluster")] = ""
    dashboard: Annotated[Annotated[int, Ge(1), Le(65535)] | None, doc("port of the local cluster's dashboard")] = None

    @contextmanager
    def open(self, prepare: Callable[[], Work], workers: int | None) -> Iterator[Run]:
        if workers is not None and workers < 1:
            raise UsageError(f"{workers} workers can do nothing", hint="one is the least")
        if self.scheduler and self.dashboard is not None:
            raise UsageError("the dashboard of a cluster is its scheduler's", hint="leave dashboard out")
        from nnzoo_dask.clusters import connected, local_cluster  # which take half a second to import
        from nnzoo_dask.tasks import Tasks

        with connected(self.scheduler) if self.scheduler else local_cluster(workers, self.dashboard) as client:
            tasks = Tasks(client, prepare, workers)
            try:
                yield tasks.run
            finally:
                tasks.close()


@hookimpl
def nnzoo_executors() -> list[type[Executor]]:
    return [Dask]
