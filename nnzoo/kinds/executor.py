"""`Executor`: runs work on many items, in this process, in others or on other machines."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from nnzoo.component import Component
from nnzoo.errors import NnzooError

Work: TypeAlias = Callable[[Any], Any]
"""A function of one item that returns its result."""


@dataclass(frozen=True)
class Outcome:
    """The result of one item.

    Attributes
    ----------
    number : int
        The item's place among all items, from 0.
    value : object
        What the work returned.
    error : NnzooError or None
        What it raised; any other exception is converted to an `NnzooError` with its text.
    lost : bool
        Whether the worker died, so that nothing is known about the item; it may be tried again.
    """

    number: int
    value: Any = None
    error: NnzooError | None = None
    lost: bool = False

    @classmethod
    def of(cls, number: int, work: Work, item: Any) -> Outcome:
        """Do the work on one item."""
        try:
            return cls(number, work(item))
        except NnzooError as error:
            return cls(number, error=error)
        except Exception as error:
            return cls(number, error=NnzooError(f"{type(error).__name__}: {error}"))


Run: TypeAlias = Callable[[Iterable[Any]], Iterator[Outcome]]
"""Sends items to open workers, and yields the outcome of each as it ends, in any order."""


@dataclass(frozen=True)
class Executor(Component):
    """Does the same work on many items, with a given number of workers.

    It keeps no results and repeats nothing. The caller decides what happens to a lost item.

    Attributes
    ----------
    isolates : bool
        Whether each worker is a separate process, whose death loses only the item that it worked on.
    """

    kind: ClassVar[str] = "executor"
    isolates: ClassVar[bool] = False

    @abstractmethod
    def open(self, prepare: Callable[[], Work], workers: int | None) -> AbstractContextManager[Run]:
        """Workers that stay alive until the context ends; unfinished work is then abandoned, within seconds.

        Parameters
        ----------
        prepare : callable
            Called once in each worker; returns the work. Data that all items share, such as a data set, are thus made
            or sent once per worker; sent arrays may be read-only. ``prepare``, the items and the values that the work
            returns must be picklable.
        workers : int, optional
            How many items are worked on at a time, at least 1; None for a number that suits the machine. Each worker
            has one thread for matrix products.

        Returns
        -------
        context manager
            Its value is a function from an iterable of items to an iterator of `Outcome`. The function may be called
            again when the iterator is exhausted. It may read ahead in the iterable.

        Raises
        ------
        UsageError
            When that number of workers is not possible.
        NnzooError
            When a worker can't start, or ``prepare`` raises: on entering the context, or on first use.
        """
