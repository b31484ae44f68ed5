"""Cross-entropy for classes and for labels, and the squared error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import Arrays, Buffer, Floats, Loss, UsageError, hookimpl
from nnzoo.builtin import numpy_functions


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """Cross-entropy between the targets and the softmax of the outputs.

    Equation, for outputs z and a class c, or shares t of the k classes that sum to 1::

        p = softmax(z),  pⱼ = exp(zⱼ − m) / Σ exp(zᵢ − m)      with m = max(z) of each row
        L = −log p_c             or  −Σ tⱼ log pⱼ
        ∂L/∂zⱼ = pⱼ − [j = c]    or  pⱼ − tⱼ

    References
    ----------
    Bridle (1990), "Probabilistic interpretation of feedforward classification network outputs", Neurocomputing.
    """

    name: ClassVar[str] = "softmax-cross-entropy"
    in_numpy: ClassVar = numpy_functions.softmax
    gives_probabilities: ClassVar[bool] = True

    def plan(self, outputs: int) -> Mapping[str, Buffer]:
        return {
            "largest": Buffer(()),
            "ones": Buffer((outputs,), fill=1),
            "one": Buffer((), fill=1),  # NumPy subtracts an array faster than a number
            "first": Buffer((), np.intp),  # where each row begins in the flat array; filled at the first use
            "place": Buffer((), np.intp),
            "total": Buffer(()),
        }

    def losses(self, outputs: Floats, targets: NDArray[Any], losses: Floats, grad: Floats, workspace: Arrays) -> None:
        n, k = outputs.shape
        largest, total = workspace["largest"], workspace["total"]
        columns = grad.reshape(k, n)  # NumPy finds maxima over a few long rows much faster than over many short ones
        columns[...] = outputs.T
        np.maximum.reduce(columns, axis=0, out=largest)
        np.subtract(outputs, largest[:, None], out=grad)
        if targets.ndim == 1:
            place, flat = target_places(targets, k, workspace), grad.reshape(-1)
            flat.take(place, out=losses, mode="clip")
        else:
            _require_distributions(self, targets, total)
            np.einsum("ij,ij->i", grad, targets, out=losses)
        np.exp(grad, out=grad)
        grad.dot(workspace["ones"][0], out=total)  # sums as a product: several times as fast
        grad /= total[:, None]
        np.log(total, out=largest)
        np.subtract(largest, losses, out=losses)
        if targets.ndim == 1:
            flat.take(place, out=total, mode="clip")
            total -= workspace["one"]
            flat[place] = total
        else:
            grad -= targets

    def predict(self, outputs: Floats) -> None:
        outputs -= outputs.max(axis=1, keepdims=True)
        np.exp(outputs, out=outputs)
        outputs /= outputs.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Cross-entropy between labels and the sigmoid of each output, averaged over the k labels of a row.

    Equation::

        p = 1 / (1 + e⁻ᶻ)
        L = 1/k Σ (max(z, 0) − z t + log(1 + e⁻ᶠ))  with f = |z|      (which can't overflow)
        ∂L/∂z = (p − t) / k

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 4.3.2.
    """

    name: ClassVar[str] = "binary-cross-entropy"
    in_numpy: ClassVar = numpy_functions.sigmoid
    gives_probabilities: ClassVar[bool] = True

    def plan(self, outputs: int) -> Mapping[str, Buffer]:
        return {"terms": Buffer((outputs,)), "ones": Buffer((outputs,), fill=1)}

    def losses(self, outputs: Floats, targets: NDArray[Any], losses: Floats, grad: Floats, workspace: Arrays) -> None:
        require_values(self, targets)
        require_shares(self, targets)
        terms, ones = workspace["terms"], workspace["ones"]
        np.multiply(outputs, targets, out=terms)
        np.clip(outputs, 0, None, out=grad)
        grad -= terms  # before adding small terms, which would be lost beside z
        np.abs(outputs, out=terms)
        np.negative(terms, out=terms)
        np.exp(terms, out=terms)
        np.log1p(terms, out=terms)
        terms += grad
        np.matmul(terms, ones[0], out=losses)
        losses *= 1 / outputs.shape[1]
        np.copyto(grad, outputs)
        self.predict(grad)
        grad -= targets
        grad *= 1 / outputs.shape[1]

    def predict(self, outputs: Floats) -> None:
        outputs *= 0.5
        np.tanh(outputs, out=outputs)
        outputs += 1
        outputs *= 0.5


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """Squared error, averaged over the k values of a row. A class c means a 1 in its place and 0 elsewhere.

    Equation::

        L = 1/k Σ (z − t)²
        ∂L/∂z = 2/k (z − t)
    """

    name: ClassVar[str] = "mse"
    curvature: ClassVar[float] = 4.0

    def plan(self, outputs: int) -> Mapping[str, Buffer]:
        return {"first": Buffer((), np.intp), "place": Buffer((), np.intp), "wanted": Buffer(())}

    def losses(self, outputs: Floats, targets: NDArray[Any], losses: Floats, grad: Floats, workspace: Arrays) -> None:
        k = outputs.shape[1]
        if targets.ndim == 1:
            place, flat, wanted = target_places(targets, k, workspace), grad.reshape(-1), workspace["wanted"]
            np.copyto(grad, outputs)
            flat.take(place, out=wanted, mode="clip")
            wanted -= 1
            flat[place] = wanted
        else:
            np.subtract(outputs, targets, out=grad)
        np.einsum("ij,ij->i", grad, grad, out=losses)
        losses *= 1 / k
        grad *= 2 / k

    def predict(self, outputs: Floats) -> None:
        pass


