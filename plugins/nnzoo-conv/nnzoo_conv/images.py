"""What all that takes images shares: which axis of a sample is which."""

from __future__ import annotations

from typing import Literal, TypeAlias

from nnzoo.api import Component, Shape, UsageError

Channels: TypeAlias = Literal["first", "last"]


def image_size(taker: Component, sample: Shape, channels: Channels = "first") -> tuple[int, int, int]:
    """Channels, height and width of a sample of shape (h, w), which is one channel, (c, h, w) or (h, w, c).

    Raises
    ------
    UsageError
        When the sample is no image; it names ``taker``.
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
