"""Tasks: the outputs of a network mean a class, values, or any number of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnzoo.api import FileFormatError, Floats, InvertiblePreprocessor, Problem, Shape, Task, hookimpl
from nnzoo.builtin.preprocessors import Standardize


@dataclass(frozen=True)
class Classification(Task):
    """One of k classes for each sample.

    Targets are class numbers 0 … k − 1, of shape (n,). The network has an output for each class; the answer is the
    class with the largest one.
    """

    name: ClassVar[str] = "classification"
    default_loss: ClassVar[str] = "softmax-cross-entropy"
    default_metrics: ClassVar[tuple[str, ...]] = ("accuracy",)
    figures: ClassVar[tuple[str, ...]] = ("confusion", "mistakes")
    decides_from_outputs: ClassVar[bool] = True

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        return ()

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        if targets.ndim != 1 or not np.issubdtype(targets.dtype, np.integer):
            raise FileFormatError(
                f"labels must be integers of shape (n,), but are {targets.dtype} of shape {targets.shape}",
                hint="convert one-hot rows with targets.argmax(axis=1); for values, use the task regression",
            )
        return Problem(input_shape, (len(names) or int(targets.max()) + 1,), (), names)

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        self.problem(problem.input_shape, targets, problem.names)
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= problem.width:
            raise FileFormatError(
                f"labels run from {low} to {high}, but there are {problem.width} classes",
                hint=f"labels must lie in 0 … {problem.width - 1}",
            )
        return targets.astype(np.intp)

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        predictions.argmax(axis=1, out=out)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        counts: Floats = np.bincount(targets, minlength=problem.width) / max(len(targets), 1)
        return counts

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        best = int(prediction.argmax())
        return {
            "answer": problem.name(best),
            "probability": float(prediction[best]),
            "probabilities": {problem.name(i): float(p) for i, p in enumerate(prediction)},
        }


@dataclass(frozen=True)
class Regression(Task):
    """One or several values for each sample, in the user's own units.

    Targets are values of shape (n, k). The network learns them standardised, each by the mean and standard deviation of
    the training part, so that one learning rate suits grams and millions: a loss of 1 is that of predicting the mean.
    Predictions and metrics are in the units of the data.
    """

    name: ClassVar[str] = "regression"
    default_loss: ClassVar[str] = "mse"
    default_metrics: ClassVar[tuple[str, ...]] = ("r2", "mae")
    figures: ClassVar[tuple[str, ...]] = ("predicted",)

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        return (Standardize(),)

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        if targets.ndim != 2 or targets.dtype.kind not in "fiu":
            raise FileFormatError(
                f"values to predict must be numbers of shape (n, k), but are {targets.dtype} of shape {targets.shape}",
                hint="use targets.reshape(-1, 1); for labels, give class names or use the task classification",
            )
        return _problem_of_rows(input_shape, targets, names, "values")

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        _require_shape(targets, problem)
        return finite_targets(targets)

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        np.copyto(out, predictions)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        mean: Floats = targets.mean(axis=0, dtype=np.float64)
        return mean

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        values = [float(value) for value in prediction]
        named = {problem.name(i): value for i, value in enumerate(values)}
        return {"answer": values[0] if len(values) == 1 else values, "values": named}


@dataclass(frozen=True)
class MultiLabel(Task):
    """Any number of labels, out of k, for each sample.

    Targets are zeros and ones of shape (n, k). The network has an output for each label; the answer has the labels
    whose probability is at least one half.
    """

    name: ClassVar[str] = "multi-label"
    default_loss: ClassVar[str] = "binary-cross-entropy"
    default_metrics: ClassVar[tuple[str, ...]] = ("f1", "accuracy")
    figures: ClassVar[tuple[str, ...]] = ("labels",)

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        return ()

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        if targets.ndim != 2 or targets.dtype.kind not in "fiub":
            raise FileFormatError(
                f"labels must be zeros and ones of shape (n, k), but are {targets.dtype} of shape {targets.shape}"
            )
        return _problem_of_rows(input_shape, targets, names, "labels")

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        _require_shape(targets, problem)
        bad = np.argwhere((targets != 0) & (targets != 1))
        if len(bad):
            row, label = bad[0]
            raise FileFormatError(f"target {row} has {targets[row, label]} for {problem.name(label)}; expected 0 or 1")
        return targets.astype(np.float32)

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        np.greater_equal(predictions, 0.5, out=out)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        shares: Floats = targets.mean(axis=0, dtype=np.float64)
        return shares

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        chosen = [problem.name(int(i)) for i in np.flatnonzero(prediction >= 0.5)]
        return {"answer": chosen, "probabilities": {problem.name(i): float(p) for i, p in enumerate(prediction)}}


def _problem_of_rows(
    input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...], kind: Literal["values", "labels"]
) -> Problem:
    """The problem of targets with a row of k values or labels for each sample."""
    shape = targets.shape[1:]
    if names and len(names) != shape[0]:
        raise FileFormatError(f"there are {len(names)} names for {shape[0]} {kind}")
    return Problem(input_shape, shape, shape, names, has_labels=kind == "labels")


def _require_shape(targets: NDArray[Any], problem: Problem) -> None:
    if targets.shape[1:] != problem.target_shape:
        raise FileFormatError(f"targets have the shape {targets.shape[1:]}; expected {problem.target_shape}")


def finite_targets(targets: NDArray[Any], name: str = "value") -> NDArray[np.float32]:
    """Targets as float32; ``name`` is what messages call them.

    Raises
    ------
    FileFormatError
        When one is not finite in float32.
    """
    with np.errstate(over="ignore"):
        values = targets.astype(np.float32)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise FileFormatError(
            f"target {bad[0][0]}: its {name} is missing, or not finite in float32",
            hint="remove the sample, or scale the values",
        )
    return values


@hookimpl
def nnzoo_tasks() -> list[type[Task]]:
    return [Classification, Regression, MultiLabel]
