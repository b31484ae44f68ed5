"""Pictures moved by whole pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch

from nnzoo_augment.pictures import as_planes, picture_shape, require_room


@dataclass(frozen=True)
class Shift(Transform):
    """Moves each picture by some whole pixels, down or up and right or left; new pixels at the edges are 0.

    Equation, with d and e drawn from the whole numbers −p … p for each sample::

        x[i, j] ← x[i − d, j − e]              0 where that is outside

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition", Proceedings of
    the IEEE 86(11).
    """

    name: ClassVar[str] = "shift"

    pixels: Annotated[int, Ge(1), doc("largest move in pixels, p")] = 2

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        channels, height, width = shape = picture_shape(self, problem)
        require_room(self, self.pixels, shape)
        framed = (channels, height + 2 * self.pixels, width + 2 * self.pixels)
        return {"framed": Buffer(framed), "places": Buffer(shape, np.intp)}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        images, framed, places, p = as_planes(batch.inputs), workspace["framed"], workspace["places"], self.pixels
        n, channels, height, width = images.shape
        framed.fill(0)
        framed[:, :, p:-p, p:-p] = images
        down, right = rng.integers(-p, p + 1, size=(2, n, 1, 1, 1))
        rows = np.arange(height)[:, None] + p - down
        columns = np.arange(width) + p - right
        planes = np.arange(n * channels).reshape(n, channels, 1, 1) * framed.shape[2]
        np.add((planes + rows) * framed.shape[3], columns, out=places)
        framed.reshape(-1).take(places, out=images, mode="clip")  # any other mode would buffer
