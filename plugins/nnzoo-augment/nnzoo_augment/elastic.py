"""Pictures distorted as if drawn on rubber."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch
from numpy.typing import NDArray

from nnzoo_augment.pictures import as_planes, picture_shape
from nnzoo_augment.resampling import plan_resampling, resample


@dataclass(frozen=True)
class Elastic(Transform):
    """Moves each pixel a little, and its neighbours almost alike, like the variations of handwriting.

    Equation, with u and v drawn uniformly from −1 … 1 for each pixel, and G a Gaussian of deviation σ that sums to 1::

        x[i, j] ← x[i + c (G ∗ u)[i, j], j + c (G ∗ v)[i, j]]

    where c makes the standard deviation of either move what ``pixels`` says, away from the edges. Between pixels it is
    bilinear, and 0 outside. The paper states c itself: 34 with σ = 4, for digits of 29 × 29, is ``pixels=1.4``.

    References
    ----------
    Simard, Steinkraus & Platt (2003), "Best practices for convolutional neural networks applied to visual document
    analysis", ICDAR.
    """

    name: ClassVar[str] = "elastic"

    pixels: Annotated[float, Gt(0), doc("standard deviation of a pixel's move, down and across")] = 1.0
    sigma: Annotated[float, Gt(0), doc("range over which neighbours move alike: σ, in pixels")] = 4.0

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return plan_resampling(picture_shape(self, problem))

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        images, half_way = as_planes(batch.inputs), workspace["top"]
        (down, squares), (across, _) = (gaussian(size, self.sigma) for size in images.shape[2:])
        # A uniform number has the variance 1/3, and G ∗ u that times the sum of the squares of G.
        down *= self.pixels * np.sqrt(3) / squares
        down, across = down.astype(half_way.dtype), across.astype(half_way.dtype)
        for name in ("rows", "columns"):
            field = workspace[name]
            rng.random(out=field, dtype=field.dtype)
            field *= 2
            field -= 1
            np.matmul(down, field, out=half_way)
            np.matmul(half_way, across, out=field)
        workspace["rows"][...] += np.arange(images.shape[2])[:, None]
        workspace["columns"][...] += np.arange(images.shape[3])
        resample(images, workspace)


def gaussian(size: int, sigma: float) -> tuple[NDArray[Any], float]:
    """A Gaussian as a matrix that smooths ``size`` numbers, with zeros around them; and the sum of its squares."""
    reach = max(size, int(np.ceil(6 * sigma)))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    bell /= bell.sum()
    places = np.arange(size)
    return bell[reach + places[:, None] - places], float(bell @ bell)
