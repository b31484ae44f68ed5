"""Metrics of classes and of labels: the shares of right answers."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, doc
from numpy.typing import NDArray

from nnzoo.api import Arrays, Buffer, Floats, Metric, MetricPlan, Problem, UsageError
from nnzoo.builtin.metrics.sums import quotient, require_fitting, sum_of, total_of

LONGEST_NAME = 40
"""Characters of a class's name in the name of its figure."""


@dataclass(frozen=True)
class Accuracy(Metric):
    """Share of right answers; a row of labels is right if every label is.

    Equation, with weights w (1 by default)::

        Σ wᵢ [ŷᵢ = yᵢ] / Σ wᵢ
    """

    name: ClassVar[str] = "accuracy"
    is_share: ClassVar[bool] = True
    short_title: ClassVar[str] = "acc"

    def plan(self, problem: Problem) -> MetricPlan:
        require_fitting(self, problem, "classes", "labels")
        shape = () if problem.has_classes else (problem.width,)
        workspace = {"equal": Buffer(shape, np.bool_), "right": Buffer((), np.bool_)}
        return MetricPlan(("accuracy",), {"right_of_all": (2,)}, workspace)  # adding to elements is faster than arrays

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
    ) -> None:
        right = np.equal(predicted, targets, out=workspace["equal"])
        if right.ndim == 2:
            right = np.logical_and.reduce(right, axis=1, out=workspace["right"])
        counts = sums["right_of_all"]
        counts[0] += np.count_nonzero(right) if weights is None else weights.sum(where=right)
        counts[1] += len(targets) if weights is None else weights.sum()

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        return (quotient(*sums["right_of_all"]),)


@dataclass(frozen=True)
class TopK(Metric):
    """Share of samples whose class is among the k most probable ones.

    Equation, with weights w (1 by default), and r the rank of the sample's class, 1 for the most probable::

        Σ wᵢ [rᵢ ≤ k] / Σ wᵢ

    Among equal probabilities, the class with the larger number ranks first, as in scikit-learn's
    ``top_k_accuracy_score``.
    """

    name: ClassVar[str] = "top-k"
    reads: ClassVar[Literal["answers", "predictions"]] = "predictions"
    is_share: ClassVar[bool] = True

    k: Annotated[int, Ge(1), doc("number of classes that count as right; fewer than all")] = 5

    def plan(self, problem: Problem) -> MetricPlan:
        require_fitting(self, problem, "classes")
        if self.k >= problem.width:
            raise UsageError(
                f"{self.label} with k = {self.k} would always be 1: there are {problem.width} classes",
                hint=f"use top-k:k={problem.width - 1}" if problem.width > 2 else "use accuracy",
            )
        workspace = {
            "own": Buffer((), np.float64),
            "before": Buffer((problem.width,), np.bool_),
            "equal": Buffer((problem.width,), np.bool_),
            "count": Buffer((), np.intp),
            "right": Buffer((), np.bool_),
        }
        return MetricPlan((f"top_{self.k}",), {"correct": (), "total": ()}, workspace)

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
    ) -> None:
        width = predicted.shape[1]
        own, before, equal = workspace["own"], workspace["before"], workspace["equal"]
        count, right = workspace["count"], workspace["right"]
        count.fill(width)
        count[:1] = 0
        np.add.accumulate(count, out=count)  # where each row begins in the flat array
        count += targets
        predicted.take(count, out=own, mode="clip")
        np.equal(predicted, own[:, None], out=equal)
        np.less_equal(np.arange(width), targets[:, None], out=before)
        equal &= before
        np.less(predicted, own[:, None], out=before)
        before |= equal  # what ranks no higher than the target, which ranks no higher than itself
        np.add.reduce(before, axis=1, out=count)
        np.greater(count, width - self.k, out=right)
        sums["correct"] += np.count_nonzero(right) if weights is None else weights.sum(where=right)
        sums["total"] += total_of(targets, weights)

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        return (quotient(sums["correct"], sums["total"]),)


@dataclass(frozen=True)
class BalancedAccuracy(Metric):
    """Mean of the recalls of all classes, so that a rare class counts as much as a frequent one.

    Equation, over the classes c that there are samples of::

        mean of  Σ wᵢ [ŷᵢ = yᵢ = c] / Σ wᵢ [yᵢ = c]

    References
    ----------
    Brodersen, Ong, Stephan & Buhmann (2010), "The balanced accuracy and its posterior distribution", ICPR.
    """

    name: ClassVar[str] = "balanced-accuracy"
    is_share: ClassVar[bool] = True
    short_title: ClassVar[str] = "bal. acc"

    def plan(self, problem: Problem) -> MetricPlan:
        require_fitting(self, problem, "classes")
        sums = dict.fromkeys(("right", "actual"), (problem.width,))
        return MetricPlan(("balanced_accuracy",), sums, {"right": Buffer((), np.float64)})

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
    ) -> None:
        count_right(predicted, targets, weights, sums, workspace["right"])

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        there = sums["actual"] > 0
        return (float((sums["right"][there] / sums["actual"][there]).mean()) if there.any() else None,)


