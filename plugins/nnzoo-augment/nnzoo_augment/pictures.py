"""Pictures as all transforms here see them: (samples, channels, height, width)."""

from __future__ import annotations

from nnzoo.api import Floats, Problem, Transform, UsageError


def picture_shape(transform: Transform, problem: Problem) -> tuple[int, int, int]:
    """Channels, height and width of a sample.

    Raises
    ------
    UsageError
        When it is not a picture.
    """
    match problem.input_shape:
        case (height, width):
            return 1, height, width
        case (channels, height, width):
            return channels, height, width
    raise UsageError(
        f"{transform.label} is for pictures, and samples here have the shape {problem.input_shape}",
        hint="pictures have the shape (height, width) or (channels, height, width); "
        "for rows of numbers take mask-columns, mixup or noise",
    )


def require_room(transform: Transform, pixels: int, shape: tuple[int, int, int]) -> None:
    """Refuse a distance that is longer than the picture.

    Raises
    ------
    UsageError
    """
    if pixels > min(shape[1:]):
        raise UsageError(
            f"{transform.label}: pixels = {pixels} is more than a picture of {shape[1]} × {shape[2]} has",
            hint=f"take a number up to {min(shape[1:])}",
        )


def as_planes(inputs: Floats) -> Floats:
    """A view of pictures of either shape with an axis for channels."""
    return inputs.reshape(len(inputs), -1, *inputs.shape[-2:])
