"""Points along curves that no straight line separates: moons, circles, spirals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader

from nnzoo_toys.points import LICENSE, Noise, Samples, Seed, classified, shuffled_classes


@dataclass(frozen=True)
class Moons(DatasetLoader):
    """Two half circles that reach into each other, in two classes.

    Equation, with an angle t that is uniform on [0, π]::

        upper: (cos t, sin t)        lower: (1 − cos t, ½ − sin t)
    """

    name: ClassVar[str] = "moons"
    license: ClassVar[str] = LICENSE

    samples: Samples = 1000
    noise: Noise = 0.15
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, 2)
        angles = rng.uniform(0, np.pi, self.samples)
        x, y = np.cos(angles), np.sin(angles)
        points = np.where(labels[:, None] == 0, np.stack([x, y], axis=1), np.stack([1 - x, 0.5 - y], axis=1))
        points += self.noise * rng.standard_normal(points.shape)
        return classified(points, labels, ("upper", "lower"), self.seed)


@dataclass(frozen=True)
class Circles(DatasetLoader):
    """A circle around another one, in two classes.

    Equation, with an angle t that is uniform on [0, 2π)::

        outer: (cos t, sin t)        inner: factor · (cos t, sin t)
    """

    name: ClassVar[str] = "circles"
    license: ClassVar[str] = LICENSE

    samples: Samples = 1000
    noise: Noise = 0.1
    seed: Seed = 0
    factor: Annotated[float, Gt(0), Lt(1), doc("radius of the inner circle; that of the outer one is 1")] = 0.5

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, 2)
        angles = rng.uniform(0, 2 * np.pi, self.samples)
        radii = np.where(labels == 0, 1.0, self.factor)
        points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
        points += self.noise * rng.standard_normal(points.shape)
        return classified(points, labels, ("outer", "inner"), self.seed)


@dataclass(frozen=True)
class Spirals(DatasetLoader):
    """Spirals around one centre, each a class.

    Equation, with r uniform on [0, 1] and k of a arms::

        t = 2π (turns · r + k/a)        (r cos t, r sin t)

    References
    ----------
    Lang & Witbrock (1988), "Learning to tell two spirals apart", Connectionist Models Summer School.
    """

    name: ClassVar[str] = "spirals"
    license: ClassVar[str] = LICENSE

    samples: Samples = 1000
    noise: Noise = 0.02
    seed: Seed = 0
    arms: Annotated[int, Ge(2), Le(10), doc("spirals, each a class")] = 3
    turns: Annotated[float, Gt(0), Le(5), doc("how often a spiral winds around the centre")] = 0.75

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, self.arms)
        radii = rng.uniform(0, 1, self.samples)
        angles = 2 * np.pi * (self.turns * radii + labels / self.arms)
        points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
        points += self.noise * rng.standard_normal(points.shape)
        return classified(points, labels, [f"arm {arm + 1}" for arm in range(self.arms)], self.seed)