def target_places(targets: NDArray[Any], k: int, workspace: Arrays) -> NDArray[np.intp]:
    """The place of each row's class in a flat array of shape (n · k,).

    Parameters
    ----------
    targets : ndarray of shape (n,), intp
        Class numbers.
    k : int
        Length of a row.
    workspace : mapping of str to ndarray
        Two arrays of shape (n,), intp: ``first``, initially zeros, and ``place``, which is returned.
    """
    first, place = workspace["first"], workspace["place"]
    n = len(first)
    if n > 1 and first[n - 1] != (n - 1) * k:
        first[...] = np.arange(0, n * k, k)
    np.add(first, targets, out=place)
    return place


def require_values(loss: Loss, targets: NDArray[Any]) -> None:
    """Refuse class numbers.

    Raises
    ------
    UsageError
    """
    if targets.ndim == 1:
        raise UsageError(f"{loss.label} is for labels of 0 and 1, not for classes", hint="use softmax-cross-entropy")


def require_shares(loss: Loss, targets: NDArray[Any]) -> None:
    """Refuse targets below 0 or above 1, which can't be probabilities.

    Raises
    ------
    UsageError
    """
    low, high = float(targets.min(initial=0)), float(targets.max(initial=1))
    if low < 0 or high > 1:
        raise UsageError(
            f"{loss.label} is for targets from 0 to 1, but one is {low if low < 0 else high:g}",
            hint="use mse, or scale the data to 0 … 1",
        )


def _require_distributions(loss: Loss, targets: NDArray[Any], total: Floats) -> None:
    """Refuse rows that are not shares of classes, such as values or several labels; ``total`` is overwritten.

    Raises
    ------
    UsageError
    """
    np.sum(targets, axis=1, out=total)
    low, high = float(total.min(initial=1)), float(total.max(initial=1))
    if not (targets.min(initial=0) > -1e-3 and low > 1 - 1e-3 and high < 1 + 1e-3):
        raise UsageError(
            f"{loss.label} is for classes: of each sample one, or shares that sum to 1",
            hint="take mse for values, binary-cross-entropy for labels",
        )


@hookimpl
def nnzoo_losses() -> list[type[Loss]]:
    return [SoftmaxCrossEntropy, BinaryCrossEntropy, MeanSquaredError]
