"""What layers ask of the shape of a sample."""

from __future__ import annotations

from nnzoo.api import Layer, Shape, UsageError


def steps_and_size(layer: Layer, shape: Shape) -> tuple[int, int]:
    """How many steps a sequence has, and how many values each of them.

    Raises
    ------
    UsageError
        When a sample is not a sequence of vectors.
    """
    if len(shape) != 2:
        raise UsageError(
            f"{layer.label} takes sequences of shape (steps, values), but samples have shape {shape}",
            hint="an embedding makes such a sequence of class numbers",
        )
    return shape[0], shape[1]
