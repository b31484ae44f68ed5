"""The task of giving the input back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from nnzoo.api import Floats, InvertiblePreprocessor, Problem, Shape, Task
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reconstruction(Task):
    """The network gives its input back; a data set's labels or values are left alone.

    The target of a sample is the sample itself, as one row of values, as the network sees it: pixels times the data
    set's scale (bytes are shares of 255, from 0 to 1), columns of a table preprocessed. Predictions and metrics are in
    the same unit: an rmse of 0.1 is a tenth of the way from black to white. Training batches that a transform has
    changed, such as ``noise``, are to be given back as they were before.

    The loss is ``mse``; where every value lies in 0 … 1, as pixels do, ``binary-cross-entropy`` reads each as the
    probability that the pixel is white, and outputs pass through a sigmoid.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313.
    """

    name: ClassVar[str] = "reconstruction"
    default_loss: ClassVar[str] = "mse"
    default_metrics: ClassVar[tuple[str, ...]] = ("rmse", "mae")
    figures: ClassVar[tuple[str, ...]] = ("reconstructions", "code-plane", "code-grid")
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
        return {"answer": prediction.reshape(problem.input_shape).tolist()}
