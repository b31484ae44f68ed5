"""What layers and arrays are called in the explanation."""

from __future__ import annotations

from collections.abc import Sequence

from nnzoo.component import Component
from nnzoo.explanation.steps import LayerStep, Walk
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Activation, Graph, Initialization

SYMBOLS = {"weight": "W", "bias": "b"}
"""Of parameters, as `Dense` has them in its equation; others go by their own names."""


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def symbol(parameter: str) -> str:
    """What a parameter is called in an equation."""
    return SYMBOLS.get(parameter, parameter)


def symbols(step: LayerStep) -> tuple[tuple[str, ...], str]:
    """What a layer's inputs and its output are called in its equation: x and y; z and a; x₁, x₂ and y."""
    if isinstance(step.component(), Activation):
        return ("z",), "a"
    if len(step.inputs) == 1:
        return ("x",), "y"
    return tuple(f"x{str(number + 1).translate(SUBSCRIPTS)}" for number in range(len(step.inputs))), "y"


def output_name(step: LayerStep) -> str:
    """A layer's output, by its symbol and its place: ``y of 0.dense``."""
    return f"{symbols(step)[1]} of {step.name}"


def input_name(walk: Walk, step: LayerStep, number: int) -> str:
    """Where one of a layer's inputs comes from."""
    place = step.takes[number]
    return "the sample" if place == Graph.input else output_name(walk.layers[place])


def title(step: LayerStep) -> str:
    """The layer's place, what it computes, and with whose parameters: ``1.activate, relu``."""
    component = step.component()
    applied = [component.name] if component is not step.layer else []
    shared = [] if step.shared_with is None else [f"parameters of {step.shared_with}"]
    return ", ".join([step.name, *applied, *hyperparameters(component), *shared])


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
