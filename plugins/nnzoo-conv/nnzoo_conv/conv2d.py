"""Convolution of images."""

from __future__ import annotations

import math
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
    in_threads,
    sample_blocks,
)

from nnzoo_conv.images import Channels, image_size
from nnzoo_conv.strips import correlate, pair_pixels, seen_by_rows, strips_within
from nnzoo_conv.windows import Padding, fit_window


def conv2d(x: Floats, weight: Floats, bias: Floats, stride: int, padding: int | str, channels: str) -> Floats:
    """Convolution: a window of pixels slides over images, with zeros put around them."""
    if x.ndim == 3:
        x = x[:, None]
    elif channels == "last":
        x = x.transpose(0, 3, 1, 2)
    filters = weight.shape[-1]
    weight = weight.reshape(len(weight), x.shape[1], -1, filters)  # for each row of the window, channel, column, filter
    window = len(weight), weight.shape[2]
    if isinstance(padding, int):
        zeros = [(padding, padding)] * 2
    else:  # "same": the output is as large as the image if the stride is one pixel
        needed = [max(k - (n % stride or stride), 0) for k, n in zip(window, x.shape[2:], strict=True)]
        zeros = [(n // 2, n - n // 2) if padding == "same" else (0, 0) for n in needed]
    x = np.pad(x, ((0, 0), (0, 0), *zeros))
    seen = np.lib.stride_tricks.sliding_window_view(x, window, axis=(2, 3))[:, :, ::stride, ::stride]
    y: Floats = np.tensordot(seen, weight, axes=((4, 1, 5), (0, 1, 2))).transpose(0, 3, 1, 2)
    return y + bias[:, None, None]


@dataclass(frozen=True)
class Conv2d(Layer):
    """Convolution: each filter is a small window that slides over the image and weights its pixels.

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

    This is "im2col" along one axis: k copies of the image in place of k². With a stride of 1 the gradient of the input
    is a convolution, too, of ∂L/∂y with the weights turned by half a turn, and is computed likewise where the output is
    about as large as the image; else it takes these steps transposed, in reverse order. A few samples go through all of
    it at a time, so that their strips stay in the processor's cache, and several threads share them.

    References
    ----------
    LeCun, Boser, Denker, Henderson, Howard, Hubbard & Jackel (1989), "Backpropagation applied to handwritten zip code
    recognition", Neural Computation 1(4).
    Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
    """

    name: ClassVar[str] = "conv2d"
    in_numpy: ClassVar = conv2d

    filters: Annotated[int, Ge(1), doc("number of filters, the channels of the output")] = 16
    kernel_size: Annotated[int, Ge(1), doc("width of the window, and by default its height")] = 3
    stride: Annotated[int, Ge(1), doc("pixels from one place of the window to the next")] = 1
    padding: Annotated[Padding, doc("zeros on each side of the image: their number, or valid, or same")] = "valid"
    initialization: Annotated[Initialization, doc("how the weights start")] = "glorot"
    channels: Annotated[Channels, doc("the channel axis of images with three axes")] = "first"
    kernel_height: Annotated[
        Annotated[int, Ge(1)] | None, doc("height of the window; None for a square, 1 for samples of one row")
    ] = None

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of the window."""
        return self.kernel_height or self.kernel_size, self.kernel_size

    def plan(self, input_shape: Shape) -> LayerPlan:
        c, height, width = image_size(self, input_shape, self.channels)
        (k, across), f = self.window, self.filters
        _, _, rows, columns = self._fit(height, width)
        if min(rows, columns) < 1:
            raise UsageError(
                f"{self.label}: an image of {height} × {width} pixels is smaller than the window, {k} × {across}",
                hint="choose a smaller kernel_size, or padding=same",
            )
        strips, product = math.prod(self._strip_shape(c, rows, columns)), max(f, c * across) * rows * columns
        if self._turns_back(input_shape):
            strips = max(strips, f * across * (height + k - 1) * width)
            product = max(f * rows * columns, c * height * width)
        fan_in, fan_out = c * k * across, f * k * across
        return LayerPlan(
            output_shape=(f, rows, columns),
            parameters={
                "weight": Parameter((k, c * across, f), self.initialization, fan_in, fan_out, is_weight=True),
                "bias": Parameter((f,)),
            },
            workspace={
                "strips": Buffer((strips,)),
                "product": Buffer((product,)),
                "weight_gradients": Buffer((k, c * across, f)),
                "ones": Buffer((), fill=1),
            },
            shares_work=True,
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        image, weight, bias = self._image(x), memory.parameters["weight"], memory.parameters["bias"][:, None]
        top, left, rows, columns = self._fit(*image.shape[2:])
        strips = strips_within(memory.workspace["strips"], self._strip_shape(image.shape[1], rows, columns))
        pairs, seen = pair_pixels(strips, image, top, left), seen_by_rows(strips, len(weight), rows)
        y = out.reshape(*out.shape[:2], -1)

        def block(some: slice) -> None:
            if self.padding != "valid":
                strips[some].fill(0)
            for strip, pixels in pairs:
                np.copyto(strip[some], pixels[some])
            correlate(weight, [row[some] for row in seen], y[some], memory.workspace["product"][some])
            y[some] += bias

        in_threads(block, sample_blocks(strips))

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        image, weight, each = self._image(x), memory.parameters["weight"], memory.workspace["weight_gradients"]
        _, _, rows, columns = self._fit(*image.shape[2:])
        strips = strips_within(memory.workspace["strips"], self._strip_shape(image.shape[1], rows, columns))
        seen, grad_y = seen_by_rows(strips, len(weight), rows), grad_out.reshape(*grad_out.shape[:2], -1)
        np.einsum("nfp->f", grad_y, out=memory.gradients["bias"])  # a sum, but four times as fast

        def block(some: slice) -> None:
            for i, row in enumerate(seen):
                np.matmul(row[some], grad_y[some].transpose(0, 2, 1), out=each[some, i])

        in_threads(block, sample_blocks(strips))
        np.matmul(memory.workspace["ones"], each.reshape(len(x), -1), out=memory.gradients["weight"].reshape(-1))
        if grad_in is None:
            return
        if self._turns_back(x.shape[1:]):
            self._turn_back(grad_out, self._image(grad_in), memory)
        else:
            self._transpose(strips, seen, grad_y, self._image(grad_in), memory)

    def _turn_back(self, grad_out: Floats, grad_image: Floats, memory: LayerMemory) -> None:
        """Write ∂L/∂x as a convolution of ∂L/∂y with the weights turned by half a turn, for a stride of 1."""
        (k, across), (n, c, height, width), f = self.window, grad_image.shape, self.filters
        turned = memory.workspace["weight_gradients"][0].reshape(k, f * across, c)  # free by now
        weight = memory.parameters["weight"].reshape(k, c, across, f)[::-1, :, ::-1]
        np.copyto(turned.reshape(k, f, across, c), weight.transpose(0, 3, 2, 1))
        strips = strips_within(memory.workspace["strips"], (f, across, 1, height + k - 1, width))
        top, left, _, _ = self._fit(height, width)
        pairs = pair_pixels(strips, grad_out, k - 1 - top, across - 1 - left)
        seen, grad_x = seen_by_rows(strips, k, height), grad_image.reshape(n, c, -1)

        def block(some: slice) -> None:
            strips[some].fill(0)
            for strip, pixels in pairs:
                np.copyto(strip[some], pixels[some])
            correlate(turned, [row[some] for row in seen], grad_x[some], memory.workspace["product"][some])

        in_threads(block, sample_blocks(strips))

    def _transpose(
        self, strips: Floats, seen: list[Floats], grad_y: Floats, grad_image: Floats, memory: LayerMemory
    ) -> None:
        """Write ∂L/∂x: the strips become ∂L/∂strips, and what forward copied is summed up."""
        weight, (top, left, _, _) = memory.parameters["weight"], self._fit(*grad_image.shape[2:])
        pairs, values = pair_pixels(strips, grad_image, top, left), weight.shape[1]

        def block(some: slice) -> None:
            part, first = grad_y[some], seen[0][some]
            product = strips_within(memory.workspace["product"][some], (values, part.shape[2]))
            strips[some].fill(0)
            np.matmul(weight[0], part, out=first)
            for i in range(1, len(weight)):
                np.matmul(weight[i], part, out=product)
                seen[i][some] += product
            grad_image[some].fill(0)
            for strip, pixels in pairs:
                pixels[some] += strip[some]

        in_threads(block, sample_blocks(strips))

    def _fit(self, height: int, width: int) -> tuple[int, int, int, int]:
        """The number of zeros before the image and of places of the window, down and across."""
        (top, rows), (left, columns) = (
            fit_window(size, self.stride, self.padding, length)
            for size, length in zip(self.window, (height, width), strict=True)
        )
        return top, left, rows, columns

    def _strip_shape(self, c: int, rows: int, columns: int) -> Shape:
        k, across = self.window
        return c, across, self.stride, rows + (k - 1) // self.stride, columns

    def _turns_back(self, input_shape: Shape) -> bool:
        """Whether the gradient of the input is computed as a convolution, which is written in place.

        It has a product for each pixel of the input; the other way has one for each place of the window.
        """
        _, height, width = image_size(self, input_shape, self.channels)
        _, _, rows, columns = self._fit(height, width)
        in_place = self.stride == 1 and (self.channels == "first" or len(input_shape) == 2)
        return in_place and 4 * rows * columns >= 3 * height * width

    def _image(self, x: Floats) -> Floats:
        """Images as they come to the layer, as a view of shape (n, c, height, width)."""
        return x[:, None] if x.ndim == 3 else x if self.channels == "first" else x.transpose(0, 3, 1, 2)
