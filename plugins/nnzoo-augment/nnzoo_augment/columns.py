"""Tables with deliberate gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Lt, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch, UsageError


@dataclass(frozen=True)
class MaskColumns(Transform):
    """Sets some inputs of each row of a table to 0, so that the network does not depend on any single column.

    Equation, with u drawn uniformly from 0 … 1 for each row and input::

        x ← 0 where u < q

    Inputs are as the network sees them: 0 is the mean of a column of numbers. A column of categories has an input for
    each, and each is masked by itself.

    References
    ----------
    Vincent et al. (2008), "Extracting and composing robust features with denoising autoencoders", ICML: its masking
    noise.
    """

    name: ClassVar[str] = "mask-columns"

    share: Annotated[float, Gt(0), Lt(1), doc("probability q of each input to be masked")] = 0.1

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        if len(problem.input_shape) != 1:
            raise UsageError(
                f"{self.label} is for tables, but samples have the shape {problem.input_shape}",
                hint="for pictures, use cutout",
            )
        return {"drawn": Buffer(problem.input_shape), "hit": Buffer(problem.input_shape, np.bool_)}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        drawn, hit = workspace["drawn"], workspace["hit"]
        rng.random(out=drawn, dtype=drawn.dtype)
        np.less(drawn, self.share, out=hit)
        np.copyto(batch.inputs, 0, where=hit)
