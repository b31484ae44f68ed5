"""The kit as pytest cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nnzoo.component import Component
from nnzoo.testing.check import refuse_unknown_names
from nnzoo.testing.kit import checks_for

if TYPE_CHECKING:
    import pytest


def parametrize_with_checks(
    components: Iterable[Component | type[Component]], *, expected_failures: Mapping[str, str] | None = None
) -> pytest.MarkDecorator:
    """Make a test function run once for each check of each component.

    ::

        @parametrize_with_checks([Mish(), Mish(beta=2)])
        def test_conformance(check):
            check()

    Parameters
    ----------
    components : iterable of Component
        What to check; a class stands for its defaults.
    expected_failures : mapping of str to str, optional
        Checks, by name, that are known to fail, and why. One that does not fail after all is an error.

    Raises
    ------
    ValueError
        When ``expected_failures`` names a check that there is not, or there is no component to check.
    """
    import pytest

    known = dict(expected_failures or {})
    cases: list[Any] = []
    for component in components:
        for check in checks_for(component):
            mark = (pytest.mark.xfail(reason=known[check.name], strict=True),) if check.name in known else ()
            cases.append(pytest.param(check, id=f"{check.component.kind}-{check.component}-{check.name}", marks=mark))
    if not cases:
        raise ValueError("parametrize_with_checks was given no component")
    refuse_unknown_names(set(known), list(dict.fromkeys(case.values[0].name for case in cases)))
    return pytest.mark.parametrize("check", cases)
