"""A wave, or the sum of two, as a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader

from nnzoo_toys.points import LICENSE, Samples, Seed, measured


@dataclass(frozen=True)
class Sines(DatasetLoader):
    """A sine with noise, of one number or of each of two: a value to predict.

    Equation, with each input uniform on [−1, 1] and e from a normal distribution::

        value = sin(π waves x) + noise · e                        (inputs = 1)
        value = sin(π waves x) + sin(π waves y) + noise · e       (inputs = 2)
    """

    name: ClassVar[str] = "sines"
    license: ClassVar[str] = LICENSE

    samples: Samples = 1000
    noise: Annotated[float, Ge(0), Le(10), doc("standard deviation of the noise on each value")] = 0.1
    seed: Seed = 0
    inputs: Annotated[int, Ge(1), Le(2), doc("numbers that the value depends on")] = 1
    waves: Annotated[float, Gt(0), Le(20), doc("periods between -1 and 1")] = 1.0

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        inputs = {name: rng.uniform(-1, 1, self.samples) for name in ("x", "y")[: self.inputs]}
        values = self.noise * rng.standard_normal(self.samples)
        for x in inputs.values():
            values += np.sin(np.pi * self.waves * x)
        return measured(inputs, values, self.seed)
