"""Pooling: the mean of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import Floats, Layer, LayerMemory, LayerPlan, Shape

from nnzoo_conv.images import image_size


def global_average_pool(x: Floats) -> Floats:
    """The mean of each channel."""
    mean: Floats = (x[:, None] if x.ndim == 3 else x).mean(axis=(2, 3))
    return mean


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """Global average pooling: each channel of an image becomes one value, its mean.

    Equation, for images of c channels and h × w pixels::

        y[n,c] = 1/(h w) Σᵤᵥ x[n,c,u,v]
        ∂L/∂x[n,c,u,v] = 1/(h w) ∂L/∂y[n,c]

    Samples have the shape (h, w), which is one channel, or (c, h, w); outputs (c,). A fully connected layer behind it
    has c weights for each output, whatever the size of the image.

    References
    ----------
    Lin, Chen & Yan (2014), "Network in network", ICLR, arXiv:1312.4400.
    """

    name: ClassVar[str] = "global-average-pool"
    in_numpy: ClassVar = global_average_pool

    def plan(self, input_shape: Shape) -> LayerPlan:
        c, _, _ = image_size(self, input_shape)
        return LayerPlan((c,))

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        pixels = x.reshape(*out.shape, -1)
        np.add.reduce(pixels, axis=2, out=out)
        out *= 1 / pixels.shape[2]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is not None:
            grad_pixels = grad_in.reshape(*grad_out.shape, -1)
            np.multiply(grad_out[:, :, None], 1 / grad_pixels.shape[2], out=grad_pixels)
