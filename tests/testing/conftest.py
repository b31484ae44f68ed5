"""What the tests of wrong components share."""

import pytest

from nnzoo.testing import CheckFailed, CheckSkipped, checks_for


def verdict(check):
    """What a check has to say against a component; nothing where it passes."""
    try:
        check()
    except (CheckFailed, CheckSkipped) as found:
        return str(found)
    return ""


@pytest.fixture(scope="session")
def verdict_of():
    """``verdict_of(component, check)``: what the check of that name says; it must fail."""

    def of(component, name):
        (check,) = [check for check in checks_for(component) if check.name == name]
        with pytest.raises(CheckFailed) as failure:
            check()
        return str(failure.value)

    return of


@pytest.fixture(scope="session")
def failures_of():
    """``failures_of(checks)``: what those that fail say, by name."""

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
    """``verdicts_of(component)``: what every check says, by name; each ends in a verdict, whatever is wrong.

    All but that of a cheap import, which starts a new Python to look at the module.
    """
    return lambda component: {
        check.name: verdict(check) for check in checks_for(component) if check.name != "cheap-import"
    }
