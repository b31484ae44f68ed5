"""What a network is made of, in words and numbers: the same for tables, JSON and diagrams."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnzoo.kinds import Layer, LayerPlan, Shape
from nnzoo.nn.network import Network


@dataclass(frozen=True)
class LayerSummary:
    """One layer of a network: what it is, the samples that come to it, and what it planned for them."""

    layer: Layer
    input_shape: Shape
    plan: LayerPlan

    @property
    def output_shape(self) -> Shape:
        """The shape of its output for one sample."""
        return self.plan.output_shape

    @property
    def parameters(self) -> int:
        """The number of its parameters."""
        return sum(math.prod(parameter.shape) for parameter in self.plan.parameters.values())

    def cells(self) -> tuple[str, str, str]:
        """Its row of a table, below `TITLES`."""
        return str(self.layer), format_shape(self.output_shape), f"{self.parameters:,}"


TITLES = ("layer", "output shape", "parameters")


def layer_summaries(network: Network) -> list[LayerSummary]:
    """All layers, from the input to the logits."""
    inputs = [network.input_shape, *(plan.output_shape for plan in network.plans[:-1])]
    return [LayerSummary(*each) for each in zip(network.layers, inputs, network.plans, strict=True)]


def totals(network: Network) -> str:
    """The input, and the sum of all parameters, in one line."""
    vector = network.parameters.vector
    return f"input {format_shape(network.input_shape)}, {vector.size:,} parameters, {vector.nbytes:,} bytes"


def summarize(network: Network) -> str:
    """The layers as a table in plain text, with the sum of all parameters below it."""
    rows = [TITLES, *(layer.cells() for layer in layer_summaries(network))]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    lines.insert(1, "─" * len(lines[0]))
    return "\n".join([*lines, "", totals(network)])


def format_shape(shape: Shape) -> str:
    """A shape as people write it.

    >>> format_shape((1, 28, 28))
    '1×28×28'
    """
    return "×".join(map(str, shape))
