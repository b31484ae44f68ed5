"""Larger images, in which each pixel is a square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Floats, Layer, LayerMemory, LayerPlan, Shape

from nnzoo_conv.images import image_size


def upsample2d(x: Floats, size: int) -> Floats:
    """Each pixel becomes a square of size × size equal ones."""
    return x.repeat(size, axis=-2).repeat(size, axis=-1)


@dataclass(frozen=True)
class Upsample2d(Layer):
    """Upsampling: a larger image, in which each pixel has become a square of equal ones (nearest neighbour).

    Equation, for squares of k × k pixels, in each channel::

        y[k u + i, k v + j] = x[u,v]            for i, j = 0 … k − 1
        ∂L/∂x[u,v] = Σᵢⱼ ∂L/∂y[k u + i, k v + j]

    Samples have the shape (h, w) or (c, h, w), outputs (k h, k w) or (c, k h, k w). With a convolution behind it, this
    replaces a transposed convolution in a decoder, which leaves checkerboard patterns.

    References
    ----------
    Odena, Dumoulin & Olah (2016), "Deconvolution and checkerboard artifacts", Distill, doi:10.23915/distill.00003.
    """

    name: ClassVar[str] = "upsample2d"
    in_numpy: ClassVar = upsample2d

    size: Annotated[int, Ge(1), doc("height and width of the square that a pixel becomes")] = 2

    def plan(self, input_shape: Shape) -> LayerPlan:
        _, height, width = image_size(self, input_shape)
        return LayerPlan((*input_shape[:-2], self.size * height, self.size * width))

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        for pixels in self._pixels(out):
            np.copyto(pixels, x)

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is None:
            return
        first, *others = self._pixels(grad_out)
        np.copyto(grad_in, first)
        for pixels in others:
            grad_in += pixels

    def _pixels(self, out: Floats) -> list[Floats]:
        """The first pixel of every square, then every second one, and so on: k² views of the shape of the input."""
        k = self.size
        return [out[..., i::k, j::k] for i in range(k) for j in range(k)]
