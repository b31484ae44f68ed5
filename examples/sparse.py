"""A layer with its own initial values (orthogonal) and its own penalty (L1, which makes weights sparse).

nnzoo train --dataset digits --plugin examples/sparse.py --model sparse-mlp:penalty=1e-4
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc

from nnzoo.api import Activation, Floats, Layer, LayerMemory, LayerPlan, Model, Parameter, Shape, hookimpl
from nnzoo.builtin.layers import Activate, Dense


def orthogonal(shape: Shape, rng: np.random.Generator) -> Floats:
    """Orthogonal columns, or rows if there are fewer rows (Saxe et al. 2014, ICLR)."""
    found: Floats = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))[0]
    return found if shape[0] >= shape[1] else found.T


@dataclass(frozen=True)
class SparseDense(Layer):
    """A dense layer without bias that adds λ Σ |w| to the loss: y = x W, L ← L + λ Σ |w|."""

    name: ClassVar[str] = "sparse-dense"
    exports: ClassVar = {
        "onnx": lambda graph, layer, x: graph.node(
            "MatMul", [graph.node("Flatten", x), graph.array("w", layer.parameters["weight"])]
        )
    }

    units: Annotated[int, Ge(1), doc("outputs")] = 64
    penalty: Annotated[float, Ge(0), doc("λ")] = 1e-4

    def plan(self, input_shape: Shape) -> LayerPlan:
        shape = (int(np.prod(input_shape)), self.units)
        weight = Parameter(shape, orthogonal, *shape, is_weight=True)
        return LayerPlan((self.units,), {"weight": weight}, penalized=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        weight = memory.parameters["weight"]
        np.matmul(x.reshape(len(x), -1), weight, out=out)
        memory.penalty = self.penalty * float(np.abs(weight).sum())

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        weight, gradient = memory.parameters["weight"], memory.gradients["weight"]
        np.matmul(x.reshape(len(x), -1).T, grad_out, out=gradient)
        gradient += self.penalty * np.sign(weight)
        if grad_in is not None:
            np.matmul(grad_out, weight.T, out=grad_in.reshape(len(x), -1))


@dataclass(frozen=True)
class SparseMlp(Model):
    """One sparse hidden layer."""

    name: ClassVar[str] = "sparse-mlp"
    penalty: Annotated[float, Ge(0), doc("λ")] = 1e-4

    def depth(self) -> int:
        return 1

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        return [SparseDense(64, self.penalty), Activate(activation), Dense(outputs)]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [SparseDense]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [SparseMlp]
