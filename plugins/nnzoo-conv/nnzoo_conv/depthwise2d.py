"""Convolution of each channel separately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import (
    Buffer,
    Floats,
    Initialization,
    Layer,
    LayerMemory,
    LayerPlan,
    Parameter,
    Shape,
    UsageError,
    sample_blocks,
)

from nnzoo_conv.images import image_size
from nnzoo_conv.windows import Padding, fit_window


def depthwise2d(x: Floats, weight: Floats, bias: Floats, stride: int, padding: int | str) -> Floats:
    """Depthwise convolution: a separate window of k × k weights slides over each channel."""
    if x.ndim == 3:
        x = x[:, None]
    k = weight.shape[1]
    if isinstance(padding, int):
        zeros = [(padding, padding)] * 2
    else:  # "same": the output is as large as the image if the stride is one pixel
        needed = [max(k - (length % stride or stride), 0) if padding == "same" else 0 for length in x.shape[2:]]
        zeros = [(n // 2, n - n // 2) for n in needed]
    x = np.pad(x, ((0, 0), (0, 0), *zeros))
    seen = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    y: Floats = np.einsum("ncuvij,cij->ncuv", seen, weight) + bias[:, None, None]
    return y


@dataclass(frozen=True)
class Depthwise2d(Layer):
    """Depthwise convolution: one small window for each channel, without mixing channels.

    Equation, for images x of c channels, zero outside, weights W, biases b, stride s, padding p::

        y[n,c,u,v] = b[c] + Σᵢⱼ W[c,i,j] x[n, c, s u + i − p, s v + j − p]

    A convolution of k × k takes c f k² weights for f filters; this one, with a ``conv2d:kernel_size=1`` behind it that
    mixes the channels, takes c k² + c f. Samples have the shape (h, w), which is one channel, or (c, h, w); outputs
    always (c, h′, w′), with h′ and w′ as ``conv2d`` has them. Padding ``valid`` is none; ``same`` makes h′ = ⌈h / s⌉,
    and where this takes an odd number of zeros, the end of the image gets one more.

    References
    ----------
    Sifre (2014), "Rigid-motion scattering for image classification", PhD thesis, École Polytechnique.
    Chollet (2017), "Xception: deep learning with depthwise separable convolutions", CVPR, arXiv:1610.02357.
    """

    name: ClassVar[str] = "depthwise2d"
    in_numpy: ClassVar = depthwise2d

    kernel_size: Annotated[int, Ge(1), doc("height and width of the window")] = 3
    stride: Annotated[int, Ge(1), doc("pixels from one place of the window to the next")] = 1
    padding: Annotated[Padding, doc("zeros on each side of the image: their number, or valid, or same")] = "same"
    initialization: Annotated[Initialization, doc("how the weights start")] = "glorot"

    def plan(self, input_shape: Shape) -> LayerPlan:
        c, height, width = image_size(self, input_shape)
        k, s = self.kernel_size, self.stride
        (top, rows), (left, columns) = self._fit(height), self._fit(width)
        if min(rows, columns) < 1:
            raise UsageError(
                f"{self.label}: an image of {height} × {width} pixels is smaller than the window, {k} × {k}",
                hint="choose a smaller kernel_size, or padding=same",
            )
        framed = max(top + height, (rows - 1) * s + k), max(left + width, (columns - 1) * s + k)
        return LayerPlan(
            output_shape=(c, rows, columns),
            parameters={
                "weight": Parameter((c, k, k), self.initialization, k * k, k * k, is_weight=True),
                "bias": Parameter((c,)),
            },
            workspace={"framed": Buffer((c, *framed)), "term": Buffer((c, rows, columns))},
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        framed, term, weight = memory.workspace["framed"], memory.workspace["term"], memory.parameters["weight"]
        inside, seen, bias = self._inside(framed, x), self._seen(framed, out), memory.parameters["bias"][:, None, None]
        image = x.reshape(inside.shape)
        for some in sample_blocks(framed):
            y = out[some]
            framed[some].fill(0)
            np.copyto(inside[some], image[some])
            np.copyto(y, bias)
            for (i, j), pixels in seen.items():
                np.multiply(pixels[some], weight[:, i, j, None, None], out=term[: len(y)])
                y += term[: len(y)]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        framed, term, weight = memory.workspace["framed"], memory.workspace["term"], memory.parameters["weight"]
        seen, grad_weight = self._seen(framed, out), memory.gradients["weight"]
        np.einsum("ncuv->c", grad_out, out=memory.gradients["bias"])
        for (i, j), pixels in seen.items():
            np.einsum("ncuv,ncuv->c", grad_out, pixels, out=grad_weight[:, i, j])
        if grad_in is None:
            return
        inside = self._inside(framed, x)
        grad_image = grad_in.reshape(inside.shape)
        for some in sample_blocks(framed):
            grad_y = grad_out[some]
            framed[some].fill(0)
            for (i, j), pixels in seen.items():
                np.multiply(grad_y, weight[:, i, j, None, None], out=term[: len(grad_y)])
                pixels[some] += term[: len(grad_y)]
            np.copyto(grad_image[some], inside[some])

    def _fit(self, length: int) -> tuple[int, int]:
        return fit_window(self.kernel_size, self.stride, self.padding, length)

    def _inside(self, framed: Floats, x: Floats) -> Floats:
        """Where the images stand within their frames of zeros."""
        height, width = x.shape[-2:]
        (top, _), (left, _) = self._fit(height), self._fit(width)
        return framed[:, :, top : top + height, left : left + width]

    def _seen(self, framed: Floats, out: Floats) -> dict[tuple[int, int], Floats]:
        """What each pixel of the window sees at all its places, as views of the shape of the output."""
        k, s, (rows, columns) = self.kernel_size, self.stride, out.shape[2:]
        places = [(i, j) for i in range(k) for j in range(k)]
        return {(i, j): framed[:, :, i : i + s * rows : s, j : j + s * columns : s] for i, j in places}
