"""Tasks with one mistake each: the kit finds and names it. Others that are unlike the built-in ones pass."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import FileFormatError, Loss, Problem, Task
from nnzoo.builtin.losses import MeanSquaredError
from nnzoo.builtin.tasks import Classification, MultiLabel, Regression


@dataclass(frozen=True)
class _Classes(Classification):
    """What most of the wrong tasks share."""

    name: ClassVar[str] = "wrong"


@dataclass(frozen=True)
class OneHotTargets(_Classes):
    """Encodes class numbers as rows, and says that they are numbers."""

    def encode(self, targets, problem):
        return np.eye(problem.width, dtype=np.float32)[super().encode(targets, problem)]


@dataclass(frozen=True)
class FloatClasses(_Classes):
    """Class numbers that can't be an index."""

    def encode(self, targets, problem):
        return super().encode(targets, problem).astype(np.float32)


@dataclass(frozen=True)
class TakesMinusOne(_Classes):
    """Checks nothing: −1 is the last class to NumPy."""

    def encode(self, targets, problem):
        return targets.astype(np.intp)


@dataclass(frozen=True)
class TakesNaN(Regression):
    """Learns whatever there is."""

    name: ClassVar[str] = "wrong"

    def encode(self, targets, problem):
        return targets.astype(np.float32)


@dataclass(frozen=True)
class TakesTwo(MultiLabel):
    """Takes labels for counts."""

    name: ClassVar[str] = "wrong"

    def encode(self, targets, problem):
        return targets.astype(np.float32)


@dataclass(frozen=True)
class Random(_Classes):
    """Makes another problem each time."""

    calls: ClassVar[list[int]] = []

    def problem(self, input_shape, targets, names):
        self.calls.append(1)
        problem = super().problem(input_shape, targets, names)
        return Problem(input_shape, (problem.width + len(self.calls),), (), ())


@dataclass(frozen=True)
class EncodesByItsBatch(_Classes):
    """Numbers the classes of the targets at hand."""

    def encode(self, targets, problem):
        return np.unique(super().encode(targets, problem), return_inverse=True)[1].astype(np.intp)


@dataclass(frozen=True)
class EncodesInPlace(_Classes):
    """Counts down in the data set's own array."""

    def problem(self, input_shape, targets, names):
        return Problem(input_shape, (3,), (), ())

    def encode(self, targets, problem):
        if targets.ndim != 1 or targets.dtype.kind != "i" or targets.min() < 0 or targets.max() > 2:
            raise FileFormatError("it is for three classes")
        encoded = (2 - targets).astype(np.intp)
        targets[...] = 0
        return encoded


@dataclass(frozen=True)
class ProbabilityForDecision(_Classes):
    """Leaves the largest probability where the class should be."""

    def decide(self, predictions, out):
        out[...] = predictions.max(axis=1)


@dataclass(frozen=True)
class ForgetsToWrite(_Classes):
    """Gives a new array the name of out."""

    def decide(self, predictions, out):
        out = predictions.argmax(axis=1)  # noqa: F841


@dataclass(frozen=True)
class LeastProbable(_Classes):
    """Decides on what is least likely."""

    def decide(self, predictions, out):
        predictions.argmin(axis=1, out=out)


@dataclass(frozen=True)
class DecidesFromProbabilities(MultiLabel):
    """Says that it decides from outputs, whose middle is 0 and not one half."""

    name: ClassVar[str] = "wrong"
    decides_from_outputs: ClassVar[bool] = True


@dataclass(frozen=True)
class DecidesByItsBatch(_Classes):
    """Compares with the largest probability in the batch."""

    def decide(self, predictions, out):
        np.argmax(np.cumsum(predictions, axis=1) > 0.5 * predictions.max(), axis=1, out=out)


@dataclass(frozen=True)
class CountsForBaseline(_Classes):
    """Counts where it should give shares."""

    def baseline(self, targets, problem):
        return np.bincount(targets, minlength=problem.width).astype(float)


@dataclass(frozen=True)
class BaselineForEachSample(Regression):
    """A row for each sample."""

    name: ClassVar[str] = "wrong"

    def baseline(self, targets, problem):
        return np.broadcast_to(targets.mean(axis=0), targets.shape)


