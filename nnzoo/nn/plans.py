"""The graph of a model, and the plans of its layers, before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from nnzoo.component import plugin_bug, require_returned, with_article
from nnzoo.errors import PluginError, UsageError
from nnzoo.kinds import Activation, AnyLayer, AnyModel, Graph, GraphModel, LayerPlan, Model, Parameter, Problem, Shape


def graph_of(model: AnyModel, problem: Problem, activation: Activation) -> Graph:
    """The graph of a model for a problem.

    Raises UsageError if the model does not support such samples, and PluginError if it does not return layers.
    """
    if isinstance(model, GraphModel):
        graph = require_returned(model, "graph", model.graph(problem, activation), Graph, "a Graph")
        for node in graph.nodes:
            _require_layer(model, node.layer)
    elif isinstance(model, Model):
        layers = model.layers(problem.input_shape, problem.logits, activation)
        require_returned(model, "layers", layers, list | tuple, "a list of layers")
        for layer in layers:
            _require_layer(model, layer)
        try:
            graph = Graph.of(layers)
        except UsageError as error:
            raise plugin_bug(model, error.message) from None
    else:
        raise plugin_bug(model, "it is neither a Model nor a GraphModel")
    if not graph.nodes:
        raise plugin_bug(model, "it has no layers")
    return graph


def plan_layers(graph: Graph, input_shape: Shape) -> list[LayerPlan]:
    """The plan of each layer, for the shapes of its inputs.

    Raises UsageError if a layer does not support its input shape, or no layer uses its output, and PluginError if a
    layer returns an invalid plan.
    """
    plans: list[LayerPlan] = []
    for node in graph.nodes:
        shapes = input_shapes(node.inputs, plans, input_shape)
        layer: Any = node.layer  # a MergeLayer plans for a tuple of shapes, a Layer for one
        plan = layer.plan(shapes if len(shapes) > 1 else shapes[0])
        require_returned(layer, "plan", plan, LayerPlan, "a LayerPlan")
        if len(shapes) > 1 and plan.gradient_in_place:
            raise plugin_bug(layer, "it plans for gradients in place, which only a layer with one input can")
        if node.shared_with is not None and _shapes(plan) != _shapes(plans[node.shared_with]):
            raise UsageError(
                f"{graph.name(len(plans))} can't share the arrays of {graph.name(node.shared_with)}: their shapes "
                "differ",
                hint="the inputs of layers that share arrays must have the same shape",
            )
        plans.append(plan)
    for place, readers in enumerate(graph.readers()[:-1]):
        if not readers:
            raise UsageError(
                f"no layer takes the output of {graph.name(place)}",
                hint="only the last layer's output is the network's; concatenate joins several outputs into one",
            )
    return plans


def input_shapes(inputs: Sequence[int], plans: Sequence[LayerPlan], input_shape: Shape) -> tuple[Shape, ...]:
    """The shapes of a node's inputs."""
    return tuple(input_shape if place == Graph.input else plans[place].output_shape for place in inputs)


def planned_arrays(
    graph: Graph, plans: Sequence[LayerPlan], part: Literal["parameters", "state"]
) -> dict[str, Parameter]:
    """The parameters or the state of all layers, by their full names: ``0.dense.weight``; shared arrays appear once."""
    return {
        f"{graph.name(place)}.{name}": parameter
        for place, (node, plan) in enumerate(zip(graph.nodes, plans, strict=True))
        if node.shared_with is None
        for name, parameter in getattr(plan, part).items()
    }


def _shapes(plan: LayerPlan) -> dict[str, Shape]:
    """The shapes of all parameters and state."""
    return {name: array.shape for name, array in (*plan.parameters.items(), *plan.state.items())}


def _require_layer(model: AnyModel, layer: object) -> None:
    if not isinstance(layer, AnyLayer):
        raise PluginError(
            f"{model.label}: there is {with_article(layer)} among its layers",
            hint="each must be an instance of a layer class; wrap an activation: Activate(activation)",
        )
