"""`run_checks`: all checks of a component at once, for the command line and for a notebook."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from nnzoo.component import Component
from nnzoo.testing.check import Check, CheckFailed, CheckSkipped, TimeIsUp, refuse_unknown_names
from nnzoo.testing.kit import checks_for

TIME_LIMIT = 120.0
"""Seconds that a check may take; on a slow machine those of a built-in component take ten."""


@dataclass(frozen=True)
class Outcome:
    """How one check ended, and why where it did not pass."""

    check: Check
    status: Literal["passed", "failed", "skipped"]
    reason: str = ""
    timed_out: bool = False


@dataclass(frozen=True)
class Report:
    """The outcomes of all checks of a component; printed, it shows what did not pass.

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
        statuses = [outcome.status for outcome in self.outcomes]
        counts = {status: statuses.count(status) for status in dict.fromkeys(("passed", "failed", *statuses))}
        return "\n".join([*reasons, ", ".join(f"{count} {status}" for status, count in counts.items() if count)])


def run_checks(
    component: Component | type[Component], *, skip: Iterable[str] = (), time_limit: float = TIME_LIMIT
) -> Report:
    """Run every check of a component; a class stands for its defaults.

    Parameters
    ----------
    component : Component
        What to check.
    skip : iterable of str
        Names of checks to leave out.
    time_limit : float
        Seconds after which a check has failed, and those behind it are not run. It takes a system with alarm signals,
        and is not kept in another thread than the main one, or within a single call of compiled code.

    Raises
    ------
    ValueError
        When ``skip`` names a check that there is not.

    >>> from nnzoo.builtin.optimizers import Sgd
    >>> print(run_checks(Sgd))
    remembers skipped: it keeps no state
    arrays skipped: it sees one vector
    probe skipped: it takes the gradient where the parameters are
    inner-rates skipped: it works through no other optimizer
    24 passed, 4 skipped
    """
    checks, left_out, endless = checks_for(component), set(skip), ""
    refuse_unknown_names(left_out, [check.name for check in checks])
    outcomes = []
    for check in checks:
        if check.name in left_out:
            outcomes.append(Outcome(check, "skipped", "you said so"))
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
        return Outcome(check, "failed", f"it has not ended after {time_limit:g} s", timed_out=True)
    except CheckFailed as failure:
        pass_over = f"to pass over it, in Python, skip=[{check.name!r}]; in a command, --skip {check.name}"
        slow = f" (that costs speed, and is not wrong; {pass_over})" if check.is_about_speed else ""
        return Outcome(check, "failed", f"{failure}{slow}")
    except CheckSkipped as skipped:
        return Outcome(check, "skipped", str(skipped))
    return Outcome(check, "passed")


@contextmanager
def _ending_after(seconds: float) -> Iterator[None]:
    """Raise `TimeIsUp` within this context when it has lasted too long, where that is possible."""
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