@dataclass(frozen=True)
class ZeroForBaseline(Regression):
    """Predicts 0, which is far from the data."""

    name: ClassVar[str] = "wrong"

    def baseline(self, targets, problem):
        return np.zeros(problem.width)


@dataclass(frozen=True)
class ArraysForAnswers(_Classes):
    """An answer that JSON can't hold."""

    def answer(self, prediction, problem):
        return {"answer": problem.name(int(prediction.argmax())), "probabilities": prediction}


@dataclass(frozen=True)
class NamelessAnswers(_Classes):
    """Answers with the class's number."""

    def answer(self, prediction, problem):
        return {"answer": int(prediction.argmax())}


@dataclass(frozen=True)
class AnswerLast(_Classes):
    """Says the answer last."""

    def answer(self, prediction, problem):
        answer = super().answer(prediction, problem)
        return {"probability": answer["probability"], **answer}


@dataclass(frozen=True)
class OneAnswer(Regression):
    """Rounds answers until they are all the same."""

    name: ClassVar[str] = "wrong"

    def answer(self, prediction, problem):
        return {"answer": round(float(prediction[0]) / 1e9)}


@dataclass(frozen=True)
class LossForLabels(_Classes):
    """Names a loss that does not take class numbers."""

    default_loss: ClassVar[str] = "binary-cross-entropy"


@dataclass(frozen=True)
class LossThatIsNot(_Classes):
    """Names a loss that there is not."""

    default_loss: ClassVar[str] = "softmax-cross-entrophy"


@dataclass(frozen=True)
class MetricOfValues(_Classes):
    """Names a metric that is for values."""

    default_metrics: ClassVar[tuple[str, ...]] = ("accuracy", "r2")


@dataclass(frozen=True)
class OppositeTargets(_Classes):
    """Decides on classes in the opposite order to that in which it learns them."""

    def encode(self, targets, problem):
        return problem.width - 1 - super().encode(targets, problem)

    def decide(self, predictions, out):
        super().decide(predictions[:, ::-1], out)


@dataclass(frozen=True)
class ShapeOfTheBatch(_Classes):
    """Takes the number of samples for a shape."""

    def problem(self, input_shape, targets, names):
        problem = super().problem(input_shape, targets, names)
        return Problem(input_shape, problem.output_shape, targets.shape, problem.names)


@dataclass(frozen=True)
class StepsInAList(Regression):
    """Lists its steps."""

    name: ClassVar[str] = "wrong"

    def target_steps(self):
        return list(super().target_steps())


@dataclass(frozen=True)
class ForNothing(_Classes):
    """Refuses all targets."""

    def problem(self, input_shape, targets, names):
        raise FileFormatError("only on Sundays")


WRONG = [
    (OneHotTargets, "encode", "encode returns float32 of shape (30, 3); expected int64 of shape (30,)"),
    (FloatClasses, "encode", "encode returns float32 of shape (30,); expected int64"),
    (TakesMinusOne, "refuses", "with class numbers with names, it encodes class −1; raise a FileFormatError"),
    (TakesNaN, "refuses", "it encodes a value that is NaN"),
    (TakesTwo, "refuses", "with values, it encodes a label of 2"),
    (Random, "problem", "problem returns another problem the second time"),
    (EncodesByItsBatch, "encode", "encode returns another result for a sample alone"),
    (EncodesInPlace, "encode", "encode changes the targets; make a new array"),
    (ProbabilityForDecision, "decide", "its answers to perfect predictions differ from the targets"),
    (ForgetsToWrite, "decide", "decide leaves (part of) out unwritten"),
    (DecidesByItsBatch, "decide", "the answer to a prediction alone differs"),
    (LeastProbable, "decide", "its answers to perfect predictions differ from the targets"),
    (DecidesFromProbabilities, "decides-from-outputs", "write decides_from_outputs: ClassVar[bool] = False"),
    (CountsForBaseline, "baseline", "the shares of classes add up to 30"),
    (BaselineForEachSample, "baseline", "baseline returns float64 of shape (30, 1); expected float64 of shape (1,)"),
    (ZeroForBaseline, "baseline", "for values that are all the same, the answer to the baseline differs"),
    (ArraysForAnswers, "answer", "JSON can't store an answer: Object of type ndarray is not JSON serializable"),
    (NamelessAnswers, "answer", "the answer for 'größer' does not name it"),
    (AnswerLast, "answer", "its first key is not 'answer': probability, answer"),
    (OneAnswer, "answer", "two targets have the same answer"),
    (LossForLabels, "defaults-fit", "default_loss = 'binary-cross-entropy' refuses class numbers with names"),
    (LossThatIsNot, "defaults-fit", "there is no loss 'softmax-cross-entrophy'"),
    (MetricOfValues, "defaults-fit", "its metric 'r2' does not accept class numbers with names"),
    (OppositeTargets, "learns", "default_loss and encode do not fit together"),
    (ShapeOfTheBatch, "problem", "outputs of shape (3,) and targets of shape (30,)"),
    (StepsInAList, "target-steps", "target_steps returns a list, not a tuple"),
    (ForNothing, "problem", "it accepts none of class numbers with names; class numbers; "),
]


