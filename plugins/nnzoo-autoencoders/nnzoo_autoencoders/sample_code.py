"""Codes that are drawn at random, around values that a network chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Buffer, Floats, Layer, LayerMemory, LayerPlan, OperatorGraph, Shape, TrainedLayer, UsageError


def sample_code(x: Floats) -> Floats:
    """In a prediction the code is its mean: the first half of the values."""
    return x[:, : x.shape[1] // 2]


def sample_code_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """The same in ONNX."""
    ends = {"starts": 0, "ends": layer.output_shape[0], "axes": 1}
    return graph.node("Slice", [inputs[0], *(graph.constant(name, np.array([n])) for name, n in ends.items())])


@dataclass(frozen=True)
class SampleCode(Layer):
    """A code drawn from a normal distribution, whose divergence from the standard one is added to the loss.

    Equation, for an input of a mean μ and a log-variance s for each number of the code, and the weight w::

        y = μ + ε exp(s/2),  ε ~ N(0, 1)        (in a prediction, y = μ)
        KL = ½ Σ (μ² + exp(s) − 1 − s)          of each sample; w times its mean over the batch is added to the loss
        ∂L/∂μ = ∂L/∂y + w μ
        ∂L/∂s = ½ (∂L/∂y ε exp(s/2) + w (exp(s) − 1))

    with the second terms divided by the number of samples. Samples have the shape (2 c,): the c means, then the c
    log-variances. Codes have the shape (c,).

    References
    ----------
    Kingma & Welling (2014), "Auto-encoding variational Bayes", ICLR, arXiv:1312.6114, appendix B.
    Higgins et al. (2017), "β-VAE: learning basic visual concepts with a constrained variational framework", ICLR.
    """

    name: ClassVar[str] = "sample-code"
    in_numpy: ClassVar = sample_code
    exports: ClassVar = {"onnx": sample_code_nodes}

    weight: Annotated[float, Ge(0), doc("factor of the divergence in the loss")] = 1.0

    def plan(self, input_shape: Shape) -> LayerPlan:
        if len(input_shape) != 1 or input_shape[0] % 2:
            raise UsageError(
                f"{self.label} takes an even number of values, not samples of shape {input_shape}",
                hint="a dense layer of twice as many units as the code has numbers goes before it",
            )
        code = (input_shape[0] // 2,)
        return LayerPlan(
            code,
            workspace={"noise": Buffer(code, np.float64), "term": Buffer(code)},
            random=True,
            penalized=True,
        )

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        (mean, s), noise, term = halves(x), memory.workspace["noise"], memory.workspace["term"]
        np.exp(s, out=term)
        divergence = float(np.einsum("ij,ij", mean, mean) + term.sum() - s.sum()) - s.size
        memory.penalty = self.weight / 2 / len(x) * divergence
        noise.fill(0)
        if memory.rng is not None and memory.training:
            memory.rng.standard_normal(out=noise)
        np.sqrt(term, out=term)
        noise *= term
        np.add(mean, noise, out=out, casting="same_kind")

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        if grad_in is None:
            return
        (mean, s), (of_mean, of_s), noise = halves(x), halves(grad_in), memory.workspace["noise"]
        np.multiply(mean, self.weight / len(x), out=of_mean)
        of_mean += grad_out
        np.expm1(s, out=of_s)
        of_s *= self.weight / len(x)
        noise *= grad_out  # by now it is ε exp(s/2)
        of_s += noise
        of_s *= 0.5


def halves(x: Floats) -> tuple[Floats, Floats]:
    """Views of the means and of the log-variances."""
    half = x.shape[1] // 2
    return x[:, :half], x[:, half:]
