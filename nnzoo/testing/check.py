"""`Check`: one claim about one component, and what it finds."""

from __future__ import annotations

import io
import traceback
import unittest
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from nnzoo.component import Component
from nnzoo.errors import UsageError, did_you_mean
from nnzoo.kinds import Problem

CheckFunction: TypeAlias = Callable[[Any], None]


class CheckFailed(AssertionError):  # noqa: N818 (it is not an error of the program's)
    """What a component does wrong, and where there is one, how to fix it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)


class TimeIsUp(BaseException):
    """A check has not ended in the time that it was given."""


class CheckSkipped(unittest.SkipTest):
    """Why a check does not apply; pytest and unittest count the test as skipped."""


def require(condition: object, message: str, *, hint: str = "") -> None:
    """Fail the check that is running unless the condition holds.

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
        What the check is called, the same for every component: ``derivative``.
    claim : str
        What it holds the component to, in one sentence.
    component : Component
        What is checked.
    run : callable
        The check itself.
    first : Check, optional
        What is to be fixed first: while it fails, an error that the component raises here says nothing new.

    Raises
    ------
    CheckFailed
        When the component does not live up to the claim, raises an error, or warns.
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
            # Whatever a component does to the process ends with the check; those that are about it look within.
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
            raise CheckFailed(f"{text}{where(error, self.component)}") from error

    @property
    def is_about_speed(self) -> bool:
        """Whether a component that fails it is slow, and not wrong."""
        return "allocation" in self.name

    def failure(self) -> CheckFailed | None:
        """How the component fails to live up to the claim, if it does."""
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


def where(error: BaseException, component: Component) -> str:
    """The place in the component's own file that an error came from, if it came from there."""
    module = type(component).__module__
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_globals.get("__name__") == module:
            return f" ({Path(frame.f_code.co_filename).name}, line {line})"
    return ""


def refuse_unknown_names(names: set[str], known: list[str]) -> None:
    """Raise a ValueError for the name of a check that there is not."""
    for name in sorted(names - set(known)):
        raise ValueError(f"there is no check {name!r}: {did_you_mean(name, known)}checks are {', '.join(known)}")


def fitting(plan: Callable[[Problem], object], problems: Mapping[str, Problem]) -> dict[str, Problem]:
    """The problems, by words for them, that a component plans for.

    Raises
    ------
    CheckFailed
        When it is for none.
    """
    found, refused = {}, ""
    for words, problem in problems.items():
        try:
            plan(problem)
        except UsageError as error:
            refused = error.message
        else:
            found[words] = problem
    require(found, f"it is for none of {'; '.join(problems)}: {refused}")
    return found
