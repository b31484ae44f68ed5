"""`run_checks`: all checks of a component at once, for the command line and for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnzoo.component import Component
from nnzoo.testing.check import Check, CheckFailed, CheckSkipped
from nnzoo.testing.kit import checks_for


@dataclass(frozen=True)
class Outcome:
    """How one check ended, and why where it did not pass."""

    check: Check
    status: Literal["passed", "failed", "skipped"]
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """The outcomes of all checks of a component; printed, it tells what did not pass.

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


def run_checks(component: Component | type[Component]) -> Report:
    """Run every check of a component; a class stands for its defaults.

    >>> from nnzoo.builtin.optimizers import Sgd
    >>> print(run_checks(Sgd))
    remembers skipped: it keeps no state
    23 passed, 1 skipped
    """
    return Report(tuple(_outcome(check) for check in checks_for(component)))


def _outcome(check: Check) -> Outcome:
    try:
        check()
    except CheckFailed as failure:
        return Outcome(check, "failed", str(failure))
    except CheckSkipped as skipped:
        return Outcome(check, "skipped", str(skipped))
    return Outcome(check, "passed")
