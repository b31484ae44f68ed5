"""Rotated and scaled pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, Le, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch, UsageError
from numpy.typing import NDArray

from nnzoo_augment.pictures import as_planes, picture_shape
from nnzoo_augment.resampling import affine, plan_resampling


@dataclass(frozen=True)
class Rotate(Transform):
    """Turns each picture around its centre, to the left or to the right; new pixels at the edges are 0.

    Equation, with an angle φ drawn uniformly from −α … α degrees for each sample, and pixels p = (row, column) counted
    from the middle::

        x[p] ← x[A p],  A = [[cos φ, sin φ], [−sin φ, cos φ]]

    Between pixels it is bilinear. An angle above 0 turns to the left (counter-clockwise).

    References
    ----------
    Simard, Steinkraus & Platt (2003), "Best practices for convolutional neural networks applied to visual document
    analysis", ICDAR.
    """

    name: ClassVar[str] = "rotate"

    degrees: Annotated[float, Gt(0), Le(180), doc("largest angle, α")] = 10.0

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return plan_resampling(picture_shape(self, problem))

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        angles = np.deg2rad(rng.uniform(-self.degrees, self.degrees, len(batch.inputs)))
        affine(as_planes(batch.inputs), turning(angles), workspace)


@dataclass(frozen=True)
class Scale(Transform):
    """Makes each picture larger or smaller, around its centre; new pixels at the edges are 0.

    Equation, with s drawn from low … high for each sample, so that log s is uniform, and pixels p = (row, column)
    counted from the middle::

        x[p] ← x[p / s]

    Between pixels it is bilinear.

    References
    ----------
    Simard, Steinkraus & Platt (2003), "Best practices for convolutional neural networks applied to visual document
    analysis", ICDAR.
    """

    name: ClassVar[str] = "scale"

    low: Annotated[float, Gt(0), doc("the smallest factor")] = 0.9
    high: Annotated[float, Gt(0), doc("the largest factor")] = 1.1

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        if self.low > self.high:
            raise UsageError(
                f"{self.label}: low = {self.low:g} is above high = {self.high:g}",
                hint=f"write scale:low={self.high:g},high={self.low:g}",
            )
        return plan_resampling(picture_shape(self, problem))

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        factors = np.exp(rng.uniform(np.log(self.low), np.log(self.high), len(batch.inputs)))
        affine(as_planes(batch.inputs), np.eye(2) / factors[:, None, None], workspace)


def turning(angles: NDArray[Any]) -> NDArray[Any]:
    """Where a pixel of a picture that is turned to the left by an angle comes from, as a matrix for each angle."""
    cos, sin = np.cos(angles), np.sin(angles)
    return np.stack([np.stack([cos, sin], axis=-1), np.stack([-sin, cos], axis=-1)], axis=-2)
