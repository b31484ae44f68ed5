"""The transform of training batches that adds noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, doc

from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch, hookimpl


@dataclass(frozen=True)
class Noise(Transform):
    """Gaussian noise on every input, drawn anew for each batch.

    Equation::

        x ← x + σ ε,  ε ~ N(0, 1)

    Inputs are those of the network: a pixel lies in [0, 1], a column of a table has deviation 1. If a task's target is
    its input, the target stays clean.

    References
    ----------
    Bishop (1995), "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7(1).
    """

    name: ClassVar[str] = "noise"

    deviation: Annotated[float, Gt(0), doc("standard deviation σ of the noise")] = 0.1

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return {"noise": Buffer(problem.input_shape)}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        noise = workspace["noise"]
        rng.standard_normal(out=noise, dtype=noise.dtype)
        noise *= self.deviation
        np.add(batch.inputs, noise, out=batch.inputs)


@hookimpl
def nnzoo_transforms() -> list[type[Transform]]:
    return [Noise]
