"""What a row of layers needs, before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from nnzoo.component import require_returned
from nnzoo.kinds import Layer, LayerPlan, Parameter, Shape


def plan_layers(layers: Sequence[Layer], input_shape: Shape) -> list[LayerPlan]:
    """Each layer's plan, the output of one being the input of the next.

    Raises
    ------
    UsageError
        When samples of a shape can't be a layer's input.
    PluginError
        When a layer's plan is none.
    """
    plans: list[LayerPlan] = []
    for layer in layers:
        plan = layer.plan(input_shape)
        require_returned(layer, "plan", plan, LayerPlan, "a LayerPlan")
        plans.append(plan)
        input_shape = plan.output_shape
    return plans


def planned_arrays(
    layers: Sequence[Layer], plans: Sequence[LayerPlan], part: Literal["parameters", "state"]
) -> dict[str, Parameter]:
    """The parameters, or the state, that all layers plan for, by their full names: ``0.dense.weight``."""
    return {
        f"{place}.{layer.name}.{name}": parameter
        for place, (layer, plan) in enumerate(zip(layers, plans, strict=True))
        for name, parameter in getattr(plan, part).items()
    }
