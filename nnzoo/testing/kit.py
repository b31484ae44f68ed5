"""All checks of a component: those of every component, and those of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from nnzoo.component import Component
from nnzoo.testing import activations, datasets, exporters, layers, losses, manners, models, optimizers, schedules
from nnzoo.testing.check import Check, named
from nnzoo.testing.observation import Observation

OF_KIND: dict[str, ModuleType] = {
    "activation": activations,
    "optimizer": optimizers,
    "schedule": schedules,
    "loss": losses,
    "layer": layers,
    "model": models,
    "dataset": datasets,
    "exporter": exporters,
}


def checks_for(component: Component | type[Component]) -> list[Check]:
    """Every check of a component, in the order in which they are best mended.

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

    def bound(functions: tuple[Callable[[Any], None], ...], argument: Any) -> Iterator[Check]:
        for function in functions:
            name, claim = named(function)
            yield Check(name, claim, subject, partial(function, argument))

    return [
        *bound(manners.COMPONENT_CHECKS, subject),
        *bound(kind.CHECKS, subject),
        *bound(manners.OBSERVED_CHECKS, observed),
    ]
