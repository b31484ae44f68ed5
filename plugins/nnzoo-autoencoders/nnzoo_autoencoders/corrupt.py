"""Noise that a network learns to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, OperatorGraph, Shape, TrainedLayer


def corrupt(x: Floats) -> Floats:
    """In a prediction nothing is added."""
    return x


def corrupt_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """The same in ONNX: the input itself."""
    return inputs[0]


@dataclass(frozen=True)
class Corrupt(Layer):
    """Gaussian noise on each value in training, drawn at each step.

    Equation, with the deviation σ::

        y = x + σ ε,  ε ~ N(0, 1)        (in a prediction, y = x)
        ∂L/∂x = ∂L/∂y

    If the target is the input, the target stays clean: the network learns to remove the noise. The noise is drawn
    in float32 whatever the type of x, so that both types see the same.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), "Stacked denoising autoencoders", Journal of Machine Learning
    Research 11.
    """

    name: ClassVar[str] = "corrupt"
    in_numpy: ClassVar = corrupt
    exports: ClassVar = {"onnx": corrupt_nodes}

    deviation: Annotated[float, Gt(0), doc("standard deviation σ of the noise")] = 0.5

    def plan(self, input_shape: Shape) -> LayerPlan:
        noise = Buffer(input_shape, np.float32)
        return LayerPlan(input_shape, workspace={"noise": noise}, gradient_in_place=True, random=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        np.copyto(out, x)
        if memory.rng is None or not memory.training:
            return
        noise = memory.workspace["noise"]
        memory.rng.standard_normal(dtype=np.float32, out=noise)
        noise *= self.deviation
        out += noise

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        pass  # grad_in is grad_out
