"""Pooling: the largest value in each window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Shape, UsageError, in_threads, sample_blocks

from nnzoo_conv.images import image_size


def maxpool2d(x: Floats, size: int, stride: int) -> Floats:
    """Max pooling: the largest value in each window of size × size pixels."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(-2, -1))
    largest: Floats = windows[..., :: stride or size, :: stride or size, :, :].max(axis=(-2, -1))
    return largest


@dataclass(frozen=True)
class MaxPool2d(Layer):
    """Max pooling: a smaller image, of the largest value in each window.

    Equation, for windows of k × k pixels that move by the stride s, in each channel::

        y[u,v] = max x[s u + i, s v + j]        over i, j = 0 … k − 1
        ∂L/∂x[s u + i, s v + j] = ∂L/∂y[u,v]    where the maximum was found, else 0

    Where windows overlap, a pixel's gradients add up. Where several pixels of a window are equally large, the first one
    takes the gradient, row by row. Samples have the shape (h, w) or (c, h, w), outputs (h′, w′) or (c, h′, w′) with
    h′ = ⌊(h − k) / s⌋ + 1, and likewise w′: rows and columns at the end that fill no window are left out.

    References
    ----------
    Ranzato, Huang, Boureau & LeCun (2007), "Unsupervised learning of invariant feature hierarchies with applications to
    object recognition", CVPR.
    """

    name: ClassVar[str] = "maxpool2d"
    in_numpy: ClassVar = maxpool2d

    size: Annotated[int, Ge(1), doc("height and width of the window")] = 2
    stride: Annotated[int, Ge(0), doc("pixels from one window to the next; 0 for as many as the window has")] = 0

    def plan(self, input_shape: Shape) -> LayerPlan:
        _, height, width = image_size(self, input_shape)
        k, s = self.size, self.stride or self.size
        if min(height, width) < k:
            raise UsageError(
                f"{self.label}: an image of {height} × {width} pixels is smaller than the window, {k} × {k}",
                hint="choose a smaller size, or pad the image in the convolution before it",
            )
        shape = (*input_shape[:-2], (height - k) // s + 1, (width - k) // s + 1)
        workspace = {"free": Buffer(shape, np.bool_), "chosen": Buffer(shape, np.bool_)}
        if s < k:
            workspace["portion"] = Buffer(shape)
        return LayerPlan(shape, workspace=workspace, shares_work=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        first, *others = self._pixels(x, out.shape)

        def block(some: slice) -> None:
            np.copyto(out[some], first[some])
            for pixels in others:
                np.maximum(out[some], pixels[some], out=out[some])

        in_threads(block, sample_blocks(x))

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is None:
            return
        arrays, portion = memory.workspace, memory.workspace.get("portion")
        pairs = list(zip(self._pixels(x, out.shape), self._pixels(grad_in, out.shape), strict=True))

        def block(some: slice) -> None:
            free, chosen = arrays["free"][some], arrays["chosen"][some]
            if portion is not None or grad_in.size > out.size * self.size**2:  # else every pixel is written below
                grad_in[some].fill(0)
            free.fill(True)
            for pixels, grad_pixels in pairs:
                np.equal(pixels[some], out[some], out=chosen)
                chosen &= free
                free ^= chosen  # a window chooses only one pixel
                if portion is not None:
                    grad_pixels[some] += np.multiply(grad_out[some], chosen, out=portion[some])
                else:
                    np.multiply(grad_out[some], chosen, out=grad_pixels[some])

        in_threads(block, sample_blocks(x))

    def _pixels(self, x: Floats, shape: Shape) -> list[Floats]:
        """The first pixel of every window, then every second one, and so on: k² views of the shape of the output."""
        s, (rows, columns) = self.stride or self.size, shape[-2:]
        places = [(i, j) for i in range(self.size) for j in range(self.size)]
        return [x[..., i : i + s * rows : s, j : j + s * columns : s] for i, j in places]
