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
"""Seconds in which workers must have ended, on a machine that is busy with other things."""


@dataclass
class _Work:
    """What the kit has workers do; it counts the items that it has seen."""

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
    """What came of each item, in their order."""
    with executor.open(of, workers) as run:
        return _in_order(run(iter(items)), len(items))


def _in_order(outcomes: Any, expected: int) -> list[Outcome]:
    found = list(outcomes)
    wrong = next((one for one in found if not isinstance(one, Outcome)), None)
    require(wrong is None, f"it yields {with_article(wrong)}, not an Outcome")
    numbers = sorted(one.number for one in found)
    require(numbers == [*range(expected)], f"of {expected} items it yields the numbers {numbers}")
    return sorted(found, key=lambda one: one.number)


def exercise(executor: Executor) -> list[Any]:
    """Use it once."""
    return [one.value for one in _outcomes(executor, [1, 2, 3])]


def check_values(executor: Executor) -> None:
    """Every item has one outcome, with its number and what the work returned; no items have none."""
    found = _outcomes(executor, [*range(20)])
    require([one.value for one in found] == [n * n for n in range(20)], f"the outcomes are {found[:3]} …")
    require(not any(one.lost or one.error for one in found), "an item that was done has an error, or is lost")
    _outcomes(executor, [])


def check_lives_on(executor: Executor) -> None:
    """A worker prepares once and keeps what it has prepared, from item to item and from call to call."""
    with executor.open(_Work, 1) as run:
        seen = [one.value for call in range(2) for one in _in_order(run(["seen"] * 3), 3)]
    require(seen == [1, 2, 3, 4, 5, 6], f"one worker has seen so many items at each: {seen}")


def check_errors(executor: Executor) -> None:
    """An error in the work fails its one item: an NnzooError comes as it is, another one in words."""
    one, raised, failed, last = _outcomes(executor, [2, "raise", "fail", 3])
    require((one.value, last.value) == (4, 9), "items beside one that fails are not done")
    require(str(raised.error) == str(NnzooError("no answer", hint="none at all")), f"it hands over {raised.error!r}")
    words = f"{failed.error}"
    require(isinstance(failed.error, NnzooError) and "ZeroDivisionError" in words, f"it hands over {failed.error!r}")
    require(not (raised.lost or failed.lost), "an item whose work raised an error is lost")


def check_prepare(executor: Executor) -> None:
    """An error in ``prepare`` is raised as it is."""
    try:
        _outcomes(executor, [1], of=_broken)
    except NnzooError as error:
        require(error.message == "it can't be prepared", f"it raises: {error}")
    else:
        raise CheckFailed("work that can't be prepared is done")


def check_workers(executor: Executor) -> None:
    """With two workers it does the same, or says that it has one only; 0 workers are a UsageError."""
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
    raise CheckFailed("0 workers are taken")


def check_lost(executor: Executor) -> None:
    """A worker that dies loses its one item, which is reported as lost; the others are done."""
    if not executor.isolates:
        raise CheckSkipped("it does not isolate")
    one, lost, last = _outcomes(executor, [2, "die", 3])
    require((one.value, last.value) == (4, 9), "items beside one that is lost are not done")
    require(lost.lost, "an item whose worker died is not reported as lost")
    require(lost.error, "a lost item has no error that says why")


def check_ends(executor: Executor) -> None:
    """When its context ends, work that is not done is given up within seconds."""
    if not executor.isolates:
        raise CheckSkipped("it does not isolate")
    with executor.open(_Work, 2) as run:
        first = next(iter(run([3, "sleep", "sleep"])))
        began = time.monotonic()
        require(first.value == 9, f"the first outcome is {first}")
    took = time.monotonic() - began
    require(took < SOON, f"its workers need {took:.0f} s to end")


CHECKS = (
    check_values,
    check_lives_on,
    check_errors,
    check_prepare,
    check_workers,
    check_lost,
    check_ends,
)
