"""Batch normalization."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, Parameter, Shape

from nnzoo_conv.images import image_size


def batchnorm(x: Floats, scale: Floats, shift: Floats, mean: Floats, variance: Floats, epsilon: float) -> Floats:
    """Batch normalization: each channel with the mean and variance that it had in training, then scaled and shifted."""
    if x.ndim > 3:  # fewer axes are images of one channel
        channels = (-1, *(1 for _ in x.shape[2:]))
        scale, shift, mean, variance = (array.reshape(channels) for array in (scale, shift, mean, variance))
    y: Floats = (x - mean) / np.sqrt(variance + epsilon) * scale + shift
    return y


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalization: each channel of a batch is brought to mean 0 and variance 1, then scaled and shifted.

    Equation, with scale γ and shift β for each channel, and sums over its m = n h w values in the batch::

        μ = 1/m Σ x        σ² = 1/m Σ (x − μ)²        x̂ = (x − μ) / √(σ² + ε)
        y = γ x̂ + β
        ∂L/∂β = Σ ∂L/∂y        ∂L/∂γ = Σ x̂ ∂L/∂y
        ∂L/∂x = γ / √(σ² + ε) (∂L/∂y − 1/m ∂L/∂β − x̂/m ∂L/∂γ)

    A prediction has running estimates in place of μ and σ². With the momentum ρ, each training step moves them::

        mean ← ρ mean + (1 − ρ) μ        variance ← ρ variance + (1 − ρ) m/(m − 1) σ²

    The variance that normalizes is thus the biased one, and the one that is remembered the unbiased one, as in the
    paper and in PyTorch (whose ``momentum`` is our 1 − ρ). A batch with a single value of each channel (m = 1) tells
    nothing of the variance, and leaves it as it was.

    Samples have the shape (c, h, w), (h, w) with one channel, or (d,) with d channels of one value each.

    References
    ----------
    Ioffe & Szegedy (2015), "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", ICML, arXiv:1502.03167.
    """

    name: ClassVar[str] = "batchnorm"
    in_numpy: ClassVar = batchnorm

    momentum: Annotated[float, Ge(0), Lt(1), doc("share of the running estimates that is kept at each step")] = 0.9
    epsilon: Annotated[float, Ge(1e-30), doc("added to the variance, to prevent division by zero")] = 1e-5

    def plan(self, input_shape: Shape) -> LayerPlan:
        c = input_shape[0] if len(input_shape) == 1 else image_size(self, input_shape)[0]
        return LayerPlan(
            input_shape,
            parameters={"scale": Parameter((c,), "ones"), "shift": Parameter((c,))},
            state={"mean": Parameter((c,)), "variance": Parameter((c,), "ones")},
            workspace={
                "normal": Buffer((c, math.prod(input_shape) // c)),
                "moments": Buffer((2, c)),  # of the batch: only those in the first sample's place are used
            },
            gradient_in_place=True,
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        normal, (mean, variance) = memory.workspace["normal"], memory.workspace["moments"][0]
        values, y, m = x.reshape(normal.shape), out.reshape(normal.shape), x.size // mean.size
        if memory.training:
            np.einsum("ncp->c", values, out=mean)
            mean *= 1 / m
        else:
            np.copyto(mean, memory.state["mean"])
        np.subtract(values, mean[:, None], out=normal)
        if memory.training:
            np.einsum("ncp,ncp->c", normal, normal, out=variance)
            variance *= 1 / m
            self._remember(mean, variance, m, memory.state)
        else:
            np.copyto(variance, memory.state["variance"])
        variance += self.epsilon
        np.sqrt(variance, out=variance)
        np.divide(1, variance, out=variance)
        normal *= variance[:, None]  # which by now is 1 / √(σ² + ε)
        np.multiply(normal, memory.parameters["scale"][:, None], out=y)
        y += memory.parameters["shift"][:, None]

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        normal, (factor, inverse_deviation) = memory.workspace["normal"], memory.workspace["moments"][0]
        grad_scale, grad_shift = memory.gradients["scale"], memory.gradients["shift"]
        grad_y = grad_out.reshape(normal.shape)
        np.einsum("ncp,ncp->c", grad_y, normal, out=grad_scale)
        np.einsum("ncp->c", grad_y, out=grad_shift)
        if grad_in is None:
            return
        grad_values = grad_in.reshape(normal.shape)
        if memory.training:  # μ and σ² depend on x, too
            share, through_moments = factor.size / x.size, out.reshape(normal.shape)
            np.multiply(grad_scale, share, out=factor)
            np.multiply(normal, factor[:, None], out=through_moments)
            np.multiply(grad_shift, share, out=factor)
            through_moments += factor[:, None]
            np.subtract(grad_y, through_moments, out=grad_values)
        else:
            np.copyto(grad_values, grad_y)
        np.multiply(memory.parameters["scale"], inverse_deviation, out=factor)
        grad_values *= factor[:, None]

    def _remember(self, mean: Floats, variance: Floats, m: int, state: dict[str, Floats]) -> None:
        """Move the running estimates towards the moments of m values; ``mean`` is scratch space from then on."""
        state["mean"] *= self.momentum
        mean *= 1 - self.momentum
        state["mean"] += mean
        if m > 1:
            state["variance"] *= self.momentum
            np.multiply(variance, (1 - self.momentum) * m / (m - 1), out=mean)
            state["variance"] += mean
