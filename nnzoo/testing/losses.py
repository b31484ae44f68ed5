"""Checks of losses."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.kinds import Loss
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.gradients import require_gradient
from nnzoo.testing.numerics import far_off, floating_point_errors, random

SHAPES = ((1, 2), (5, 3), (3, 10), (1, 1), (7, 1))
"""(samples, values of each); a loss of probabilities is spared those with one value."""


def exercise(loss: Loss) -> list[Any]:
    """Use it once."""
    logits, targets = _batch(loss, 5, 3, np.float32)
    value, gradient = _value_and_gradient(loss, logits, targets)
    loss.predict(logits)
    return [value, gradient, logits]


def check_gradient(loss: Loss) -> None:
    """``out`` is the derivative of the value with respect to the logits (central differences, float64)."""
    for n, k in _shapes(loss):
        logits, targets = _batch(loss, n, k, np.float64)
        _, gradient = _value_and_gradient(loss, logits, targets)
        what = f"gradient of a logit, in a batch of shape {(n, k)},"
        require_gradient(what, gradient, partial(_value, loss, logits, targets), logits, np.arange(logits.size))


def check_mean_over_samples(loss: Loss) -> None:
    """The value is the mean of what each sample has by itself, whatever the size of the batch."""
    for n, k in _shapes(loss):
        logits, targets = _batch(loss, n, k, np.float64)
        together, _ = _value_and_gradient(loss, logits, targets)
        alone = [_value_and_gradient(loss, logits[i : i + 1], targets[i : i + 1])[0] for i in range(n)]
        require(
            abs(together - sum(alone) / n) <= 1e-9 * (1 + abs(together)),
            f"the loss of {n} samples is {together:.6g}; the mean of the loss of each is {sum(alone) / n:.6g}",
            hint="average over the samples, axis 0",
        )


def check_in_place(loss: Loss) -> None:
    """It fills ``out``, leaves logits and targets alone, and returns a Python float."""
    for n, k in _shapes(loss):
        logits, targets = _batch(loss, n, k, np.float32)
        before = logits.copy(), targets.copy()
        out = np.full_like(logits, np.nan)
        value = loss.value_and_gradient(logits, targets, out)
        require(
            isinstance(value, float) and not isinstance(value, np.generic),
            f"value_and_gradient returns {with_article(value)}",
            hint="return float(…)",
        )
        require(not np.isnan(out).any(), "value_and_gradient leaves (part of) out unwritten", hint="write out[...] = …")
        require(np.array_equal(logits, before[0]), "value_and_gradient changes the logits")
        require(np.array_equal(targets, before[1]), "value_and_gradient changes the targets")
        require(loss.predict(logits) is None, "predict returns something", hint="it changes the logits in place")


def check_dtype(loss: Loss) -> None:
    """float32 gives the values of float64, to the precision of float32."""
    logits, targets = _batch(loss, 6, 4, np.float32)
    single, gradient = _value_and_gradient(loss, logits, targets)
    double, exact = _value_and_gradient(loss, logits.astype(np.float64), targets.astype(np.float64))
    require(
        abs(single - double) <= 1e-4 * (1 + abs(double)), f"the loss is {single} in float32 and {double} in float64"
    )
    require(far_off(gradient.astype(np.float64), exact, 1e-4) is None, "the gradient is another in float32")


def check_extremes(loss: Loss) -> None:
    """Logits of ±10,000 in float32 give a finite loss, gradient and prediction, without overflow or warning."""
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [0, 0, 0], [-1e4, -1e4, -1e4], [88.8, -88.8, 1]], np.float32)
    for wanted in range(3):
        targets = np.zeros_like(logits)
        targets[:, wanted] = 1
        try:
            with floating_point_errors():
                value, gradient = _value_and_gradient(loss, logits, targets)
                prediction = logits.copy()
                loss.predict(prediction)
        except FloatingPointError as error:
            raise CheckFailed(
                f"{error} for logits within ±10,000", hint="subtract each row's maximum before exp"
            ) from None
        for what, result in (("loss", value), ("gradient", gradient), ("prediction", prediction)):
            require(np.isfinite(result).all(), f"the {what} is not finite for logits within ±10,000")


def check_descends(loss: Loss) -> None:
    """Logits that follow the gradient down bring the loss down."""
    logits, targets = _batch(loss, 8, 2, np.float64)
    first, _ = _value_and_gradient(loss, logits, targets)
    for _ in range(300):
        _, gradient = _value_and_gradient(loss, logits, targets)
        logits -= gradient
    last, _ = _value_and_gradient(loss, logits, targets)
    require(last < 0.9 * first, f"300 steps against the gradient bring the loss from {first:.4g} to {last:.4g} only")


def check_probabilities(loss: Loss) -> None:
    """If it gives probabilities, `predict` makes rows that add up to 1 and keeps the order of the logits."""
    if not loss.gives_probabilities:
        raise CheckSkipped("it declares gives_probabilities = False")
    logits = 4 * random(6).standard_normal((50, 10)).astype(np.float32)
    probabilities = logits.copy()
    loss.predict(probabilities)
    require(((probabilities >= 0) & (probabilities <= 1)).all(), "predict gives values that are no probabilities")
    require(np.allclose(probabilities.sum(axis=1), 1, atol=1e-5), "rows of what predict gives do not add up to 1")
    require(
        np.array_equal(probabilities.argmax(axis=1), logits.argmax(axis=1)),
        "predict prefers another class than the logits",
    )


def check_curvature(loss: Loss) -> None:
    """The class variable `curvature` is positive and finite."""
    require(0 < loss.curvature < np.inf, f"curvature = {loss.curvature!r}")


def _shapes(loss: Loss) -> list[tuple[int, int]]:
    return [(n, k) for n, k in SHAPES if k > 1 or not loss.gives_probabilities]


def _batch(loss: Loss, n: int, k: int, dtype: type[np.floating[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Logits, and targets: one-hot rows for a loss of probabilities, else any values."""
    rng = random(7, n, k)
    logits = 2 * rng.standard_normal((n, k))
    targets = np.eye(k)[rng.integers(k, size=n)] if loss.gives_probabilities else rng.standard_normal((n, k))
    return logits.astype(dtype), targets.astype(dtype)


def _value_and_gradient(loss: Loss, logits: NDArray[Any], targets: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    out = np.full_like(logits, np.nan)
    return loss.value_and_gradient(logits, targets, out), out


def _value(loss: Loss, logits: NDArray[Any], targets: NDArray[Any]) -> float:
    return _value_and_gradient(loss, logits, targets)[0]


CHECKS = (
    check_in_place,
    check_gradient,
    check_mean_over_samples,
    check_dtype,
    check_extremes,
    check_descends,
    check_probabilities,
    check_curvature,
)