@dataclass(frozen=True)
class _Rate(Metric):
    """The base of precision, recall and F1, which counts how often each class is answered, is true, and both."""

    is_share: ClassVar[bool] = True

    average: Annotated[
        Literal["macro", "micro", "none"],
        doc("macro: mean over classes or labels; micro: all answers together; none: each class or label separately"),
    ] = "macro"

    @abstractmethod
    def fraction(self, right: Floats, given: Floats, actual: Floats) -> tuple[Floats, Floats]:
        """The numerator and the denominator."""

    def plan(self, problem: Problem) -> MetricPlan:
        require_fitting(self, problem, "classes", "labels")
        figures: tuple[str, ...] = (self.name if self.average == "macro" else f"{self.name}_micro",)
        if self.average == "none":
            figures = figure_of_each(self.name, problem)
        shape = () if problem.has_classes else (problem.width,)
        sums = dict.fromkeys(("right", "given", "actual", "counted"), (problem.width,))
        return MetricPlan(figures, sums, {"right": Buffer(shape, np.float64)})

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
    ) -> None:
        if targets.ndim == 1:
            count_right(predicted, targets, weights, sums, workspace["right"])
            np.add.at(sums["given"], predicted, 1.0 if weights is None else weights)
            np.add(sums["given"], sums["actual"], out=sums["counted"])  # a class that does not occur is left out
        else:
            right = np.multiply(predicted, targets, out=workspace["right"])
            sums["right"] += sum_of(right, weights)
            sums["given"] += sum_of(predicted, weights)
            sums["actual"] += sum_of(targets, weights)
            sums["counted"] += total_of(targets, weights)

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        counts = [sums[name] for name in ("right", "given", "actual")]
        if self.average == "micro":
            return (quotient(*self.fraction(*(np.asarray(count.sum()) for count in counts))),)
        rates = [quotient(*pair) for pair in zip(*self.fraction(*counts), strict=True)]
        if self.average == "none":
            return tuple(rates)
        if all(rate is None for rate in rates):
            return (None,)
        counted = [rate or 0.0 for rate, there in zip(rates, sums["counted"], strict=True) if there]
        return (float(np.mean(counted)),)


@dataclass(frozen=True)
class Precision(_Rate):
    """Share of right answers among those with a class or label.

    Equation, for a class or label c::

        Σ wᵢ [ŷᵢ = yᵢ = c] / Σ wᵢ [ŷᵢ = c]

    The mean is over the classes that occur in targets or answers, or over all labels; a class that is never answered
    counts as 0 in it. That class has no precision of its own, and if no class is answered there is no mean either.
    """

    name: ClassVar[str] = "precision"

    def fraction(self, right: Floats, given: Floats, actual: Floats) -> tuple[Floats, Floats]:
        return right, given


@dataclass(frozen=True)
class Recall(_Rate):
    """Share of the samples with a class or label that are answered with it.

    Equation, for a class or label c::

        Σ wᵢ [ŷᵢ = yᵢ = c] / Σ wᵢ [yᵢ = c]

    The mean is over the classes that occur in targets or answers, or over all labels; a class without samples counts as
    0 in it. That class has no recall of its own, and if no sample has a label there is no mean either.
    """

    name: ClassVar[str] = "recall"

    def fraction(self, right: Floats, given: Floats, actual: Floats) -> tuple[Floats, Floats]:
        return right, actual


@dataclass(frozen=True)
class F1(_Rate):
    """Harmonic mean of precision and recall, of each class or label.

    Equation, for a class or label c::

        2 Σ wᵢ [ŷᵢ = yᵢ = c] / (Σ wᵢ [ŷᵢ = c] + Σ wᵢ [yᵢ = c])

    The mean is over the classes that occur in targets or answers, or over all labels; a label that occurs in neither
    counts as 0 in it. That label has no F1 of its own, and if none occurs there is no mean either.

    References
    ----------
    van Rijsbergen (1979), "Information Retrieval", 2nd edition, chapter 7.
    """

    name: ClassVar[str] = "f1"
    title: ClassVar[str] = "F1"

    def fraction(self, right: Floats, given: Floats, actual: Floats) -> tuple[Floats, Floats]:
        return 2 * right, given + actual


def figure_of_each(stem: str, problem: Problem) -> tuple[str, ...]:
    """A name of a figure for each class or label, with the letters, digits and ``_`` of its name, or its number.

    >>> figure_of_each("f1", Problem((4,), (2,), (), ("Iris setosa", "Iris-virginica")))
    ('f1_Iris_setosa', 'f1_Iris_virginica')
    >>> figure_of_each("f1", Problem((4,), (2,), (), ("C", "C++")))
    ('f1_0', 'f1_1')
    """
    numbers = [str(place) for place in range(problem.width)]
    words = [re.sub(r"\W+", "_", name).strip("_")[:LONGEST_NAME] for name in problem.names or numbers]
    distinct = all(words) and len(set(words)) == problem.width
    return tuple(f"{stem}_{word}" for word in (words if distinct else numbers))


def count_right(
    predicted: NDArray[Any],
    targets: NDArray[Any],
    weights: Floats | None,
    sums: Arrays,
    right: Floats,
) -> None:
    """Add up, for each class, the weights of its samples and of those with a right answer.

    Parameters
    ----------
    predicted, targets : ndarray of shape (m,), intp
        Class numbers.
    weights : ndarray of shape (m,), or None
        Weights of the samples.
    sums : mapping of str to ndarray
        ``actual`` and ``right``, of shape (k,), are added to.
    right : ndarray of shape (m,), float64
        Scratch space.
    """
    np.equal(predicted, targets, out=right)
    if weights is not None:
        right *= weights
    np.add.at(sums["right"], targets, right)
    np.add.at(sums["actual"], targets, 1.0 if weights is None else weights)
