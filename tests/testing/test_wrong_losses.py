"""Losses with one mistake each: the kit finds and names it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import Buffer, Loss, UsageError
from nnzoo.builtin.losses import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy


@dataclass(frozen=True)
class _CrossEntropy(Loss):
    """The base of the wrong losses."""

    name: ClassVar[str] = "wrong"
    gives_probabilities: ClassVar[bool] = True

    def plan(self, outputs):
        return SoftmaxCrossEntropy().plan(outputs)

    def losses(self, outputs, targets, losses, grad, workspace):
        SoftmaxCrossEntropy().losses(outputs, targets, losses, grad, workspace)

    def predict(self, outputs):
        SoftmaxCrossEntropy().predict(outputs)


@dataclass(frozen=True)
class _Squares(Loss):
    """The base of the wrong losses of values."""

    name: ClassVar[str] = "wrong"

    def plan(self, outputs):
        return {}

    def losses(self, outputs, targets, losses, grad, workspace):
        if targets.ndim == 1:
            raise UsageError("it is for values")
        np.subtract(outputs, targets, out=grad)
        np.einsum("ij,ij->i", grad, grad, out=losses)
        grad *= 2

    def predict(self, outputs):
        pass


@dataclass(frozen=True)
class MeanOverTheBatch(_CrossEntropy):
    """Divides by the number of rows, as losses of nnzoo 0.1 did."""

    def losses(self, outputs, targets, losses, grad, workspace):
        super().losses(outputs, targets, losses, grad, workspace)
        losses /= len(losses)
        grad /= len(losses)


@dataclass(frozen=True)
class GradientOfTheMean(_CrossEntropy):
    """The losses are each row's, the gradient that of their mean."""

    def losses(self, outputs, targets, losses, grad, workspace):
        super().losses(outputs, targets, losses, grad, workspace)
        grad /= len(losses)


@dataclass(frozen=True)
class Overflows(_CrossEntropy):
    """Takes exp of the outputs as they come."""

    def plan(self, outputs):
        return {}

    def losses(self, outputs, targets, losses, grad, workspace):
        if targets.ndim == 1:
            raise UsageError("it is for shares of classes")
        np.exp(outputs, out=grad)
        grad /= grad.sum(axis=1, keepdims=True)
        losses[...] = -np.log((grad * targets).sum(axis=1))
        grad -= targets


@dataclass(frozen=True)
class LastClassForMinusOne(_CrossEntropy):
    """Writes into its targets."""

    def losses(self, outputs, targets, losses, grad, workspace):
        super().losses(outputs, targets, losses, grad, workspace)
        targets[:1] = 0
        targets[1:] = 1


@dataclass(frozen=True)
class Returns(_Squares):
    """Returns the losses, too."""

    def losses(self, outputs, targets, losses, grad, workspace):
        super().losses(outputs, targets, losses, grad, workspace)
        return losses


@dataclass(frozen=True)
class ForgetsTheGradient(_Squares):
    """Gives a new array the gradient's name."""

    def losses(self, outputs, targets, losses, grad, workspace):
        if targets.ndim == 1:
            raise UsageError("it is for values")
        grad = 2 * (outputs - targets)  # noqa: F841
        losses[...] = (outputs - targets) ** 2 @ np.ones(outputs.shape[1], outputs.dtype)


@dataclass(frozen=True)
class TakesNothing(_Squares):
    """Refuses both forms of targets."""

    def losses(self, outputs, targets, losses, grad, workspace):
        raise UsageError("only on Sundays")


@dataclass(frozen=True)
class AddsToItsWorkspace(_Squares):
    """Reads a scratch array before it writes it."""

    def plan(self, outputs):
        return {"sum": Buffer(())}

    def losses(self, outputs, targets, losses, grad, workspace):
        super().losses(outputs, targets, losses, grad, workspace)
        workspace["sum"] += losses
        losses[...] = workspace["sum"]


@dataclass(frozen=True)
class Allocates(_Squares):
    """Right, but with new arrays at every step."""

    def losses(self, outputs, targets, losses, grad, workspace):
        if targets.ndim == 1:
            raise UsageError("it is for values")
        grad[...] = 2 * (outputs - targets)
        losses[...] = ((outputs - targets) ** 2).sum(axis=1)


@dataclass(frozen=True)
class PlansShapes(_Squares):
    """Plans arrays as layers plan parameters."""

    def plan(self, outputs):
        return {"square": (outputs,)}


@dataclass(frozen=True)
class RawPrediction(_CrossEntropy):
    """Squashes each output by itself, though it is for classes."""

    def predict(self, outputs):
        BinaryCrossEntropy().predict(outputs)


@dataclass(frozen=True)
class Upwards(_Squares):
    """A gradient with the other sign."""

    def losses(self, outputs, targets, losses, grad, workspace):
        super().losses(outputs, targets, losses, grad, workspace)
        np.negative(grad, out=grad)


WRONG = [
    (MeanOverTheBatch, "each-row-by-itself", "a loss treats each row separately; the trainer weights the rows"),
    (GradientOfTheMean, "gradient", "and by central differences"),
    (Overflows, "extremes", "subtract each row's maximum before exp"),
    (LastClassForMinusOne, "in-place", "losses changes the targets"),
    (Returns, "in-place", "losses returns a ndarray; write into losses and grad"),
    (ForgetsTheGradient, "in-place", "(part of) grad is left unwritten"),
    (TakesNothing, "targets", "it accepts none of class numbers; values: only on Sundays"),
    (AddsToItsWorkspace, "workspace", "after another batch its results differ"),
    (Allocates, "no-allocation", "losses allocates"),
    (PlansShapes, "plan", "plan's 'square' is a tuple, not a Buffer"),
    (RawPrediction, "probabilities", "rows of predicted probabilities do not add up to 1"),
    (Upwards, "descends", "300 steps against the gradient only bring the sum from"),
]


@pytest.mark.parametrize(("cls", "check", "message"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_mistake_is_found(verdict_of, cls, check, message):
    assert message in verdict_of(cls(), check)


@pytest.mark.parametrize("cls", [cls for cls, _, _ in WRONG])
def test_every_check_ends_in_a_verdict(verdicts_of, cls):
    assert any(verdicts_of(cls()).values())


@pytest.mark.parametrize("cls", [_CrossEntropy, _Squares])
def test_the_base_classes_pass(verdicts_of, cls):
    verdicts = verdicts_of(cls())
    verdicts.pop("export")  # it works through another loss, which no exported script can do
    assert set(filter(None, verdicts.values())) <= {"it declares gives_probabilities = False"}


def test_the_workspace_may_keep_values_that_do_not_depend_on_the_batch(verdicts_of):
    assert not any(verdicts_of(SoftmaxCrossEntropy()).values())
    assert MeanSquaredError().plan(3).keys() >= {"first"}  # filled once, as the numbers of rows stay the same
