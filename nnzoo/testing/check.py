"""`Check`: one claim about one component, and the errors that it raises."""

from __future__ import annotations

import io
import traceback
import unittest
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

from nnzoo.component import Component
from nnzoo.errors import NnzooError, UsageError, did_you_mean

CheckFunction: TypeAlias = Callable[[Any], None]
Case = TypeVar("Case")
Result = TypeVar("Result")


class CheckFailed(AssertionError):  # noqa: N818 (it is not an error in the program)
    """A component is wrong; the message says how, and how to fix it where that is known."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)


class TimeIsUp(BaseException):
    """A check has exceeded its time limit."""


class CheckSkipped(unittest.SkipTest):
    """A check does not apply, for the reason in the message; pytest and unittest count the test as skipped."""


def require(condition: object, message: str, *, hint: str = "") -> None:
    """Fail the running check unless the condition holds.

    Raises
    ------
    CheckFailed
    """
    __tracebackhide__ = True
    if not condition:
        raise CheckFailed(message, hint=hint)


@dataclass(frozen=True, repr=False)
class Check:
    """One check of one component; calling it runs it.

    Attributes
    ----------
    name : str
        The name of the check, the same for every component: ``derivative``.
    claim : str
        The rule that the component must obey, in one sentence.
    component : Component
        The component under test.
    run : callable
        The check itself.
    first : Check, optional
        The check to fix first: while it fails, an error that the component raises here is not reported again.

    Raises
    ------
    CheckFailed
        When the component breaks the rule, raises an error, or warns.
    CheckSkipped
        When the claim does not apply to it, or can't be tested before something else is fixed.
    """

    name: str
    claim: str
    component: Component
    run: Callable[[], None]
    first: Check | None = None

    def __call__(self) -> None:  # noqa: D102 (the class says it)
        __tracebackhide__ = True
        try:
            # Undo what a component does to the process; the checks for such effects look inside this context.
            with np.errstate(), warnings.catch_warnings(), redirect_stdout(io.StringIO()):
                warnings.simplefilter("error")
                self.run()
        except (CheckSkipped, KeyboardInterrupt, TimeIsUp):
            raise
        except CheckFailed as failure:
            if self.first and str(self.first.failure()) == str(failure):
                raise _not_before(self.first) from failure
            raise
        except BaseException as error:
            known = self.first and self.first.failure()
            if self.first and known and (not isinstance(error, Warning) or str(error) == str(known.__cause__)):
                raise _not_before(self.first) from error
            happened = "it warns" if isinstance(error, Warning) else f"it raises {type(error).__name__}"
            text = f"{happened}: {error}".rstrip(": ")
            raise CheckFailed(f"{text}{_place(error, self.component)}") from error

    @property
    def is_about_speed(self) -> bool:
        """Whether a component that fails this check is slow rather than wrong."""
        return "allocation" in self.name

    def failure(self) -> CheckFailed | None:
        """The failure of the component, if it breaks the rule."""
        try:
            self()
        except CheckFailed as failure:
            return failure
        except CheckSkipped:
            return None
        return None

    def __str__(self) -> str:
        return f"{self.component.label}: {self.name}"

    def __repr__(self) -> str:
        return f"<check {self.name} of {self.component.kind} {self.component}>"


def _not_before(first: Check) -> CheckSkipped:
    return CheckSkipped(f"fix {first.name} first")


def named(function: CheckFunction) -> tuple[str, str]:
    """A check function's name, ``check_first_steps`` as ``first-steps``, and its claim, the docstring's first line."""
    claim = (function.__doc__ or "").strip().split("\n", 1)[0].replace("`", "")
    return function.__name__.removeprefix("check_").replace("_", "-"), claim


def _place(error: BaseException, component: Component) -> str:
    """The line of the component's own file that raised an error, if one did."""
    module = type(component).__module__
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_globals.get("__name__") == module:
            return f" ({Path(frame.f_code.co_filename).name}, line {line})"
    return ""


def refuse_unknown_names(names: set[str], known: list[str]) -> None:
    """Raise a ValueError if one of the names is not the name of a check."""
    for name in sorted(names - set(known)):
        raise ValueError(f"there is no check {name!r}: {did_you_mean(name, known)}checks are {', '.join(known)}")


def results_of(
    attempt: Callable[[Case], Result],
    cases: Mapping[str, Case],
    last_resort: Mapping[str, Case] | None = None,
    *,
    refusal: type[NnzooError] = UsageError,
) -> dict[str, Result]:
    """Try a component with each case, and return the results for those that it accepts, by the cases' names.

    Parameters
    ----------
    attempt : callable
        Uses the component with one case.
    cases : mapping of str to object
        Cases by a description.
    last_resort : mapping of str to object, optional
        Cases to try if the component accepts none of the others.
    refusal : type of NnzooError
        The error that means that the component does not accept a case.

    Raises
    ------
    CheckFailed
        When it accepts none.
    """
    results, reason, rare = dict[str, Result](), "", last_resort or {}
    for name, case in {**cases, **rare}.items():
        if results and name in rare:
            break
        try:
            results[name] = attempt(case)
        except refusal as error:
            reason = error.message
    require(results, f"it accepts none of {'; '.join([*cases, *rare])}: {reason}")
    return results


def accepted(attempt: Callable[[Case], object], cases: Mapping[str, Case]) -> dict[str, Case]:
    """The cases that a component accepts, by name; see `results_of`."""
    return {name: cases[name] for name in results_of(attempt, cases)}
