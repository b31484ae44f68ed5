"""`run_checks`: run all checks of a component, from the command line or in a notebook."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from nnzoo.component import Component
from nnzoo.testing.check import Check, CheckFailed, CheckSkipped, TimeIsUp, refuse_unknown_names
from nnzoo.testing.kit import checks_for

TIME_LIMIT = 120.0
"""Seconds that a check may take; those of a built-in component take up to ten on a slow machine."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check, with the reason if it did not pass."""

    check: Check
    status: Literal["passed", "failed", "skipped"]
    reason: str = ""
    timed_out: bool = False


@dataclass(frozen=True)
class Report:
    """The outcomes of all checks of a component; printing it shows those that did not pass.

    Attributes
    ----------
    outcomes : tuple of Outcome
    """

    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(outcome.status != "failed" for outcome in self.outcomes)

    def __str__(self) -> str:
        alike: dict[tuple[str, str], list[str]] = {}
        for outcome in self.outcomes:
            if outcome.reason:
                alike.setdefault((outcome.status, outcome.reason), []).append(outcome.check.name)
        reasons = [f"{', '.join(names)} {status}: {reason}" for (status, reason), names in alike.items()]
        counts = Counter(outcome.status for outcome in self.outcomes)
        total = ", ".join(f"{counts[status]} {status}" for status in ("passed", "failed", "skipped") if counts[status])
        return "\n".join([*reasons, total])


def run_checks(
    component: Component | type[Component], *, skip: Iterable[str] = (), time_limit: float = TIME_LIMIT
) -> Report:
    """Run every check of a component; a class stands for its defaults.

    Parameters
    ----------
    component : Component
        The component, or its class.
    skip : iterable of str
        Names of checks to leave out.
    time_limit : float
        Seconds after which a check has failed, and later ones are not run. It needs a system with alarm signals. It is
        not enforced outside the main thread, or within a single call of compiled code.

    Raises
    ------
    ValueError
        When ``skip`` has the name of an unknown check.

    >>> from nnzoo.builtin.optimizers import Sgd
    >>> print(run_checks(Sgd))
    remembers skipped: it keeps no state
    arrays skipped: it updates one vector
    probe skipped: it takes the gradient at the parameters themselves
    inner-rates skipped: it wraps no other optimizer
    24 passed, 4 skipped
    """
    checks, left_out, endless = checks_for(component), set(skip), ""
    refuse_unknown_names(left_out, [check.name for check in checks])
    outcomes = []
    for check in checks:
        if check.name in left_out:
            outcomes.append(Outcome(check, "skipped", "on request"))
        elif endless:
            outcomes.append(Outcome(check, "skipped", f"fix {endless} first"))
        else:
            outcomes.append(_outcome(check, time_limit))
            endless = check.name if outcomes[-1].timed_out else ""
    return Report(tuple(outcomes))


def _outcome(check: Check, time_limit: float) -> Outcome:
    try:
        with _ending_after(time_limit):
            check()
    except TimeIsUp:
        return Outcome(check, "failed", f"it did not finish within {time_limit:g} s", timed_out=True)
    except CheckFailed as failure:
        skip = f"to ignore it: in Python, skip=[{check.name!r}]; in a command, --skip {check.name}"
        slow = f" (this is slow, but not wrong; {skip})" if check.is_about_speed else ""
        return Outcome(check, "failed", f"{failure}{slow}")
    except CheckSkipped as skipped:
        return Outcome(check, "skipped", str(skipped))
    return Outcome(check, "passed")


@contextmanager
def _ending_after(seconds: float) -> Iterator[None]:
    """Raise `TimeIsUp` in this context after so many seconds, where the system allows it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def up(*_: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
