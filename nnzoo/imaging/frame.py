"""`Frame`: where the pixels of a picture stand among the values of a sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Shape


@dataclass(frozen=True)
class Frame:
    """Samples that are pictures.

    Attributes
    ----------
    height, width : int
    color : bool
        Three values a pixel, red, green, blue; else one.
    shape : tuple of int
        Of a sample: (h, w), (1, h, w), (h, w, 1), (3, h, w), (h, w, 3), or (n²,) for a grey square.
    """

    height: int
    width: int
    color: bool
    shape: Shape

    @classmethod
    def of(cls, shape: Shape) -> Frame | None:
        """The frame of samples of a shape; None where they can't be pictures."""
        side = math.isqrt(shape[0])
        match shape:
            case (length,) if length == side**2 and side >= 4:
                return cls(side, side, False, shape)
            case (height, width):
                return cls(height, width, False, shape)
            case ((1 | 3) as channels, height, width) | (height, width, (1 | 3) as channels):
                return cls(height, width, channels == 3, shape)
        return None

    def sample(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Pixels of shape (h, w), or (h, w, 3) in colour, as a sample."""
        channels_first = self.color and self.shape[0] == 3
        return np.ascontiguousarray(np.moveaxis(pixels, 2, 0) if channels_first else pixels).reshape(self.shape)

    def stretched(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        """A picture in the size and the colours of a sample, of shape (h, w) or (h, w, 3), and what was done to it."""
        from PIL import Image

        image = Image.fromarray(picture).convert("RGB" if self.color else "L")
        if image.size == (self.width, self.height):
            return np.array(image), "used as it is"
        return np.array(image.resize((self.width, self.height), Image.Resampling.BILINEAR)), "resized"
