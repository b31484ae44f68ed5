"""Normalization of each vector separately: by its mean and deviation, or by its root mean square."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_sequences.onnx_nodes import layernorm_nodes, rmsnorm_nodes


def layernorm(x: Floats, scale: Floats, shift: Floats, epsilon: float) -> Floats:
    """Layer normalization: each vector with mean 0 and variance 1, then scaled and shifted."""
    x = x - x.mean(axis=-1, keepdims=True)
    y: Floats = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * scale + shift
    return y


def rmsnorm(x: Floats, scale: Floats, epsilon: float) -> Floats:
    """Root mean square normalization: each vector with a mean square of 1, then scaled."""
    y: Floats = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * scale
    return y


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalization: scales each vector to mean 0 and variance 1, then applies a learnt scale and shift.

    Equation, for each vector x of d values along the last axis, with scale γ and shift β for each value::

        μ = 1/d Σ x        σ² = 1/d Σ (x − μ)²        x̂ = (x − μ) / √(σ² + ε)
        y = γ x̂ + β
        ∂L/∂β = Σₙ ∂L/∂y        ∂L/∂γ = Σₙ x̂ ∂L/∂y        g = γ ∂L/∂y
        ∂L/∂x = (g − 1/d Σ g − x̂/d Σ x̂ g) / √(σ² + ε)

    References
    ----------
    Ba, Kiros & Hinton (2016), "Layer normalization", arXiv:1607.06450.
    """

    name: ClassVar[str] = "layernorm"
    in_numpy: ClassVar = layernorm
    exports: ClassVar = {"onnx": layernorm_nodes}

    epsilon: Annotated[float, Ge(1e-30), doc("added to the variance, to prevent division by zero")] = 1e-5

    def plan(self, input_shape: Shape) -> LayerPlan:
        parameters = {"scale": Parameter((input_shape[-1],), "ones"), "shift": Parameter((input_shape[-1],))}
        return LayerPlan(input_shape, parameters=parameters, workspace=_workspace(input_shape))

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        normal, total, inverse, _ = _rows(x, memory)
        values, y = x.reshape(normal.shape), out.reshape(normal.shape)
        np.matmul(values, memory.workspace["mean"][0], out=total)
        np.subtract(values, total[:, None], out=normal)
        _normalize(normal, inverse, self.epsilon)
        np.multiply(normal, memory.parameters["scale"], out=y)
        y += memory.parameters["shift"]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        normal, total, inverse, ones = _rows(x, memory)
        g, scratch = grad_out.reshape(normal.shape), out.reshape(normal.shape)
        np.matmul(ones, g, out=memory.gradients["shift"])
        np.multiply(normal, g, out=scratch)
        np.matmul(ones, scratch, out=memory.gradients["scale"])
        if grad_in is None:
            return
        grad_x = grad_in.reshape(normal.shape)
        np.multiply(g, memory.parameters["scale"], out=grad_x)
        scratch *= memory.parameters["scale"]
        np.matmul(scratch, memory.workspace["mean"][0], out=total)
        np.multiply(normal, total[:, None], out=scratch)
        np.matmul(grad_x, memory.workspace["mean"][0], out=total)
        scratch += total[:, None]
        grad_x -= scratch
        grad_x *= inverse[:, None]


@dataclass(frozen=True)
class RmsNorm(Layer):
    """Root mean square normalization: scales each vector to a mean square of 1, then applies a learnt scale.

    Equation, for each vector x of d values along the last axis, with scale γ for each value::

        x̂ = x / √(1/d Σ x² + ε)
        y = γ x̂
        ∂L/∂γ = Σₙ x̂ ∂L/∂y        g = γ ∂L/∂y
        ∂L/∂x = (g − x̂/d Σ x̂ g) / √(1/d Σ x² + ε)

    References
    ----------
    Zhang & Sennrich (2019), "Root mean square layer normalization", NeurIPS, arXiv:1910.07467.
    """

    name: ClassVar[str] = "rmsnorm"
    in_numpy: ClassVar = rmsnorm
    exports: ClassVar = {"onnx": rmsnorm_nodes}

    epsilon: Annotated[float, Ge(1e-30), doc("added to the mean square, to prevent division by zero")] = 1e-5

    def plan(self, input_shape: Shape) -> LayerPlan:
        parameters = {"scale": Parameter((input_shape[-1],), "ones")}
        return LayerPlan(input_shape, parameters=parameters, workspace=_workspace(input_shape))

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        normal, _, inverse, _ = _rows(x, memory)
        np.copyto(normal, x.reshape(normal.shape))
        _normalize(normal, inverse, self.epsilon)
        np.multiply(normal, memory.parameters["scale"], out=out.reshape(normal.shape))

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        normal, total, inverse, ones = _rows(x, memory)
        g, scratch = grad_out.reshape(normal.shape), out.reshape(normal.shape)
        np.multiply(normal, g, out=scratch)
        np.matmul(ones, scratch, out=memory.gradients["scale"])
        if grad_in is None:
            return
        grad_x = grad_in.reshape(normal.shape)
        np.multiply(g, memory.parameters["scale"], out=grad_x)
        scratch *= memory.parameters["scale"]
        np.matmul(scratch, memory.workspace["mean"][0], out=total)
        np.multiply(normal, total[:, None], out=scratch)
        grad_x -= scratch
        grad_x *= inverse[:, None]


def _workspace(shape: Shape) -> dict[str, Buffer]:
    places = math.prod(shape[:-1])
    return {
        "normal": Buffer(shape),
        "total": Buffer((places,)),
        "inverse": Buffer((places,)),  # 1 / √(σ² + ε)
        "ones": Buffer((places,), fill=1),  # products with ones are much faster than sums
        "mean": Buffer((shape[-1],), fill=1 / shape[-1]),  # only that of the first sample is used
    }


def _rows(x: Floats, memory: LayerMemory) -> tuple[Floats, Floats, Floats, Floats]:
    """The arrays ``normal``, ``total``, ``inverse`` and ``ones`` with a row for each vector."""
    total, inverse, ones = (memory.workspace[name].reshape(-1) for name in ("total", "inverse", "ones"))
    return memory.workspace["normal"].reshape(len(total), x.shape[-1]), total, inverse, ones


def _normalize(normal: Floats, inverse: Floats, epsilon: float) -> None:
    """Scale each row to a mean square of 1, and store the factors in ``inverse``."""
    np.einsum("ij,ij->i", normal, normal, out=inverse)
    inverse *= 1 / normal.shape[1]
    inverse += epsilon
    np.sqrt(inverse, out=inverse)
    np.divide(1, inverse, out=inverse)
    normal *= inverse[:, None]
