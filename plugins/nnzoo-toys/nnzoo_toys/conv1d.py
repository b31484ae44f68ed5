"""Convolution of curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    OperatorGraph,
    Parameter,
    Shape,
    TrainedLayer,
    UsageError,
)


def conv1d(x: Floats, weight: Floats, bias: Floats, stride: int, padding: int) -> Floats:
    """Convolution: a window of k points slides over curves, with zeros put around them."""
    if x.ndim == 2:
        x = x[:, None]
    channels, filters = x.shape[1], weight.shape[1]
    weight = weight.reshape(channels, -1, filters)  # channel, place in the window, filter
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    seen = np.lib.stride_tricks.sliding_window_view(x, weight.shape[1], axis=2)[:, :, ::stride]
    y: Floats = np.tensordot(seen, weight, axes=((1, 3), (0, 1))).transpose(0, 2, 1)
    return y + bias[:, None]


def conv1d_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """The same in ONNX."""
    x, options = inputs[0], layer.component.options
    if len(layer.input_shape) == 1:
        x = graph.node("Unsqueeze", [x], {"axes": [1]})
    k, padding = options["kernel_size"], options["padding"]
    weight = layer.parameters["weight"]
    weight = weight.reshape(-1, k, weight.shape[1]).transpose(2, 0, 1)  # filter, channel, place in the window
    arrays = (graph.array("weight", weight), graph.array("bias", layer.parameters["bias"]))
    attributes = {"kernel_shape": [k], "strides": [options["stride"]], "pads": [padding, padding]}
    return graph.node("Conv", [x, *arrays], attributes)


@dataclass(frozen=True)
class Conv1d(Layer):
    """Convolution: each filter is a small window that slides over a curve and weights its points.

    Equation, for curves x of c channels, zero outside, f filters of k weights W, biases b, stride s, padding p::

        y[n,f,v] = b[f] + Σcⱼ W[c,j,f] x[n, c, s v + j − p]

    (a cross-correlation, as in every framework.) Samples have the shape (w,), which is one channel, or (c, w); outputs
    always (f, w′) with w′ = ⌊(w + 2p − k) / s⌋ + 1. What the windows see is laid out once ("im2col"), and the rest is a
    matrix product.

    References
    ----------
    Waibel, Hanazawa, Hinton, Shikano & Lang (1989), "Phoneme recognition using time-delay neural networks", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 37(3).
    """

    name: ClassVar[str] = "conv1d"
    in_numpy: ClassVar = conv1d
    exports: ClassVar = {"onnx": conv1d_nodes}

    filters: Annotated[int, Ge(1), doc("number of filters, the channels of the output")] = 16
    kernel_size: Annotated[int, Ge(1), doc("points of the window")] = 3
    stride: Annotated[int, Ge(1), doc("points from one place of the window to the next")] = 1
    padding: Annotated[int, Ge(0), doc("zeros on each side of a curve")] = 0
    initialization: Annotated[Initialization, doc("how the weights start")] = "glorot"

    def plan(self, input_shape: Shape) -> LayerPlan:
        if len(input_shape) not in (1, 2):
            raise UsageError(
                f"{self.label} takes curves, not samples of shape {input_shape}",
                hint="a curve has the shape (points,) or (channels, points)",
            )
        c, width = (1, *input_shape)[-2:]
        k, f = self.kernel_size, self.filters
        places = (width + 2 * self.padding - k) // self.stride + 1
        if width + 2 * self.padding < k:
            raise UsageError(
                f"{self.label}: a curve of {width} points is shorter than the window, {k}",
                hint="choose a smaller kernel_size, or more padding",
            )
        return LayerPlan(
            output_shape=(f, places),
            parameters={
                "weight": Parameter((c * k, f), self.initialization, c * k, f * k, is_weight=True),
                "bias": Parameter((f,)),
            },
            workspace={"seen": Buffer((c, k, places)), "weight_gradients": Buffer((c * k, f))},
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        seen, weight = memory.workspace["seen"], memory.parameters["weight"]
        if self.padding:
            seen.fill(0)
        for window, points in self._pairs(seen, x):
            np.copyto(window, points)
        np.matmul(weight.T, seen.reshape(len(x), len(weight), -1), out=out)
        out += memory.parameters["bias"][:, None]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        seen, each = memory.workspace["seen"], memory.workspace["weight_gradients"]  # of each sample
        weight = memory.parameters["weight"]
        flat = seen.reshape(len(x), len(weight), -1)
        np.einsum("nfv->f", grad_out, out=memory.gradients["bias"])
        np.matmul(flat, grad_out.transpose(0, 2, 1), out=each)
        np.add.reduce(each, axis=0, out=memory.gradients["weight"])
        if grad_in is None:
            return
        np.matmul(weight, grad_out, out=flat)  # the gradient of the windows, in place
        grad_in.fill(0)
        for window, points in self._pairs(seen, grad_in):
            points += window

    def _pairs(self, seen: Floats, x: Floats) -> Iterator[tuple[Floats, Floats]]:
        """Views for each place in the window: its column of the laid-out windows, and these points of the curve."""
        curves, s, p = x.reshape(len(x), seen.shape[1], -1), self.stride, self.padding
        width, places = curves.shape[2], seen.shape[3]
        for j in range(self.kernel_size):
            first = max(0, -((j - p) // s))  # where the window does not reach over the ends
            last = min(places, (width - 1 + p - j) // s + 1)
            if first < last:
                start = s * first + j - p
                yield seen[:, :, j, first:last], curves[:, :, start : start + s * (last - first - 1) + 1 : s]
