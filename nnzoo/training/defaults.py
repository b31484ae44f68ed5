"""Defaults for tables: epochs, batch size, learning rate and weight decay from the size and the noise of the data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.nn.threads import blas_threads

STEPS = 4690
"""Steps of ten epochs of MNIST, the fewest epochs there are. Small data take as many, within `MOST_EPOCHS`."""
FEWEST_EPOCHS, MOST_EPOCHS = 10, 200
SMALLEST_BATCH, LARGEST_BATCH = 8, 128
BATCHES_AN_EPOCH = 32
"""Batches in an epoch, about, where the batch size is between its bounds."""

PRIOR = 9.0
"""Weight decay of all samples together, where nothing can be predicted."""
LEAST_PRIOR = 1.0
"""The same where everything can."""

STEEP = 12.0
"""The `steepness` that halves the learning rate."""

_ROWS = 400
_RIDGES = (1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_MNIST_DECAY = {True: 3e-4, False: 6e-3}  # default_rates' with momentum: classes, or one value
_RATE = {True: 1 / 3, False: 2 / 3}
_MANY_VALUES = 5  # from so many on, default_rates takes a mean over them for no more curved

Reals = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class TableDefaults:
    """What suits a table where the user chose nothing.

    Attributes
    ----------
    epochs, batch_size : int
        As in the recipe.
    rate, decay : float
        Factors on the learning rate and the weight decay that suit MNIST; see `rates`.
    noise : float
        The share of the targets' variance that can't be predicted, from 0 to 1; see `unpredictable_share`.
    """

    epochs: int
    batch_size: int
    rate: float
    decay: float
    noise: float

    def rates(self, learning_rate: float, weight_decay: float, *, gradient_scaled: bool) -> tuple[float, float]:
        """Learning rate and weight decay for a table, from those that would suit MNIST.

        An optimizer whose steps do not grow with the gradient keeps its learning rate; its weights shrink at each step
        by the same factor as with one whose steps do.
        """
        rate, decay = (self.rate, self.decay) if gradient_scaled else (1.0, self.rate * self.decay)
        return learning_rate * rate, _two_digits(weight_decay * decay)


def table_defaults(inputs: Reals, targets: NDArray[Any], classes: int) -> TableDefaults:
    """The defaults for a table, from the part of it that is trained on.

    *Steps.* As many as ten epochs of MNIST have, 4,690, but 10 to 200 epochs, of some 32 batches of 8 to 128 samples.
    60,000 samples thus get 10 epochs of 128, as MNIST does.

    *Weight decay.* A Gaussian prior on the weights adds λ/2 ‖w‖² to the mean loss of n samples with λ ∝ σ²/n, where σ²
    is the variance of the noise: the noisier the targets and the fewer the samples, the smoother the function should
    be. So λ = max(1, 9 σ²) / n, with σ² from `unpredictable_share`. Nothing else matters as much for small tables: with
    this decay, rates four times as large or as small, batches of 8 or 64 and 32 or 128 hidden units change the mean
    accuracy by 0.3 points.

    *Learning rate.* Standardised columns make hidden units several times as large as MNIST's mostly black pixels do, so
    it is a third of MNIST's, or two thirds in regression. Steps are unstable where the inputs' second moments are
    large: it is divided by 1 + s/12, with s from `steepness`, which correlated columns and outliers make large.

    Parameters
    ----------
    inputs : ndarray of shape (n, d), floating point
        Standardised columns, or zeros and ones.
    targets : ndarray of shape (n,), integer, or of shape (n, k), floating point
        Labels 0 … classes − 1, or standardised values.
    classes : int
        Number of classes; 0 in regression.
    """
    samples = len(inputs)
    batch_size, epochs = batches_and_epochs(samples)
    noise = unpredictable_share(inputs, targets, classes)
    values = 1 if classes else targets.shape[1]
    decay = max(LEAST_PRIOR, PRIOR * noise) / samples / max(1, values / _MANY_VALUES)
    is_classification = classes > 0
    return TableDefaults(
        epochs=epochs,
        batch_size=batch_size,
        rate=_two_digits(_RATE[is_classification] / (1 + steepness(inputs, batch_size) / STEEP)),
        decay=decay / _MNIST_DECAY[is_classification],
        noise=noise,
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


def unpredictable_share(inputs: Reals, targets: NDArray[Any], classes: int) -> float:
    """The share of the targets' variance that a smooth function of the inputs does not predict: the noise, σ².

    It is the leave-one-out error of kernel ridge regression, with the strength of the ridge that makes it smallest,
    over that of the mean. The kernel is that of infinitely many ReLU units (Cho & Saul 2009), so that it sees what a
    network can: where it is small and a linear model's error is large, the targets are curved, not noisy. Labels are
    taken as rows of zeros and ones. At most 400 rows are used, evenly spaced.

    Equation, for rows a, b of the inputs, each divided by √d, with a constant ½ appended, and their angle θ::

        k(a, b) = ‖a‖ ‖b‖ (sin θ + (π − θ) cos θ) / π

    Parameters and shapes are those of `table_defaults`. The result lies in 0 … 1; it is 1 where targets do not vary.

    References
    ----------
    Cho & Saul (2009), "Kernel methods for deep learning", NeurIPS.
    """
    samples = len(inputs)
    chosen = _some_rows(samples)
    count = len(chosen)
    labels = targets[chosen]
    wanted = (labels[:, None] == np.unique(labels)).astype(np.float64) if classes else labels.astype(np.float64)
    wanted -= wanted.mean(axis=0)
    total = float((wanted**2).sum())
    if count < 3 or total <= 1e-12 * count:
        return 1.0
    with blas_threads(1):
        kernel = _relu_kernel(inputs[chosen].astype(np.float64))
        kernel -= kernel.mean(axis=0)
        kernel -= kernel.mean(axis=1, keepdims=True)
        sizes, directions = np.linalg.eigh(kernel)
        sizes = np.maximum(sizes, 0)
        if not sizes.sum():
            return 1.0
        parts, leverages = directions.T @ wanted, directions**2
        errors = []
        for ridge in _RIDGES:
            kept = sizes / (sizes + ridge * sizes.mean())
            residuals = wanted - directions @ (kept[:, None] * parts)
            left_out = residuals / np.maximum(1 - 1 / count - leverages @ kept, 1e-9)[:, None]
            errors.append(float((left_out**2).sum()))
    return min(1.0, min(errors) / total * (1 - 1 / count) ** 2)


def _relu_kernel(inputs: Reals) -> Reals:
    rows = np.concatenate([inputs / math.sqrt(inputs.shape[1]), np.full((len(inputs), 1), 0.5)], axis=1)
    products = rows @ rows.T
    lengths = np.sqrt(np.diag(products))
    scales = np.outer(lengths, lengths)
    cosine = np.clip(products / scales, -1, 1)
    kernel: Reals = scales * (np.sqrt(1 - cosine**2) + (math.pi - np.arccos(cosine)) * cosine) / math.pi
    return kernel


def steepness(inputs: Reals, batch_size: int) -> float:
    """How large the second moments of a batch's inputs can be: a bound for the curvature of a linear model's loss.

    Equation, for the rows x of the inputs and a batch of b::

        s = ‖E[x xᵀ]‖ + max ‖x‖² / b        with the Frobenius norm, over at most 400 rows, and the maximum over all
    """
    rows = inputs[_some_rows(len(inputs))].astype(np.float64)
    with blas_threads(1):
        products = rows @ rows.T
    largest = float(np.einsum("ij,ij->i", inputs, inputs).max())
    return float(np.linalg.norm(products)) / len(rows) + largest / batch_size


def _some_rows(samples: int) -> NDArray[np.intp]:
    """Where some rows are, evenly spaced; all where they are few."""
    return np.arange(samples) if samples <= _ROWS else np.arange(_ROWS) * samples // _ROWS


def _two_digits(value: float) -> float:
    """Rounded to two significant digits, so that a recipe does not hang on the last bits of a matrix product."""
    return float(f"{value:.1e}")