@pytest.mark.parametrize(("cls", "check", "message"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_mistake_is_found(verdict_of, cls, check, message):
    assert message in verdict_of(cls(), check)


@pytest.mark.parametrize("cls", [cls for cls, _, _ in WRONG])
def test_every_check_ends_in_a_verdict(verdicts_of, cls):
    assert any(verdicts_of(cls()).values())


@dataclass(frozen=True)
class NextToken(Task):
    """A class at each of T places."""

    name: ClassVar[str] = "next-token"
    default_loss: ClassVar[str] = "softmax-cross-entropy"
    default_metrics: ClassVar[tuple[str, ...]] = ("accuracy", "top-k:k=2")

    def target_steps(self):
        return ()

    def problem(self, input_shape, targets, names):
        if targets.ndim != 2 or targets.dtype.kind != "i":
            raise FileFormatError("it is for class numbers at several places")
        return Problem(input_shape, (targets.shape[1], len(names)), targets.shape[1:], names)

    def encode(self, targets, problem):
        fits = targets.shape[1:] == problem.target_shape and targets.min() >= 0 and targets.max() < problem.width
        if not fits:
            raise FileFormatError("a class is out of range, or there are too many places")
        return targets.astype(np.intp)

    def decide(self, predictions, out):
        predictions.argmax(axis=1, out=out)

    def baseline(self, targets, problem):
        return np.bincount(targets, minlength=problem.width) / len(targets)

    def answer(self, prediction, problem):
        return {"answer": [problem.name(int(place)) for place in prediction.argmax(axis=1)]}


@dataclass(frozen=True)
class HalfSquares(Loss):
    """A loss that comes with its task, and is not registered anywhere."""

    name: ClassVar[str] = "half-squares"

    def plan(self, outputs):
        return MeanSquaredError().plan(outputs)

    def losses(self, outputs, targets, losses, grad, workspace):
        MeanSquaredError().losses(outputs, targets, losses, grad, workspace)

    def predict(self, outputs):
        pass


@dataclass(frozen=True)
class Reconstruction(Task):
    """The input, given back."""

    name: ClassVar[str] = "reconstruction"
    default_loss: ClassVar[str] = "half-squares"
    default_metrics: ClassVar[tuple[str, ...]] = ("rmse",)
    target_is_input: ClassVar[bool] = True

    def target_steps(self):
        return ()

    def problem(self, input_shape, targets, names):
        return Problem(input_shape, input_shape, input_shape)

    def encode(self, targets, problem):
        return targets

    def decide(self, predictions, out):
        out[...] = predictions

    def baseline(self, targets, problem):
        return targets.mean(axis=0)

    def answer(self, prediction, problem):
        return {"answer": prediction.tolist()}


@pytest.mark.parametrize("task", [NextToken(), Reconstruction(), Classification(), Regression(), MultiLabel()], ids=str)
def test_correct_components_pass(verdicts_of, task):
    reasons = {"it declares decides_from_outputs = False", "its targets are the inputs"}
    assert set(filter(None, verdicts_of(task).values())) <= reasons
