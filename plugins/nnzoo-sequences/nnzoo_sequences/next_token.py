"""The task of predicting the next class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from nnzoo.api import FileFormatError, Floats, InvertiblePreprocessor, Problem, Shape, Task
from numpy.typing import NDArray


@dataclass(frozen=True)
class NextToken(Task):
    """Predicts the next class at each step of a sequence: a character, a word or another class.

    Inputs are class numbers of shape (n, t), and targets, of the same shape, the class number that follows it. The
    network has an output for each class at each step; the answer is the class after the last step.
    """

    name: ClassVar[str] = "next-token"
    default_loss: ClassVar[str] = "softmax-cross-entropy"
    default_metrics: ClassVar[tuple[str, ...]] = ("bits-per-character", "perplexity")
    inputs_are_classes: ClassVar[bool] = True
    decides_from_outputs: ClassVar[bool] = True

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        return ()

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        if targets.ndim != 2 or not np.issubdtype(targets.dtype, np.integer):
            raise FileFormatError(
                f"targets must be integers of shape (n, steps), but are {targets.dtype} of shape {targets.shape}",
                hint="each is the class number that follows the input at its place",
            )
        if input_shape != targets.shape[1:]:
            raise FileFormatError(
                f"samples have shape {input_shape} and targets {targets.shape[1:]}",
                hint="there must be a target for each step",
            )
        classes = len(names) or int(targets.max()) + 1
        return Problem(input_shape, (*input_shape, classes), input_shape, names)

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        self.problem(problem.input_shape, targets, problem.names)
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= problem.width:
            raise FileFormatError(
                f"targets run from {low} to {high}, but there are {problem.width} classes",
                hint=f"class numbers must lie in 0 … {problem.width - 1}",
            )
        return targets.astype(np.intp)

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        predictions.argmax(axis=1, out=out)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        counts: Floats = np.bincount(targets, minlength=problem.width) / max(len(targets), 1)
        return counts

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        best = prediction.argmax(axis=1)
        return {
            "answer": problem.name(int(best[-1])),
            "probability": float(prediction[-1, best[-1]]),
            "at_each_step": [problem.name(int(place)) for place in best],
            "probabilities": {problem.name(i): float(p) for i, p in enumerate(prediction[-1])},
        }
