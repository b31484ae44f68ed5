r"""A new task, in which the network reconstructs its input, and an autoencoder for it.

nnzoo train --dataset digits --plugin examples/autoencoder.py --task reconstruct \
    --model small-autoencoder --epochs 30 --learning-rate 3
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, doc
from numpy.typing import NDArray

from nnzoo.api import Activation, Floats, InvertiblePreprocessor, Layer, Model, Problem, Shape, Task, hookimpl
from nnzoo.builtin.layers import Activate, Dense


@dataclass(frozen=True)
class Reconstruct(Task):
    """Reconstruct the input."""

    name: ClassVar[str] = "reconstruct"
    default_loss: ClassVar[str] = "mse"
    default_metrics: ClassVar[tuple[str, ...]] = ("rmse",)
    target_is_input: ClassVar[bool] = True

    def target_steps(self) -> tuple[InvertiblePreprocessor, ...]:
        return ()

    def problem(self, input_shape: Shape, targets: NDArray[Any], names: tuple[str, ...]) -> Problem:
        width = (math.prod(input_shape),)
        return Problem(input_shape, width, width)

    def encode(self, targets: NDArray[Any], problem: Problem) -> NDArray[Any]:
        return targets

    def decide(self, predictions: Floats, out: NDArray[Any]) -> None:
        np.copyto(out, predictions)

    def baseline(self, targets: NDArray[Any], problem: Problem) -> Floats:
        mean: Floats = targets.mean(axis=0, dtype=np.float64)
        return mean

    def answer(self, prediction: Floats, problem: Problem) -> dict[str, Any]:
        return {"answer": prediction.tolist()}


@dataclass(frozen=True)
class Autoencoder(Model):
    """A code of a few numbers between two hidden layers."""

    name: ClassVar[str] = "small-autoencoder"

    code: Annotated[int, Ge(1), doc("numbers that a sample is squeezed into")] = 8
    hidden: Annotated[int, Ge(1), doc("units of the layer on each side")] = 64

    def depth(self) -> int:
        return 3

    def layers(self, input_shape: Shape, outputs: int, activation: Activation) -> list[Layer]:
        start = activation.initialization
        before, after = (Dense(self.hidden, start), Activate(activation)), (Dense(self.hidden, start),)
        return [*before, Dense(self.code), *after, Activate(activation), Dense(outputs)]


@hookimpl
def nnzoo_tasks() -> list[type[Task]]:
    return [Reconstruct]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Autoencoder]
