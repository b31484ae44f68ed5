"""What layers and arrays are called in the explanation."""

from __future__ import annotations

from collections.abc import Sequence

from nnzoo.builtin.layers import Activate
from nnzoo.component import Component
from nnzoo.explanation.steps import LayerStep
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Initialization

SYMBOLS = {"weight": "W", "bias": "b"}
"""Of parameters, as `Dense` has them in its equation; others go by their own names."""


def symbol(parameter: str) -> str:
    """What a parameter is called in an equation."""
    return SYMBOLS.get(parameter, parameter)


def symbols(step: LayerStep) -> tuple[str, str]:
    """What a layer's input and output are called in its equation."""
    return ("z", "a") if isinstance(step.layer, Activate) else ("x", "y")


def output_name(step: LayerStep) -> str:
    """A layer's output, by its symbol and its place: ``y of 0.dense``."""
    return f"{symbols(step)[1]} of {step.name}"


def title(step: LayerStep) -> str:
    """The layer's place, and what it computes: ``1.activate, relu``."""
    component = step.component()
    applied = [component.name] if component is not step.layer else []
    return ", ".join([step.name, *applied, *hyperparameters(component)])


def hyperparameters(component: Component) -> list[str]:
    """The hyperparameters with their values, ``beta = 0.9``; but for how weights start, which is past."""
    return [
        f"{h.name} = {format_value(getattr(component, h.name))}"
        for h in component.hyperparameters()
        if component.declarations()[h.name][0] != Initialization
    ]


def listed(names: Sequence[str]) -> str:
    """Names in a row, the last behind *and*."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
