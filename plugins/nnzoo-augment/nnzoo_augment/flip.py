"""Mirrored pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Le, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch

from nnzoo_augment.pictures import as_planes, picture_shape


@dataclass(frozen=True)
class Flip(Transform):
    """Swaps left and right in some pictures: for clothes and animals, not for digits and letters.

    Equation, with u drawn uniformly from 0 … 1 for each sample, and pictures of w pixels in width::

        x[i, j] ← x[i, w − 1 − j] where u < q

    References
    ----------
    Krizhevsky, Sutskever & Hinton (2012), "ImageNet classification with deep convolutional neural networks", NeurIPS,
    section 4.1.
    """

    name: ClassVar[str] = "flip"

    share: Annotated[float, Gt(0), Le(1), doc("probability q that a picture is mirrored")] = 0.5

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return {"mirrored": Buffer(picture_shape(self, problem))}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        images, mirrored = as_planes(batch.inputs), workspace["mirrored"]
        np.copyto(mirrored, images[..., ::-1])
        np.copyto(images, mirrored, where=(rng.random(len(images)) < self.share)[:, None, None, None])
