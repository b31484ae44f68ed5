"""The prepared work that a Dask worker keeps from item to item: data, plugins and everything else it needs."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from threading import Lock

import distributed
from nnzoo.api import NnzooError, Outcome, blas_threads

SAME = ("nnzoo", "numpy")
"""The packages whose versions affect the bits of a result, and so must be the same everywhere."""


def versions() -> dict[str, str]:
    """The versions of `SAME` here."""
    return {name: version(name) for name in SAME}


@dataclass(eq=False)
class Preparation(distributed.WorkerPlugin):
    """Sent to each worker once, to those that come later, too.

    Attributes
    ----------
    name : str
        Its name among a worker's plugins.
    contents : bytes
        The pickled function that prepares the work.
    expected : mapping of str to str
        The versions that a worker must have.
    """

    name: str
    contents: bytes
    expected: Mapping[str, str]
    prepared: Outcome | None = field(default=None, init=False)

    def setup(self, worker: distributed.Worker) -> None:
        """Make ready for items; the work itself is prepared when the first one comes."""
        self._lock = Lock()  # one item at a time: the number of threads of matrix products is the process's

    def work_on(self, item: bytes) -> Outcome:
        """Do one item; the outcome has number 0, or −1 where the work could not be prepared."""
        with self._lock, blas_threads(1):
            if self.prepared is None:
                self.prepared = Outcome.of(-1, self._prepare, self.contents)
                self.contents = b""
            if self.prepared.error is not None:
                return self.prepared
            work = self.prepared.value
            return Outcome.of(0, lambda sent: work(pickle.loads(sent)), item)

    def _prepare(self, contents: bytes) -> object:
        for name, here in versions().items():
            if here != self.expected[name]:
                raise NnzooError(
                    f"a Dask worker has {name} {here}, and this process {self.expected[name]}",
                    hint="results depend on it: install the same on all machines",
                )
        return pickle.loads(contents)()


def work_on(name: str, item: bytes) -> bytes:
    """In a worker: the pickled outcome of an item."""
    preparation = distributed.get_worker().plugins[name]
    assert isinstance(preparation, Preparation)
    outcome = preparation.work_on(item)
    if outcome.number < 0:
        outcome = Outcome(-1, error=outcome.error)
    try:
        return pickle.dumps(outcome)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as problem:
        return pickle.dumps(Outcome(0, error=NnzooError(f"the result of the work can't be sent: {problem}")))
