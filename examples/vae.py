r"""A variational autoencoder (Kingma & Welling 2014): random codes, with a KL divergence in the loss.

nnzoo train --dataset digits --plugin examples/autoencoder.py --plugin examples/vae.py --task reconstruct \
    --model small-vae --epochs 60 --learning-rate 3
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc

from nnzoo.api import Activation, Buffer, Floats, Layer, LayerMemory, LayerPlan, Model, Shape, UsageError, hookimpl
from nnzoo.builtin.layers import Activate, Dense


@dataclass(frozen=True)
class DrawCode(Layer):
    """Draws y = μ + ε exp(s/2) for an input of μ and s, and adds β mean Σ (μ² + exp(s) − 1 − s)/2 to the loss."""

    name: ClassVar[str] = "draw-code"
    exports: ClassVar = {
        "onnx": lambda g, layer, x: g.node("Gather", [*x, g.constant("i", np.arange(*layer.output_shape))], {"axis": 1})
    }

    beta: Annotated[float, Ge(0), doc("weight of the KL divergence")] = 1e-3

    def plan(self, input_shape: Shape) -> LayerPlan:
        if len(input_shape) != 1 or input_shape[0] % 2:
            raise UsageError(f"{self.label} takes an even number of values, not samples of shape {input_shape}")
        arrays = {"noise": Buffer((input_shape[0] // 2,), np.float64), "term": Buffer((input_shape[0] // 2,))}
        return LayerPlan((input_shape[0] // 2,), workspace=arrays, random=True, penalized=True)

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        (mean, s), noise, term = np.split(x, 2, axis=1), memory.workspace["noise"], memory.workspace["term"]
        np.exp(s, out=term)
        memory.penalty = self.beta / 2 / len(x) * float(np.einsum("ij,ij", mean, mean) + term.sum() - s.sum() - s.size)
        noise.fill(0)  # as in predictions
        if memory.rng is not None:
            memory.rng.standard_normal(out=noise)
        np.sqrt(term, out=term)
        noise *= term
        np.add(mean, noise, out=out, casting="same_kind")

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is not None:
            (mean, s), (of_mean, of_s) = np.split(x, 2, axis=1), np.split(grad_in, 2, axis=1)
            np.multiply(mean, self.beta / len(x), out=of_mean)
            of_mean += grad_out
            np.expm1(s, out=of_s)
            of_s *= self.beta / len(x)
            memory.workspace["noise"] *= grad_out
            of_s += memory.workspace["noise"]
            of_s /= 2


@dataclass(frozen=True)
class Vae(Model):
    """An autoencoder whose code is drawn at random, with mean and variance from the network."""

    name: ClassVar[str] = "small-vae"

    def depth(self) -> int:
        return 3

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        hidden = [Dense(64, activation.initialization), Activate(activation)]
        return [*hidden, Dense(16), DrawCode(), *hidden, Dense(outputs)]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [DrawCode]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Vae]
