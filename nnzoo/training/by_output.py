"""Figures of each class, label or value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats


@dataclass(frozen=True)
class AnswerFigures:
    """The figures of one class or label; a share of nothing is None.

    Attributes
    ----------
    samples, predicted : int
        The number of samples with this class or label, and of answers with it.
    precision : float or None
        Share of right answers among these answers.
    recall : float or None
        Share of right answers among these samples.
    f1 : float or None
        Harmonic mean of precision and recall.
    """

    samples: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class ValueFigures:
    """The figures of one value, in its unit.

    Attributes
    ----------
    r2 : float or None
        Coefficient of determination; None if all targets are equal.
    mae, rmse : float
        Mean absolute error, and root of the mean squared error.
    mean, deviation : float
        Of the targets.
    """

    r2: float | None
    mae: float
    rmse: float
    mean: float
    deviation: float


def by_class(
    answers: NDArray[np.intp], targets: NDArray[np.intp], classes: int, weights: Floats | None = None
) -> list[AnswerFigures]:
    """The figures of each class.

    Parameters
    ----------
    answers, targets : ndarray of shape (m,), intp
        Class numbers.
    classes : int
        Number of classes.
    weights : ndarray of shape (m,), optional
        Weights in shares; entries of weight 0 are ignored.

    >>> by_class(np.array([0, 1, 1]), np.array([0, 0, 1]), 3)[0]
    AnswerFigures(samples=2, predicted=1, precision=1.0, recall=0.5, f1=0.6666666666666666)
    """
    if weights is not None:
        counted = weights > 0
        answers, targets, weights = answers[counted], targets[counted], weights[counted]
    right = answers == targets

    def count(classes_of: NDArray[np.intp], w: Floats | None) -> NDArray[Any]:
        return np.bincount(classes_of, w, minlength=classes)

    sums = (
        count(targets[right], None if weights is None else weights[right]),
        count(answers, weights),
        count(targets, weights),
    )
    return _answer_figures(count(targets, None), count(answers, None), *sums)


def by_label(answers: Floats, targets: Floats, weights: Floats | None = None) -> list[AnswerFigures]:
    """The figures of each label; arrays are zeros and ones of shape (m, k), ``weights`` as for `by_class`."""
    w = np.ones(len(targets)) if weights is None else weights
    counted = w > 0
    samples, predicted = (each[counted].sum(axis=0).astype(np.intp) for each in (targets, answers))
    return _answer_figures(samples, predicted, w @ (answers * targets), w @ answers, w @ targets)


def by_value(predictions: Floats, targets: Floats, weights: Floats | None = None) -> list[ValueFigures]:
    """The figures of each value; arrays have the shape (m, k), ``weights`` are as for `by_class`.

    >>> by_value(np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]]))
    [ValueFigures(r2=-1.0, mae=0.5, rmse=0.7071067811865476, mean=1.5, deviation=0.5)]
    """
    shares = np.full(len(targets), 1 / len(targets)) if weights is None else weights / weights.sum()
    wrong = predictions - targets
    mean = shares @ targets
    variance, squares = shares @ (targets - mean) ** 2, shares @ wrong**2
    vary = np.ptp(targets[shares > 0], axis=0) > 0  # rounding errors give even equal values a variance
    unexplained = np.divide(squares, variance, out=np.full(len(mean), np.nan), where=vary & (variance > 0))
    r2 = [None if np.isnan(each) else float(1 - each) for each in unexplained]
    columns = (shares @ np.abs(wrong), np.sqrt(squares), mean, np.sqrt(variance))
    return [ValueFigures(first, *row) for first, *row in zip(r2, *(column.tolist() for column in columns), strict=True)]


def confusions(
    answers: NDArray[np.intp], targets: NDArray[np.intp], classes: int, weights: Floats | None = None
) -> list[tuple[int, int, int]]:
    """Each class, a class it was mistaken for, and how often; the most frequent first. Arrays as for `by_class`."""
    wrong = answers != targets
    if weights is not None:
        wrong &= weights > 0
    pairs, counts = np.unique(targets[wrong] * classes + answers[wrong], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    columns = (pairs[order] // classes, pairs[order] % classes, counts[order])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _answer_figures(
    samples: NDArray[Any], predicted: NDArray[Any], right: NDArray[Any], given: NDArray[Any], actual: NDArray[Any]
) -> list[AnswerFigures]:
    columns = (samples, predicted, right, given, actual)
    return [
        AnswerFigures(of, said, _share(r, g), _share(r, a), _share(2 * r, g + a))
        for of, said, r, g, a in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
