"""Metrics with one mistake each: the kit finds and names it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pytest
from annotated_types import Ge, doc

from nnzoo.api import Buffer, Metric, MetricPlan, UsageError
from nnzoo.builtin.metrics import MeanAbsoluteError


@dataclass(frozen=True)
class Right(Metric):
    """The base of the wrong metrics: it is an accuracy of classes, and passes."""

    name: ClassVar[str] = "wrong"
    is_share: ClassVar[bool] = True

    def plan(self, problem):
        if not problem.has_classes:
            raise UsageError("it is for classes")
        return MetricPlan(("accuracy",), {"right": (), "total": ()}, {"right": Buffer((), np.float64)})

    def update(self, predicted, targets, weights, sums, workspace):
        right = np.equal(predicted, targets, out=workspace["right"])
        if weights is not None:
            right *= weights
        sums["right"] += right.sum()
        sums["total"] += len(targets) if weights is None else weights.sum()

    def values(self, sums):
        return (float(sums["right"] / sums["total"]) if sums["total"] else None,)


@dataclass(frozen=True)
class MeanOfBatches(Right):
    """Takes the mean of the batches' means."""

    def update(self, predicted, targets, weights, sums, workspace):
        if len(targets):
            sums["right"] += np.average(predicted == targets, weights=weights) if np.any(weights) else 0
            sums["total"] += 1


@dataclass(frozen=True)
class LastBatch(Right):
    """Writes where it should add."""

    def update(self, predicted, targets, weights, sums, workspace):
        sums["right"][...] = 0
        sums["total"][...] = 0
        super().update(predicted, targets, weights, sums, workspace)


@dataclass(frozen=True)
class WithoutWeights(Right):
    """Counts every sample once."""

    def update(self, predicted, targets, weights, sums, workspace):
        super().update(predicted, targets, None, sums, workspace)


@dataclass(frozen=True)
class MaskedAreInTheTotal(Right):
    """Divides by the number of samples, whatever they weigh."""

    def update(self, predicted, targets, weights, sums, workspace):
        super().update(predicted, targets, weights, sums, workspace)
        sums["total"] += 0 if weights is None else len(targets) - weights.sum()


@dataclass(frozen=True)
class ChangesAnswers(Right):
    """Uses the answers as scratch space."""

    def update(self, predicted, targets, weights, sums, workspace):
        predicted -= targets
        sums["right"] += np.count_nonzero(predicted == 0) if weights is None else weights[predicted == 0].sum()
        sums["total"] += len(targets) if weights is None else weights.sum()


@dataclass(frozen=True)
class NewSums(Right):
    """Gives new arrays the sums' names."""

    def update(self, predicted, targets, weights, sums, workspace):
        sums["right"] = sums["right"] + (predicted == targets) @ (np.ones(len(targets)) if weights is None else weights)
        sums["total"] = sums["total"] + (len(targets) if weights is None else weights.sum())


@dataclass(frozen=True)
class OnItself(Right):
    """Counts on the class."""

    counts: ClassVar[list[float]] = [0.0, 0.0]

    def update(self, predicted, targets, weights, sums, workspace):
        if not sums["total"]:
            self.counts[:] = [0.0, 0.0]
        super().update(predicted, targets, weights, sums, workspace)
        self.counts[0] += workspace["right"].sum()
        self.counts[1] += len(targets) if weights is None else weights.sum()

    def values(self, sums):
        return (float(self.counts[0] / self.counts[1]) if self.counts[1] else None,)


@dataclass(frozen=True)
class TwoNumbers(Right):
    """Returns more values than it has figures."""

    def values(self, sums):
        return (*super().values(sums), 1.0)


@dataclass(frozen=True)
class NotANumber(Right):
    """Divides nothing by nothing."""

    def values(self, sums):
        with np.errstate(all="ignore"):
            return (float(sums["right"] / sums["total"]),)


@dataclass(frozen=True)
class OfNumPy(Right):
    """Returns a NumPy scalar."""

    def values(self, sums):
        return (sums["right"] / sums["total"] if sums["total"] else None,)


@dataclass(frozen=True)
class BareNumber(Right):
    """Returns a number, not a tuple of one."""

    def values(self, sums):
        return super().values(sums)[0]


@dataclass(frozen=True)
class LowerIsBetter(Right):
    """Says that wrong answers are better."""

    higher_is_better: ClassVar[bool] = False


@dataclass(frozen=True)
class LargeIsGoodError(MeanAbsoluteError):
    """Forgets to say that an error should be small."""

    name: ClassVar[str] = "wrong"
    higher_is_better: ClassVar[bool] = True


