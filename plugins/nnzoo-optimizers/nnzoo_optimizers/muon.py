"""Muon: a matrix of weights moves along the orthogonal matrix that is nearest to its momentum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt, doc
from nnzoo.api import Arrays, Floats, LayerwiseOptimizer

from nnzoo_optimizers.adam import adam_direction
from nnzoo_optimizers.norms import is_matrix, norm

POLYNOMIAL = (3.4445, -4.7750, 2.0315)
"""Jordan's coefficients: steep at 0, and after five steps between 0.7 and 1.2 for all but the smallest numbers."""

ITERATIONS = 5


@dataclass(frozen=True)
class Muon(LayerwiseOptimizer):
    """Muon: momentum, orthogonalised, so that a step is equally long in all directions in which a matrix can move.

    Equation, for each matrix θ of weights, of shape (inputs, outputs), and its gradient g::

        v ← β v + g
        X = (g + β v) / ‖g + β v‖
        X ← a X + (b X Xᵀ + c (X Xᵀ)²) X                    five times: Newton–Schulz
        θ ← θ − η √max(1, outputs / inputs) X

    where η is the learning rate and (a, b, c) = (3.4445, −4.7750, 2.0315). The iteration moves all singular values of X
    near to 1, roughly: they end between 0.7 and 1.2. The filters of a convolution are seen as one matrix, whose columns
    are the last axis. Arrays with one axis, biases and gains, take Adam's step, with the learning rate
    η · ``adam_rate``. Weight decay is nnzoo's own, ``--weight-decay``, for the weights alone.

    The author has first and last layers trained by AdamW, which suits embeddings and large vocabularies; here all
    matrices are treated alike. The state is the momentum v of each matrix, Adam's two moments of each other array, and
    scratch space that carries nothing from one step to the next.

    References
    ----------
    Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks", kellerjordan.github.io/posts/muon.
    """

    name: ClassVar[str] = "muon"
    default_learning_rate: ClassVar[float] = 0.05
    default_weight_decay: ClassVar[float] = 0.1
    gradient_scaled: ClassVar[bool] = False

    beta: Annotated[float, Ge(0), Lt(1), doc("share of the old momentum that is kept at each step")] = 0.95
    adam_rate: Annotated[float, Gt(0), doc("Adam's learning rate, as a share of the matrices'")] = 0.2
    beta1: Annotated[float, Ge(0), Lt(1), doc("share of Adam's old first moment that is kept at each step")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), doc("share of Adam's old second moment that is kept at each step")] = 0.999
    epsilon: Annotated[float, Ge(1e-30), doc("added to Adam's root, to prevent division by zero")] = 1e-8

    def init_arrays(self, arrays: Arrays) -> dict[str, Floats]:
        state, scratch = {}, 0
        for name, array in arrays.items():
            if is_matrix(array):
                state[f"momentum.{name}"] = np.zeros_like(array)
                scratch = max(scratch, array.size + 2 * min(_as_matrix(array).shape) ** 2)
            else:
                state |= {f"first_moment.{name}": np.zeros_like(array), f"second_moment.{name}": np.zeros_like(array)}
        if scratch:
            state["scratch"] = np.zeros(scratch, next(iter(arrays.values())).dtype)
        return state

    def update_arrays(
        self, arrays: Arrays, gradients: Arrays, state: dict[str, Floats], learning_rate: float, step: int
    ) -> None:
        for name, array in arrays.items():
            gradient = gradients[name]
            if is_matrix(array):
                matrix, direction = _as_matrix(array), _as_matrix(gradient)
                momentum = _as_matrix(state[f"momentum.{name}"])
                momentum *= self.beta
                momentum += direction
                spare = state["scratch"][: matrix.size].reshape(matrix.shape)
                np.multiply(momentum, self.beta, out=spare)
                direction += spare
                direction = orthogonalize(direction, state["scratch"])
                direction *= learning_rate * math.sqrt(max(1.0, matrix.shape[1] / matrix.shape[0]))
                matrix -= direction
            else:
                first, second = state[f"first_moment.{name}"], state[f"second_moment.{name}"]
                scale = adam_direction(gradient, first, second, step, self.beta1, self.beta2, self.epsilon)
                gradient *= learning_rate * self.adam_rate * scale
                array -= gradient


def orthogonalize(x: Floats, scratch: Floats) -> Floats:
    """Move all singular values of a matrix near to 1, by five steps of Newton–Schulz.

    Parameters
    ----------
    x : ndarray of shape (n, k)
        The matrix; its memory is used.
    scratch : ndarray of shape (s,)
        Scratch space of at least n k + 2 min(n, k)² numbers.

    Returns
    -------
    ndarray of shape (n, k)
        In the memory of ``x`` or ``scratch``.
    """
    a, b, c = POLYNOMIAL
    small = min(x.shape)
    other = scratch[: x.size].reshape(x.shape)
    gram = scratch[x.size : x.size + small**2].reshape(small, small)
    square = scratch[x.size + small**2 : x.size + 2 * small**2].reshape(small, small)
    is_tall = x.shape[0] > small
    x /= norm(x) + 1e-30
    for _ in range(ITERATIONS):
        if is_tall:
            np.matmul(x.T, x, out=gram)
        else:
            np.matmul(x, x.T, out=gram)
        np.matmul(gram, gram, out=square)
        square *= c
        gram *= b
        square += gram
        if is_tall:
            np.matmul(x, square, out=other)
        else:
            np.matmul(square, x, out=other)
        x *= a
        other += x
        x, other = other, x
    return x


def _as_matrix(array: Floats) -> Floats:
    """A view of shape (inputs, outputs)."""
    matrix: Floats = array.reshape(-1, array.shape[-1])
    return matrix
