"""Convolution of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Initialization, Layer, LayerMemory, LayerPlan, Parameter, Shape, UsageError

from nnzoo_conv.images import Channels, image_size
from nnzoo_conv.strips import pair_pixels, seen_by_rows

Padding: TypeAlias = Annotated[int, Ge(0)] | Literal["valid", "same"]


def conv2d(x: Floats, weight: Floats, bias: Floats, stride: int, padding: int | str, channels: str) -> Floats:
    """Convolution: a window of k × k pixels slides over images, with zeros put around them."""
    if x.ndim == 3:
        x = x[:, None]
    elif channels == "last":
        x = x.transpose(0, 3, 1, 2)
    k, _, filters = weight.shape
    if isinstance(padding, int):
        zeros = [(padding, padding)] * 2
    else:  # those of "same" make the output as large as the image, if it moves by one pixel
        around = [max(k - (length % stride or stride), 0) if padding == "same" else 0 for length in x.shape[2:]]
        zeros = [(both // 2, both - both // 2) for both in around]
    x = np.pad(x, ((0, 0), (0, 0), *zeros))
    seen = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    weight = weight.reshape(k, -1, k, filters)  # for each row of the window, channel, column, filter
    y: Floats = np.tensordot(seen, weight, axes=((4, 1, 5), (0, 1, 2))).transpose(0, 3, 1, 2)
    return y + bias[:, None, None]


@dataclass(frozen=True)
class Conv2d(Layer):
    """Convolution: each filter is a small window that slides over the image and weighs what it sees.

    Equation, for images x of c channels, zero outside, f filters of k × k weights W, biases b, stride s, padding p::

        y[n,f,u,v] = b[f] + Σᵢcⱼ W[i,c,j,f] x[n, c, s u + i − p, s v + j − p]

    (a cross-correlation, as in every framework: the window is not flipped.) Samples have the shape (h, w), which is one
    channel, or (c, h, w), or with ``channels=last`` (h, w, c); outputs always (f, h′, w′) with
    h′ = ⌊(h + 2p − k) / s⌋ + 1, and likewise w′. Padding ``valid`` is none; ``same`` makes h′ = ⌈h / s⌉, and where this
    takes an odd number of zeros, the end of the image gets one more.

    How it is computed: the *strips* hold, for each column j of the window, the columns of the image that it meets.
    Row i of the window then is one matrix product, of Wᵢ with shape (c k, f), and takes no copy, for it sees the same
    strips from i rows further down::

        strips[n,c,j,r,v] = x[n, c, r − p, s v + j − p]
        y[n,f,u,v]        = b[f] + Σᵢ (Wᵢᵀ strips)[n, f, s u + i, v]

    This is "im2col" along one axis: k copies of the image in place of k². The backward pass is these steps transposed,
    in reverse order.

    References
    ----------
    LeCun, Boser, Denker, Henderson, Howard, Hubbard & Jackel (1989), "Backpropagation applied to handwritten zip code
    recognition", Neural Computation 1(4).
    Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
    """

    name: ClassVar[str] = "conv2d"
    in_numpy: ClassVar = conv2d

    filters: Annotated[int, Ge(1), doc("number of filters, the channels of the output")] = 16
    kernel_size: Annotated[int, Ge(1), doc("height and width of the window")] = 3
    stride: Annotated[int, Ge(1), doc("pixels from one place of the window to the next")] = 1
    padding: Annotated[Padding, doc("zeros on each side of the image: their number, or valid, or same")] = "valid"
    initialization: Annotated[Initialization, doc("how the weights start")] = "glorot"
    channels: Annotated[Channels, doc("where images with three axes have their channels")] = "first"

    def plan(self, input_shape: Shape) -> LayerPlan:
        c, height, width = image_size(self, input_shape, self.channels)
        k, s, f = self.kernel_size, self.stride, self.filters
        (_, rows), (_, columns) = self._fit(height), self._fit(width)
        if min(rows, columns) < 1:
            raise UsageError(
                f"{self.label}: an image of {height} × {width} pixels is smaller than the window, {k} × {k}",
                hint="choose a smaller kernel_size, or padding=same",
            )
        return LayerPlan(
            output_shape=(f, rows, columns),
            parameters={
                "weight": Parameter((k, c * k, f), self.initialization, c * k * k, f * k * k, is_weight=True),
                "bias": Parameter((f,)),
            },
            workspace={
                "strips": Buffer((c, k, s, rows + (k - 1) // s, columns)),
                "product": Buffer((max(f, c * k), rows * columns)),
                "weight_gradients": Buffer((k, c * k, f)),
                "ones": Buffer((), fill=1),
            },
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        strips = memory.workspace["strips"]
        if self.padding != "valid":
            strips.fill(0)
        for strip, pixels in self._pairs(strips, x):
            np.copyto(strip, pixels)

        n, f, rows, _ = out.shape
        weight, seen = memory.parameters["weight"], seen_by_rows(strips, rows)
        y, product = out.reshape(n, f, -1), memory.workspace["product"][:, :f]
        np.matmul(weight[0].T, seen[0], out=y)
        for i in range(1, self.kernel_size):
            np.matmul(weight[i].T, seen[i], out=product)
            y += product
        y += memory.parameters["bias"][:, None]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        n, f, rows, _ = out.shape
        strips, each = memory.workspace["strips"], memory.workspace["weight_gradients"]  # of each sample
        weight, seen, grad_y = memory.parameters["weight"], seen_by_rows(strips, rows), grad_out.reshape(n, f, -1)
        np.einsum("nfp->f", grad_y, out=memory.gradients["bias"])  # a sum, but four times as fast
        for i in range(self.kernel_size):
            np.matmul(seen[i], grad_y.transpose(0, 2, 1), out=each[:, i])
        np.matmul(memory.workspace["ones"], each.reshape(n, -1), out=memory.gradients["weight"].reshape(-1))
        if grad_in is None:
            return

        # The strips now become ∂L/∂strips, and what forward copied is summed up.
        product = memory.workspace["product"][:, : weight.shape[1]]
        strips.fill(0)
        np.matmul(weight[0], grad_y, out=seen[0])
        for i in range(1, self.kernel_size):
            np.matmul(weight[i], grad_y, out=product)
            seen[i] += product
        grad_in.fill(0)
        for strip, pixels in self._pairs(strips, grad_in):
            pixels += strip

    def _fit(self, length: int) -> tuple[int, int]:
        """Along one axis of the image: how many zeros come before it, and how many places the window has."""
        k, s = self.kernel_size, self.stride
        if self.padding == "same":
            places = -(-length // s)
            return max((places - 1) * s + k - length, 0) // 2, places
        before = self.padding if isinstance(self.padding, int) else 0
        return before, (length + 2 * before - k) // s + 1

    def _pairs(self, strips: Floats, x: Floats) -> list[tuple[Floats, Floats]]:
        """Pieces of the strips and the pixels that belong there, for images as they come to the layer."""
        image = x[:, None] if x.ndim == 3 else x if self.channels == "first" else x.transpose(0, 3, 1, 2)
        (top, _), (left, _) = self._fit(image.shape[2]), self._fit(image.shape[3])
        return pair_pixels(strips, image, top, left)
