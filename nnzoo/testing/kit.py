"""All checks of a component: the common ones and those of its kind, as a list or as pytest cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nnzoo.component import Component
from nnzoo.testing import (
    activations,
    datasets,
    executors,
    exporters,
    figures,
    layers,
    losses,
    manners,
    metrics,
    models,
    observers,
    optimizers,
    preprocessors,
    schedules,
    searches,
    tasks,
    transforms,
)
from nnzoo.testing.check import Check, CheckFunction, named, refuse_unknown_names
from nnzoo.testing.observation import Observation

if TYPE_CHECKING:
    import pytest

OF_KIND: dict[str, ModuleType] = {
    "activation": activations,
    "optimizer": optimizers,
    "schedule": schedules,
    "loss": losses,
    "layer": layers,
    "model": models,
    "dataset": datasets,
    "task": tasks,
    "metric": metrics,
    "preprocessor": preprocessors,
    "transform": transforms,
    "observer": observers,
    "figure": figures,
    "exporter": exporters,
    "executor": executors,
    "search": searches,
}


def functions_for(kind: str) -> list[CheckFunction]:
    """The checks of a kind: every function of its module named ``check_…``, in the order of their definition.

    The first one shows whether a component can be used at all.
    """
    return [function for name, function in vars(OF_KIND[kind]).items() if name.startswith("check_")]


def checks_for(component: Component | type[Component]) -> list[Check]:
    """Every check of a component, in the order in which failures are best fixed.

    While the first check of its kind fails, the others are skipped if the component raises an error in them.

    Parameters
    ----------
    component : Component
        The component, with the hyperparameters to check it with; a class stands for its defaults.

    Examples
    --------
    >>> from nnzoo.builtin.activations import Relu
    >>> for check in checks_for(Relu()):
    ...     check()
    """
    subject = component() if isinstance(component, type) else component
    observed = Observation(subject, OF_KIND[subject.kind].exercise)
    of_kind = functions_for(subject.kind)

    def bound(functions: Sequence[CheckFunction], argument: Any, first: Check | None = None) -> Iterator[Check]:
        for function in functions:
            name, claim = named(function)
            yield Check(name, claim, subject, partial(function, argument), first)

    (first,) = bound(of_kind[:1], subject)
    return [
        *bound(manners.COMPONENT_CHECKS, subject),
        first,
        *bound(of_kind[1:], subject, first),
        *bound(manners.OBSERVED_CHECKS, observed, first),
    ]


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
        The components; a class stands for its defaults.
    expected_failures : mapping of str to str, optional
        The reasons for checks that are known to fail, by the check's name. One that passes is an error.

    Raises
    ------
    ValueError
        When ``expected_failures`` has the name of an unknown check, or there is no component to check.
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
