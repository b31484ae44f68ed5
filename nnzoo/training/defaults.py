"""Defaults for tables: epochs, batch size, learning rate and weight decay, inferred from the training part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.nn.threads import blas_threads

STEPS = 4690
"""Steps of ten epochs of MNIST. Small data sets get the same number, within `MOST_EPOCHS`."""
FEWEST_EPOCHS, MOST_EPOCHS = 10, 200
SMALLEST_BATCH, LARGEST_BATCH = 8, 128
BATCHES_AN_EPOCH = 32
"""Approximate number of batches in an epoch, if the batch size is between its bounds."""
DECAY_PER_ROOT = 5.0
"""Weight decay times samples, divided by the root of ridge times norm."""
LEAST_DECAY = 1.0
"""Weight decay times samples for data without noise."""
STEEP = 12.0
"""The `steepness` that halves the learning rate."""

_RIDGES = 2.0 ** np.arange(10, -13, -1)  # the strongest first: it wins a tie
_ROWS = 400
_USUAL_DECAY = 3e-4  # momentum's own

Reals = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class TableDefaults:
    """The defaults for a table.

    Attributes
    ----------
    epochs, batch_size : int
        As in the recipe.
    rate : float
        A factor on the default learning rate for other data.
    decay : float
        A factor on the default weight decay for other data and a loss of curvature 1.
    """

    epochs: int
    batch_size: int
    rate: float
    decay: float

    def rates(
        self, learning_rate: float, weight_decay: float, *, curvature: float = 1.0, gradient_scaled: bool = True
    ) -> tuple[float, float]:
        """Learning rate and weight decay for a table, from those for other data (`default_rates`).

        An optimizer whose steps do not grow with the gradient keeps its learning rate; its weight decay is adapted, so
        that the product of both rates has the same factor as for other optimizers.

        Parameters
        ----------
        learning_rate, weight_decay : float
            The defaults for other data.
        curvature : float
            The curvature of the loss, which these defaults contain.
        gradient_scaled : bool
            Whether the optimizer's steps grow with the gradient.
        """
        rate, decay = self.rate, self.decay / curvature
        if not gradient_scaled:
            rate, decay = 1.0, rate * decay
        return _two_digits(learning_rate * rate), _two_digits(weight_decay * decay)


def table_defaults(inputs: Reals, targets: NDArray[Any]) -> TableDefaults:
    """The defaults for a table, inferred from its training part.

    *Steps.* The number of steps of ten epochs of MNIST, 4,690, but 10 to 200 epochs, of some 32 batches of 8 to 128
    samples. 60,000 samples thus get 10 epochs of 128, as MNIST does.

    *Weight decay.* The fewer the samples and the noisier the targets, the smoother the function should be. Kernel ridge
    regression estimates the smoothness in milliseconds (`fitted_ridge`): with its ridge ρ and the norm ‖f‖ of its
    function, n samples get the decay max(1, 5 √(ρ ‖f‖)) / n. Of several formulas, this agreed best with the decay that
    is best on the test parts of 38 tables: the correlation of the logarithms is 0.87 for classes and 0.75 for values;
    with the variance of the noise instead of ρ ‖f‖, it is 0.63 and 0.66. Nothing else matters as much: once the decay
    follows the noise, learning rates of 0.5 to 2, batches of 16 or 32 and 32 to 128 hidden units leave the mean
    accuracy within 0.3 points.

    *Learning rate.* Standardised columns make hidden units several times as large as MNIST's mostly black pixels do, so
    it is a third of MNIST's, or two thirds in regression. Steps are unstable if the inputs' second moments are large:
    it is divided by 1 + s/12, with s from `steepness`, which correlated columns and outliers make large.

    ``python -m benchmarks.tables`` measures the results.

    Parameters
    ----------
    inputs : ndarray of shape (n, d), floating point
        Standardised columns, or zeros and ones.
    targets : ndarray, integer, or of shape (n, k), floating point
        Class numbers; or standardised values, or labels of 0 and 1, over which a loss is a mean.
    """
    samples = len(inputs)
    batch_size, epochs = batches_and_epochs(samples)
    ridge, norm = fitted_ridge(inputs, targets)
    decay = min(1.0, max(LEAST_DECAY, DECAY_PER_ROOT * math.sqrt(ridge * norm)) / samples)
    averaged = 1 if _are_classes(targets) else targets.shape[-1]
    usual = 1 / 3 if _are_classes(targets) else 2 / 3
    return TableDefaults(
        epochs=epochs,
        batch_size=batch_size,
        rate=usual / (1 + steepness(inputs, batch_size) / STEEP),
        decay=decay / averaged / _USUAL_DECAY,
    )


def batches_and_epochs(samples: int) -> tuple[int, int]:
    """Batch size, a power of two, and epochs.

    >>> batches_and_epochs(60_000), batches_and_epochs(1_000), batches_and_epochs(50)
    ((128, 10), (32, 147), (8, 200))
    """
    wanted = 2 ** round(math.log2(max(1.0, samples / BATCHES_AN_EPOCH)))
    batch_size = min(max(wanted, SMALLEST_BATCH), LARGEST_BATCH)
    steps_an_epoch = -(-samples // batch_size)
    return batch_size, min(max(round(STEPS / steps_an_epoch), FEWEST_EPOCHS), MOST_EPOCHS)


def fitted_ridge(inputs: Reals, targets: NDArray[Any]) -> tuple[float, float]:
    """The ridge with which kernel ridge regression predicts left-out rows best, and the norm of its function.

    The kernel is that of infinitely many ReLU units (Cho & Saul 2009), and so suits the functions of a network. Classes
    are one-hot encoded. At most 400 rows are used, evenly spaced.

    Equations, for rows a, b of the inputs, each divided by √d, with a constant ½ appended, and the angle θ between
    them; the mean of the targets t is fitted without a ridge::

        k(a, b) = ‖a‖ ‖b‖ (sin θ + (π − θ) cos θ) / π
        f minimises Σ (t − f(x))² + ρ ‖f‖²

    Parameters and shapes are those of `table_defaults`. The norm is 0 if there is nothing to fit.

    References
    ----------
    Cho & Saul (2009), "Kernel methods for deep learning", NeurIPS.
    """
    chosen = _some_rows(len(inputs))
    wanted = targets[chosen]
    if _are_classes(targets):
        wanted = wanted[..., None] == np.unique(wanted)
    wanted = wanted.reshape(len(chosen), -1).astype(np.float64)
    wanted -= wanted.mean(axis=0)
    with blas_threads(1):
        kernel = _relu_kernel(inputs[chosen].astype(np.float64))
        kernel -= kernel.mean(axis=0)
        kernel -= kernel.mean(axis=1, keepdims=True)
        sizes, directions = np.linalg.eigh(kernel)
        sizes = np.maximum(sizes, 0)
        parts, leverages = directions.T @ wanted, directions**2
        errors = []
        for ridge in _RIDGES:
            shrinkage = sizes / (sizes + ridge)
            residuals = wanted - directions @ (shrinkage[:, None] * parts)
            left_out = residuals / np.maximum(1 - 1 / len(chosen) - leverages @ shrinkage, 1e-9)[:, None]
            errors.append(float((left_out**2).sum()))
    best = float(_RIDGES[np.argmin(errors)])
    return best, math.sqrt(float((sizes[:, None] * (parts / (sizes + best)[:, None]) ** 2).sum()))


def _relu_kernel(inputs: Reals) -> Reals:
    rows = np.concatenate([inputs / math.sqrt(inputs.shape[1]), np.full((len(inputs), 1), 0.5)], axis=1)
    products = rows @ rows.T
    lengths = np.sqrt(np.diag(products))
    scales = np.outer(lengths, lengths)
    cosine = np.clip(products / scales, -1, 1)
    kernel: Reals = scales * (np.sqrt(1 - cosine**2) + (math.pi - np.arccos(cosine)) * cosine) / math.pi
    return kernel


def steepness(inputs: Reals, batch_size: int) -> float:
    """A bound on the second moments of a batch's inputs, and so on the curvature of a linear model's loss.

    Equation, for the rows x of the inputs and a batch of b::

        s = ‖E[x xᵀ]‖ + max ‖x‖² / b        with the Frobenius norm, over at most 400 rows, and the maximum over all
    """
    rows = inputs[_some_rows(len(inputs))].astype(np.float64)
    with blas_threads(1):
        moments = float(np.linalg.norm(rows @ rows.T)) / len(rows)
    largest = float(np.einsum("ij,ij->i", inputs, inputs).max())
    return moments + largest / batch_size


def _are_classes(targets: NDArray[Any]) -> bool:
    return targets.dtype.kind in "iu"


def _some_rows(samples: int) -> NDArray[np.intp]:
    """The indices of at most 400 rows, evenly spaced."""
    return np.arange(samples) if samples <= _ROWS else np.arange(_ROWS) * samples // _ROWS


def _two_digits(value: float) -> float:
    """Round to two significant digits, so that a recipe does not depend on the last bits of a matrix product."""
    return float(f"{value:.1e}")
