"""A network's layers as a table."""

from __future__ import annotations

import math

from nnzoo.nn.network import Network


def layer_rows(network: Network) -> list[tuple[str, str, str]]:
    """For each layer what it is, the shape of its output for one sample, and the number of its parameters."""
    return [
        (str(layer), _shape(plan.output_shape), f"{sum(math.prod(p.shape) for p in plan.parameters.values()):,}")
        for layer, plan in zip(network.layers, network.plans, strict=True)
    ]


def summarize(network: Network) -> str:
    """The table as text, with the sum of all parameters below it."""
    rows = [("layer", "output shape", "parameters"), *layer_rows(network)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    lines.insert(1, "─" * len(lines[0]))
    size = network.parameters.vector.nbytes
    return "\n".join(
        [*lines, "", f"input {_shape(network.input_shape)}, {len(network.parameters):,} parameters, {size:,} bytes"]
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
