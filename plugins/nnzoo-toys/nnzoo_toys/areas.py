"""Points that fill areas: xor, checkerboard, blobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader
from numpy.typing import NDArray

from nnzoo_toys.points import LICENSE, Noise, Reals, Samples, Seed, classified, shuffled_classes


def _in_squares(rng: np.random.Generator, labels: NDArray[np.intp], cells: int, noise: float) -> Reals:
    """Points on a board from −1 to 1, each in a square of its colour, with noise; of shape (n, 2)."""
    rows, columns = (axis.reshape(-1) for axis in np.indices((cells, cells)))
    points = np.empty((len(labels), 2))
    for color in (0, 1):
        of_color = np.flatnonzero((rows + columns) % 2 == color)
        members = np.flatnonzero(labels == color)
        square = of_color[rng.integers(0, len(of_color), len(members))]
        points[members] = np.stack([columns[square], rows[square]], axis=1)
    points = 2 * (points + rng.uniform(0, 1, points.shape)) / cells - 1
    points += noise * rng.standard_normal(points.shape)
    return points


@dataclass(frozen=True)
class Xor(DatasetLoader):
    """Four squares: whether x and y have the same sign or not, the classic that no single layer learns.

    References
    ----------
    Minsky & Papert (1969), "Perceptrons", MIT Press.
    """

    name: ClassVar[str] = "xor"
    license: ClassVar[str] = LICENSE

    samples: Samples = 1000
    noise: Noise = 0.05
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, 2)
        points = _in_squares(rng, labels, 2, self.noise)
        return classified(points, labels, ("same sign", "different signs"), self.seed)


@dataclass(frozen=True)
class Checkerboard(DatasetLoader):
    """The squares of a checkerboard, black and white."""

    name: ClassVar[str] = "checkerboard"
    license: ClassVar[str] = LICENSE

    samples: Samples = 2000
    noise: Noise = 0.0
    seed: Seed = 0
    cells: Annotated[int, Ge(2), Le(16), doc("squares along each side")] = 4

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, 2)
        points = _in_squares(rng, labels, self.cells, self.noise)
        return classified(points, labels, ("black", "white"), self.seed)


@dataclass(frozen=True)
class Blobs(DatasetLoader):
    """Round clouds of points, each a class; the centres lie on a circle of radius 1, and noise is their size."""

    name: ClassVar[str] = "blobs"
    license: ClassVar[str] = LICENSE

    samples: Samples = 1000
    noise: Annotated[float, Gt(0), Le(10), doc("standard deviation of a cloud in each direction")] = 0.3
    seed: Seed = 0
    classes: Annotated[int, Ge(2), Le(10), doc("clouds, each a class")] = 4

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, self.classes)
        angles = 2 * np.pi * labels / self.classes
        points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        points += self.noise * rng.standard_normal(points.shape)
        return classified(points, labels, [f"blob {each + 1}" for each in range(self.classes)], self.seed)
