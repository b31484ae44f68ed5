"""Checks of executors."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nnzoo.component import with_article
from nnzoo.errors import NnzooError, UsageError
from nnzoo.kinds import Executor, Outcome
from nnzoo.testing.check import CheckFailed, CheckSkipped, require

SOON = 10.0
"""Seconds within which workers must end, even on a busy machine."""


@dataclass
class _Work:
    """The work that the kit gives to workers; it counts the items that it has received."""

    seen: list[Any] = field(default_factory=list)

    def __call__(self, item: Any) -> Any:
        self.seen.append(item)
        match item:
            case "seen":
                return len(self.seen)
            case "raise":
                raise NnzooError("no answer", hint="none at all")
            case "fail":
                raise ZeroDivisionError("by 0")
            case "die":
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            case "sleep":
                time.sleep(60)
        return item * item


def _broken() -> Any:
    raise NnzooError("it can't be prepared")


def _outcomes(executor: Executor, items: list[Any], workers: int = 1, of: Callable[[], Any] = _Work) -> list[Outcome]:
    """The outcome of each item, in the items' order."""
    with executor.open(of, workers) as run:
        return _in_order(run(iter(items)), len(items))


def _in_order(outcomes: Any, expected: int) -> list[Outcome]:
    found = list(outcomes)
    for one in found:
        require(isinstance(one, Outcome), f"it yields {with_article(one)}, not an Outcome")
    found.sort(key=lambda one: one.number)
    numbers = [one.number for one in found]
    require(numbers == [*range(expected)], f"for {expected} items it yields outcomes with the numbers {numbers}")
    return found


def exercise(executor: Executor) -> list[Any]:
    """Use the executor once."""
    return [one.value for one in _outcomes(executor, [1, 2, 3])]


def check_values(executor: Executor) -> None:
    """Every item has one outcome, with its number and the value that the work returned; no items have no outcomes."""
    found = _outcomes(executor, [*range(20)])
    require([one.value for one in found] == [n * n for n in range(20)], f"the outcomes are {found[:3]} …")
    require(not any(one.lost or one.error for one in found), "a finished item has an error or is lost")
    _outcomes(executor, [])


def check_lives_on(executor: Executor) -> None:
    """A worker prepares once and keeps the prepared work, from item to item and from call to call."""
    with executor.open(_Work, 1) as run:
        seen = [one.value for call in range(2) for one in _in_order(run(["seen"] * 3), 3)]
    require(seen == [1, 2, 3, 4, 5, 6], f"the numbers of items that its one worker has seen are {seen}, not 1 to 6")


def check_errors(executor: Executor) -> None:
    """An error in the work fails that item alone: an NnzooError is passed on, any other error becomes one."""
    one, raised, failed, last = _outcomes(executor, [2, "raise", "fail", 3])
    require((one.value, last.value) == (4, 9), "other items are not done when one fails")
    require(str(raised.error) == str(NnzooError("no answer", hint="none at all")), f"it passes on {raised.error!r}")
    becomes_one = isinstance(failed.error, NnzooError) and "ZeroDivisionError" in str(failed.error)
    require(becomes_one, f"it passes on {failed.error!r}")
    require(not (raised.lost or failed.lost), "an item whose work raised an error is lost")


def check_prepare(executor: Executor) -> None:
    """An error in ``prepare`` is raised unchanged."""
    try:
        _outcomes(executor, [1], of=_broken)
    except NnzooError as error:
        require(error.message == "it can't be prepared", f"it raises: {error}")
    else:
        raise CheckFailed("it continues after an error in prepare")


def check_workers(executor: Executor) -> None:
    """Two workers give the same outcomes, or a UsageError if it has only one; 0 workers are a UsageError."""
    try:
        found = _outcomes(executor, [*range(6)], workers=2)
    except UsageError:
        pass
    else:
        require([one.value for one in found] == [n * n for n in range(6)], f"with two workers it yields {found}")
    try:
        _outcomes(executor, [], workers=0)
    except UsageError:
        return
    raise CheckFailed("0 workers are accepted")


def check_lost(executor: Executor) -> None:
    """A worker that dies loses only its current item, which is reported as lost; the others are done."""
    if not executor.isolates:
        raise CheckSkipped("it does not isolate")
    one, lost, last = _outcomes(executor, [2, "die", 3])
    require((one.value, last.value) == (4, 9), "other items are not done when one is lost")
    require(lost.lost, "an item whose worker died is not reported as lost")
    require(lost.error, "a lost item has no error with the reason")


def check_ends(executor: Executor) -> None:
    """When its context ends, unfinished work is abandoned within seconds."""
    if not executor.isolates:
        raise CheckSkipped("it does not isolate")
    with executor.open(_Work, 2) as run:
        first = next(iter(run([3, "sleep", "sleep"])))
        began = time.monotonic()
        require(first.value == 9, f"the first outcome is {first}")
    took = time.monotonic() - began
    require(took < SOON, f"its workers take {took:.0f} s to end")
