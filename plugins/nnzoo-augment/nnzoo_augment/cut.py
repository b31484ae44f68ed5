"""Pictures with a square cut out: left empty, or filled from another picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch, UsageError
from numpy.typing import NDArray

from nnzoo_augment.mix import mix_targets, plan_mixing
from nnzoo_augment.pictures import as_planes, picture_shape, require_room


@dataclass(frozen=True)
class Cutout(Transform):
    """Sets a square of each picture to 0, in all channels; at the edges, part of the square may lie outside.

    Equation, with a middle (r, c) drawn uniformly from the pixels for each sample, and p pixels a side::

        x[i, j] ← 0 where −p/2 ≤ i − r < p/2 and −p/2 ≤ j − c < p/2

    References
    ----------
    DeVries & Taylor (2017), "Improved regularization of convolutional neural networks with cutout", arXiv:1708.04552.
    """

    name: ClassVar[str] = "cutout"

    pixels: Annotated[int, Ge(1), doc("side of the square, p")] = 4

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        shape = picture_shape(self, problem)
        require_room(self, self.pixels, shape)
        return {"mask": Buffer(shape[1:], np.bool_)}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        images, mask = as_planes(batch.inputs), workspace["mask"]
        draw_boxes(mask, np.full((2, len(mask)), self.pixels), rng)
        np.copyto(images, 0, where=mask[:, None])


@dataclass(frozen=True)
class CutMix(Transform):
    """Puts a box of another picture of the batch into each, and mixes their classes by area.

    Equation, with λ ~ Beta(α, α) and a middle drawn uniformly from the pixels for each sample, and another sample
    (x′, t′) that a permutation of the batch gives it::

        box of height h √(1 − λ) and width w √(1 − λ), cut at the edges of the picture
        x[i, j] ← x′[i, j] in the box
        t ← s t + (1 − s) t′                  where 1 − s is the box's share of the pixels

    Where samples have weights w, they are mixed as ``mixup`` does.

    References
    ----------
    Yun et al. (2019), "CutMix: regularization strategy to train strong classifiers with localizable features", ICCV,
    arXiv:1905.04899.
    """

    name: ClassVar[str] = "cutmix"
    soft_targets: ClassVar[bool] = True

    alpha: Annotated[float, Gt(0), doc("α of the Beta distribution: small leaves most boxes tiny or huge")] = 1.0

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        if not problem.has_classes:
            raise UsageError(
                f"{self.label} is for classes: the contribution of a part of a picture to a value is unknown",
                hint="use mixup",
            )
        return {"mask": Buffer(picture_shape(self, problem)[1:], np.bool_)} | plan_mixing(problem)

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        images, others, mask = as_planes(batch.inputs), workspace["others"], workspace["mask"]
        partners = rng.permutation(len(images))
        sides = np.sqrt(1 - rng.beta(self.alpha, self.alpha, len(images)))
        draw_boxes(mask, (sides * np.array(mask.shape[1:])[:, None]).astype(np.intp), rng)
        batch.inputs.take(partners, axis=0, out=others, mode="clip")
        np.copyto(images, as_planes(others), where=mask[:, None])
        mix_targets(batch, partners, 1 - mask.mean(axis=(1, 2)), workspace)


def draw_boxes(mask: NDArray[Any], sides: NDArray[Any], rng: np.random.Generator) -> None:
    """Mark a box in each plane around a uniformly drawn pixel, cut off at the edges.

    Parameters
    ----------
    mask : ndarray of shape (n, height, width), bool
        Overwritten: True in the box.
    sides : ndarray of shape (2, n), int
        Height and width of each box.
    rng : Generator
        Draws the centres.
    """
    n, *shape = mask.shape
    inside = []
    for size, side in zip(shape, sides, strict=True):
        first = (rng.integers(size, size=n) - side // 2)[:, None]
        places = np.arange(size)
        inside.append((places >= first) & (places < first + side[:, None]))
    np.logical_and(inside[0][:, :, None], inside[1][:, None, :], out=mask)
