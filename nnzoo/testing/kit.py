"""All checks of a component: those of every component, and those of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any

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
from nnzoo.testing.check import Check, CheckFunction, named
from nnzoo.testing.observation import Observation

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


def checks_for(component: Component | type[Component]) -> list[Check]:
    """Every check of a component, in the order in which they are best fixed.

    Of those of its kind the first says whether it can be used at all; while it does not, others that come to no verdict
    are skipped.

    Parameters
    ----------
    component : Component
        What to check, with the hyperparameters to check it with; a class stands for its defaults.

    Examples
    --------
    >>> from nnzoo.builtin.activations import Relu
    >>> for check in checks_for(Relu()):
    ...     check()
    """
    subject = component() if isinstance(component, type) else component
    kind = OF_KIND[subject.kind]
    observed = Observation(subject, kind.exercise)

    def bound(functions: Sequence[CheckFunction], argument: Any, first: Check | None = None) -> Iterator[Check]:
        for function in functions:
            name, claim = named(function)
            yield Check(name, claim, subject, partial(function, argument), first)

    (first,) = bound(kind.CHECKS[:1], subject)
    return [
        *bound(manners.COMPONENT_CHECKS, subject),
        first,
        *bound(kind.CHECKS[1:], subject, first),
        *bound(manners.OBSERVED_CHECKS, observed, first),
    ]
