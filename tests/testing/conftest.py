"""Fixtures of the tests of wrong components."""

import pytest

from nnzoo.testing import CheckFailed, CheckSkipped, checks_for


def verdict(check):
    """The message of a check that fails or is skipped; empty if it passes."""
    try:
        check()
    except (CheckFailed, CheckSkipped) as found:
        return str(found)
    return ""


@pytest.fixture(scope="session")
def verdict_of():
    """``verdict_of(component, check)``: the message of the check of that name, which must fail."""

    def of(component, name):
        (check,) = [check for check in checks_for(component) if check.name == name]
        with pytest.raises(CheckFailed) as failure:
            check()
        return str(failure.value)

    return of


@pytest.fixture(scope="session")
def failures_of():
    """``failures_of(checks)``: the messages of the checks that fail, by name."""

    def of(checks):
        failures = {}
        for check in checks:
            try:
                check()
            except CheckFailed as failure:
                failures[check.name] = str(failure)
            except CheckSkipped:
                pass
        return failures

    return of


@pytest.fixture(scope="session")
def verdicts_of():
    """``verdicts_of(component)``: the message of every check, by name; each ends in a verdict.

    The check ``cheap-import`` is left out, because it starts a new Python.
    """
    return lambda component: {
        check.name: verdict(check) for check in checks_for(component) if check.name != "cheap-import"
    }