@dataclass(frozen=True)
class SquaresOfUnits(Metric):
    """A mean of squares, which has the square of the unit."""

    name: ClassVar[str] = "wrong"
    reads: ClassVar[str] = "predictions"
    higher_is_better: ClassVar[bool] = False
    in_units: ClassVar[bool] = True

    def plan(self, problem):
        if problem.has_classes:
            raise UsageError("it is for values")
        return MetricPlan(("squares",), {"squares": (), "total": ()}, {"off": Buffer((problem.width,), np.float64)})

    def update(self, predicted, targets, weights, sums, workspace):
        off = np.subtract(predicted, targets, out=workspace["off"])
        off *= off
        rows = off.sum(axis=1)
        sums["squares"] += rows.sum() if weights is None else rows @ weights
        sums["total"] += len(rows) if weights is None else weights.sum()

    def values(self, sums):
        return (float(sums["squares"] / sums["total"]) if sums["total"] else None,)


@dataclass(frozen=True)
class Percent(Right):
    """Calls a percentage a share."""

    def values(self, sums):
        (share,) = super().values(sums)
        return (None if share is None else 100 * share,)


@dataclass(frozen=True)
class Allocates(Right):
    """Right, but with a new array for each batch."""

    def update(self, predicted, targets, weights, sums, workspace):
        right = (predicted == targets).astype(float)
        sums["right"] += right.sum() if weights is None else right @ weights
        sums["total"] += len(targets) if weights is None else weights.sum()


@dataclass(frozen=True)
class AddsToItsWorkspace(Right):
    """Counts in scratch space, which others write to."""

    def update(self, predicted, targets, weights, sums, workspace):
        before = workspace["right"].copy()
        super().update(predicted, targets, weights, sums, workspace)
        sums["right"] += 0.01 * before.sum()


@dataclass(frozen=True)
class FigureOfWords(Right):
    """A figure that can't be the name of a column."""

    def plan(self, problem):
        plan = super().plan(problem)
        return MetricPlan(("share of right answers",), plan.sums, plan.workspace)


@dataclass(frozen=True)
class ForNothing(Right):
    """Refuses every problem."""

    def plan(self, problem):
        raise UsageError("only on Sundays")


@dataclass(frozen=True)
class ForOnePlaceOnly(Right):
    """Takes the first axis of the outputs for their number."""

    k: Annotated[int, Ge(1), doc("of no use")] = 1

    def plan(self, problem):
        super().plan(problem)
        return MetricPlan(("recall",), {"right": problem.output_shape[:1], "total": problem.output_shape[:1]}, {})

    def update(self, predicted, targets, weights, sums, workspace):
        weights = np.ones(len(targets)) if weights is None else weights
        sums["right"] += np.bincount(targets, weights * (predicted == targets), len(sums["right"]))
        sums["total"] += np.bincount(targets, weights, len(sums["total"]))

    def values(self, sums):
        there = sums["total"] > 0
        return (float((sums["right"][there] / sums["total"][there]).mean()) if there.any() else None,)


WRONG = [
    (MeanOfBatches, "batches", "for 3 classes, in 2 batches, it has"),
    (LastBatch, "batches", "for 3 classes, in 2 batches, it has"),
    (WithoutWeights, "weights", "with weights, it has"),
    (MaskedAreInTheTotal, "weights", "with each sample repeated by its weight"),
    (ChangesAnswers, "in-place", "update changes predicted"),
    (NewSums, "in-place", "it replaces the array of a sum"),
    (OnItself, "resumes", "resumed from saved sums, it has"),
    (TwoNumbers, "values", "return a tuple with a number for each figure"),
    (NotANumber, "values", "a value is nan; return None if it is undefined"),
    (OfNumPy, "values", "a value is a float64"),
    (BareNumber, "values", "for the figures accuracy"),
    (LowerIsBetter, "direction", "but it declares higher_is_better = False"),
    (LargeIsGoodError, "direction", "for 4 labels, perfect answers have 0, wrong ones"),
    (SquaresOfUnits, "units", "for 1 value, in a tenth of the unit, it has"),
    (Percent, "share", "which are not shares"),
    (Allocates, "no-allocation", "update allocates"),
    (AddsToItsWorkspace, "workspace", "after another batch, it has"),
    (FigureOfWords, "plan", "figures = ('share of right answers',)"),
    (ForNothing, "plan", "a class at each of 2 places; 4 labels; 1 value; 3 values: only on Sundays"),
    (ForOnePlaceOnly, "values", "it raises ValueError"),
]


@pytest.mark.parametrize(("cls", "check", "message"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_mistake_is_found(verdict_of, cls, check, message):
    assert message in verdict_of(cls(), check)


@pytest.mark.parametrize("cls", [cls for cls, _, _ in WRONG])
def test_every_check_ends_in_a_verdict(verdicts_of, cls):
    assert any(verdicts_of(cls()).values())


def test_the_base_classes_pass(verdicts_of):
    assert set(filter(None, verdicts_of(Right()).values())) == {"it declares in_units = False"}
    assert set(filter(None, verdicts_of(MeanAbsoluteError()).values())) == {"it declares is_share = False"}
