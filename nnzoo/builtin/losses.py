"""Cross-entropy of the softmax for classification, and the mean squared error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import get_ident
from typing import Any, ClassVar

import numpy as np

from nnzoo.api import Floats, Loss, hookimpl


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """Cross-entropy between the targets and the softmax of the logits.

    Equation, for logits z and a target t whose k values sum to 1::

        p = softmax(z),  pⱼ = exp(zⱼ − m) / Σ exp(zᵢ − m)      with m = max(z), for each sample its own
        L = −Σ tⱼ log pⱼ,  averaged over the batch
        ∂L/∂z = (p − t) / n

    References
    ----------
    Bridle (1990), "Probabilistic interpretation of feedforward classification network outputs", Neurocomputing.
    """

    name: ClassVar[str] = "softmax-cross-entropy"
    gives_probabilities: ClassVar[bool] = True

    def value_and_gradient(self, logits: Floats, targets: Floats, out: Floats) -> float:
        n, k = len(logits), logits.shape[1]
        largest, total, ones = _scratch(n, k, out.dtype, get_ident())
        columns = out.reshape(k, n)  # of a few long rows NumPy finds the largest values much sooner than of many short
        np.copyto(columns, logits.T)
        columns.max(axis=0, out=largest)
        np.subtract(logits, largest[:, None], out=out)
        shifted_target = float(np.vdot(out, targets))
        np.exp(out, out=out)
        np.matmul(out, ones, out=total)  # sums, as a product: several times as fast
        out /= total[:, None]
        out -= targets
        out *= 1 / n
        np.log(total, out=total)
        return (float(total.sum()) - shifted_target) / n

    def predict(self, logits: Floats) -> None:
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """Mean squared error, over the n samples and the k values of each.

    Equation::

        L = 1/(nk) Σ (z − t)²
        ∂L/∂z = 2/(nk) (z − t)
    """

    name: ClassVar[str] = "mse"
    curvature: ClassVar[float] = 4.0

    def value_and_gradient(self, logits: Floats, targets: Floats, out: Floats) -> float:
        np.subtract(logits, targets, out=out)
        loss = float(np.vdot(out, out)) / out.size
        out *= 2 / out.size
        return loss

    def predict(self, logits: Floats) -> None:
        pass


@lru_cache(maxsize=16)
def _scratch(n: int, k: int, dtype: np.dtype[Any], thread: int) -> tuple[Floats, Floats, Floats]:
    """Two vectors of length n to work in and k ones: each thread has its own, and a step need not allocate any."""
    return np.empty(n, dtype), np.empty(n, dtype), np.ones(k, dtype)


@hookimpl
def nnzoo_losses() -> list[type[Loss]]:
    return [SoftmaxCrossEntropy, MeanSquaredError]
