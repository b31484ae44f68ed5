"""Pictures of a shape: which one it is, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader, Split
from numpy.typing import NDArray

from nnzoo_toys.points import LICENSE, TEST_SHARE, Reals, Samples, Seed, shuffled_classes

SIDE = 16
NAMES = ("disk", "square", "diamond", "cross")


@dataclass(frozen=True)
class Shapes(DatasetLoader):
    """Grey pictures, 16×16, of a disk, a square, a diamond or a cross: two targets, the shape and its radius in pixels.

    A network for them has two outputs, a class and a value, which it learns together (the task `joint`). Radii are
    uniform between 3 and 7, and the shape is somewhere in the picture, whole.
    """

    name: ClassVar[str] = "shapes"
    license: ClassVar[str] = LICENSE

    samples: Samples = 2000
    noise: Annotated[float, Ge(0), Le(255), doc("standard deviation of the noise on each pixel, from 0 to 255")] = 40.0
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        kinds = shuffled_classes(rng, self.samples, len(NAMES))
        radii = rng.uniform(3, 7, self.samples)
        room = (SIDE - 1) / 2 - radii
        centers = (SIDE - 1) / 2 + rng.uniform(-1, 1, (2, self.samples)) * room
        pixels = 200 * _inside(kinds, radii, centers) + 20
        pixels += self.noise * rng.standard_normal(pixels.shape)
        pictures = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        targets = {"shape": np.array(NAMES)[kinds], "radius": np.round(radii, 3)}
        samples = Split.joined(pictures, targets, scale=1 / 255)
        first_of_test = self.samples - int(self.samples * TEST_SHARE)
        places = np.arange(self.samples)
        return Dataset(samples.take(places[:first_of_test]), samples.take(places[first_of_test:]))


def _inside(kinds: NDArray[np.intp], radii: Reals, centers: Reals) -> Reals:
    """Which share of each pixel is in the shape, with soft edges one pixel wide; of shape (n, 16, 16)."""
    rows, columns = np.indices((SIDE, SIDE))
    y, x = (np.abs(axis - center[:, None, None]) for axis, center in zip((rows, columns), centers, strict=True))
    cross = np.where(np.minimum(x, y) < 1.5, np.maximum(x, y), SIDE)
    distances = np.stack([np.hypot(x, y), np.maximum(x, y), x + y, cross])
    inside: Reals = np.clip(radii[:, None, None] - distances[kinds, np.arange(len(kinds))] + 0.5, 0, 1)
    return inside
