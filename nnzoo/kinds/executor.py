"""`Executor`: where work is done, item by item: in this process, in others, on other machines."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from nnzoo.component import Component
from nnzoo.errors import NnzooError

Work: TypeAlias = Callable[[Any], Any]
"""What is done to one item; it returns what came of it."""


@dataclass(frozen=True)
class Outcome:
    """The result of one item.

    Attributes
    ----------
    number : int
        The item's place among those handed over, from 0.
    value : object
        What the work returned.
    error : NnzooError or None
        What it raised instead; any other exception is turned into an `NnzooError` with its text.
    lost : bool
        Whether the worker died: nothing is known about the item then, and it may be tried again.
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
"""Hands items to workers that are open, and yields what came of each as it ends, in any order."""


@dataclass(frozen=True)
class Executor(Component):
    """Does the same work on many items, with as many workers as are asked for.

    It keeps no results and repeats nothing. The caller decides what happens to a lost item.

    Attributes
    ----------
    isolates : bool
        Whether a worker is a process of its own, whose death loses the item that it worked on and nothing else.
    """

    kind: ClassVar[str] = "executor"
    isolates: ClassVar[bool] = False

    @abstractmethod
    def open(self, prepare: Callable[[], Work], workers: int | None) -> AbstractContextManager[Run]:
        """Workers that live on, until the context ends; then work that is not done is given up, within seconds.

        Parameters
        ----------
        prepare : callable
            Called once in each worker; returns the work. So what all items share, such as a data set, is made or sent
            once per worker; arrays that are sent may be read-only. It must be picklable, and so must items and the
            values that the work returns.
        workers : int, optional
            How many items are worked on at a time, at least 1; None for a number that suits the machine. Each worker
            has one thread for matrix products.

        Returns
        -------
        context manager
            It gives a function from an iterable of items to an iterator of `Outcome`. The function may be called again
            when the iterator is exhausted. Items may be taken from the iterable ahead of time.

        Raises
        ------
        UsageError
            When it can't have so many workers.
        NnzooError
            When a worker can't start, or ``prepare`` raises: on entering the context, or when it is first needed.
        """
