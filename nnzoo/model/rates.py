"""How well a network does on each class, or on each label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rates:
    """Precision, recall and F1 of a class or label; None where they would be shares of nothing.

    ``samples`` is how many there are of it.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    samples: int


def rates_of_classes(confusion: NDArray[np.integer[Any]]) -> list[Rates]:
    """The rates of each class.

    Parameters
    ----------
    confusion : ndarray of shape (k, k)
        How many of each class (row) were taken for each class (column).

    Examples
    --------
    >>> rates_of_classes(np.array([[3, 1], [0, 0]]))[0]
    Rates(precision=1.0, recall=0.75, f1=0.8571428571428571, samples=4)
    """
    return _rates(confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1))


def rates_of_labels(answers: NDArray[Any], targets: NDArray[Any]) -> list[Rates]:
    """The rates of each label.

    Parameters
    ----------
    answers, targets : ndarray of shape (m, k)
        Zeros and ones.
    """
    return _rates(*((count > 0.5).sum(axis=0) for count in (answers * targets, answers, targets)))


def _rates(right: NDArray[Any], given: NDArray[Any], actual: NDArray[Any]) -> list[Rates]:
    return [
        Rates(_share(hits, told), _share(hits, there), _share(2 * hits, told + there), there)
        for hits, told, there in zip(right.tolist(), given.tolist(), actual.tolist(), strict=True)
    ]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
