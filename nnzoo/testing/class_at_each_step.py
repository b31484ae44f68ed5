"""A task for the kit's own use: a class at each step of a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats, InvertiblePreprocessor, Problem, Shape, Task


@dataclass(frozen=True)
class ClassAtEachStep(Task):
    """A class at each step of a sequence. Targets are class numbers of shape (n, steps)."""

    name: ClassVar[str] = "class-at-each-step"
    default_loss: ClassVar[str] = "softmax-cross-entropy"

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        """None."""
        return ()

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        """A class of those that have names, for each number."""
        return Problem(input_shape, (*targets.shape[1:], len(names)), targets.shape[1:], names)

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        """As they are."""
        return targets.astype(np.intp)

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        """The most probable class."""
        predictions.argmax(axis=1, out=out)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        """The shares of the classes."""
        shares: Floats = np.bincount(targets, minlength=problem.width) / len(targets)
        return shares

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        """The class at each step."""
        return {"answer": prediction.argmax(axis=1).tolist()}
