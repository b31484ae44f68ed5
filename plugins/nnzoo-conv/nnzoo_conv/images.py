"""What all that takes images shares: which axis of a sample is which."""

from __future__ import annotations

from typing import Literal, TypeAlias

from nnzoo.api import Component, Layer, Shape, UsageError
from nnzoo.builtin.merging import Slice

Channels: TypeAlias = Literal["first", "last"]


def image_size(taker: Component, sample: Shape, channels: Channels = "first") -> tuple[int, int, int]:
    """Channels, height and width of a sample of shape (h, w), which is one channel, (c, h, w) or (h, w, c).

    Raises
    ------
    UsageError
        When the sample is not an image; it names ``taker``.
    """
    if len(sample) not in (2, 3):
        raise UsageError(
            f"{taker.label} takes images, not samples of shape {sample}",
            hint="an image has the shape (height, width), or three axes with the channels",
        )
    if channels == "last":
        sample = (*sample[2:], *sample[:2])
    c, height, width = (1, *sample)[-3:]
    return c, height, width


def image_layers(taker: Component, sample: Shape, channels: Channels) -> tuple[list[Layer], Channels, int | None]:
    """The first layers of a convolutional network that also takes signals of shape (w,), as images of one row.

    Returns
    -------
    list of Layer
        Layers that turn samples into images; none for images.
    {"first", "last"}
        The channel axis of these images.
    int or None
        The height of the network's windows: 1 for images of one row, None for the same as their width.

    Raises
    ------
    UsageError
        When the sample is neither an image nor a signal.
    """
    if len(sample) == 1:
        return [Slice(0, (1, 1, *sample))], "first", 1
    _, height, _ = image_size(taker, sample, channels)
    return [], channels, 1 if height == 1 else None
