"""A check of the shape of a sample."""

from __future__ import annotations

from nnzoo.api import Layer, Shape, UsageError


def steps_and_size(layer: Layer, shape: Shape) -> tuple[int, int]:
    """The number of steps of a sequence, and the number of values at each step.

    Raises
    ------
    UsageError
        When a sample is not a sequence of vectors.
    """
    if len(shape) != 2:
        raise UsageError(
            f"{layer.label} takes sequences of shape (steps, values), but samples have shape {shape}",
            hint="an embedding turns class numbers into such a sequence",
        )
    return shape[0], shape[1]
