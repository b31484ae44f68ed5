"""A description of a network's layers, for tables, JSON and diagrams."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnzoo.kinds import AnyLayer, Graph, LayerPlan, Shape
from nnzoo.nn.network import Network
from nnzoo.nn.plans import input_shapes


@dataclass(frozen=True)
class LayerSummary:
    """One layer of a network: its component, its inputs, and its plan.

    Attributes
    ----------
    layer : Layer or MergeLayer
    place : int
        Its place in the network.
    inputs : tuple of int
        The places whose outputs it takes; −1 is the network's input.
    input_shapes : tuple of tuple of int
        The shape of each input.
    plan : LayerPlan
    shared_with : int or None
        The place of the layer whose arrays it uses.
    """

    layer: AnyLayer
    place: int
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    plan: LayerPlan
    shared_with: int | None = None

    @property
    def input_shape(self) -> Shape:
        """The shape of its (first) input for one sample."""
        return self.input_shapes[0]

    @property
    def output_shape(self) -> Shape:
        """The shape of its output for one sample."""
        return self.plan.output_shape

    @property
    def parameters(self) -> int:
        """The number of its parameters; 0 if another layer owns them."""
        if self.shared_with is not None:
            return 0
        return sum(math.prod(parameter.shape) for parameter in self.plan.parameters.values())


NUMBERS = ("place", "output shape", "output", "parameters")
"""The right-aligned columns of `table_of`."""


def table_of(network: Network) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The titles and rows of a table of all layers; for a graph, with their places and sources."""
    rows: list[tuple[str, ...]] = []
    for each in layer_summaries(network):
        layer, shape, parameters = str(each.layer), format_shape(each.output_shape), f"{each.parameters:,}"
        if network.graph.is_row():
            rows.append((layer, shape, parameters))
            continue
        sources = ", ".join("input" if place == Graph.input else str(place) for place in each.inputs)
        if each.shared_with is not None and each.plan.parameters:
            parameters = f"of {each.shared_with}"
        rows.append((str(each.place), layer, sources, shape, parameters))
    if network.graph.is_row():
        return ("layer", "output shape", "parameters"), rows
    return ("place", "layer", "takes", "output", "parameters"), rows


def layer_summaries(network: Network) -> list[LayerSummary]:
    """All layers, from the input to the logits."""
    return [
        LayerSummary(
            node.layer,
            place,
            node.inputs,
            input_shapes(node.inputs, network.plans, network.input_shape),
            network.plans[place],
            node.shared_with,
        )
        for place, node in enumerate(network.graph.nodes)
    ]


def totals(network: Network) -> str:
    """The input shape and the number of all parameters on one line."""
    vector = network.parameters.vector
    return f"input {format_shape(network.input_shape)}, {vector.size:,} parameters, {vector.nbytes:,} bytes"


def summarize(network: Network) -> str:
    """A plain-text table of the layers, with the number of all parameters below it."""
    titles, rows = table_of(network)
    rows = [titles, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(titles))]
    lines = [
        "  ".join(
            f"{cell:>{width}}" if title in NUMBERS else f"{cell:<{width}}"
            for title, cell, width in zip(titles, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "─" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join([*lines, "", totals(network)])


def format_shape(shape: Shape) -> str:
    """A shape with multiplication signs.

    >>> format_shape((1, 28, 28))
    '1×28×28'
    """
    return "×".join(map(str, shape))
