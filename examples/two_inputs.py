"""A data set whose samples have two inputs, and a network that reads both with the same weights.

    nnzoo train --plugin examples/two_inputs.py --dataset digit-pairs --model siamese --epochs 20

Each sample is a pair of handwritten digits. The network learns whether both are the same digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, doc

from nnzoo.api import Activation, DataCache, Dataset, DatasetLoader, Graph, GraphModel, Problem, Split, hookimpl
from nnzoo.builtin.datasets import Digits
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Concatenate, Multiply, Slice
from nnzoo.errors import UsageError


@dataclass(frozen=True)
class DigitPairs(DatasetLoader):
    """Pairs of handwritten digits, half of which are equal."""

    name: ClassVar[str] = "digit-pairs"
    license: ClassVar[str] = Digits.license

    pairs: Annotated[int, Ge(2), doc("training samples")] = 4000

    def load(self, cache: DataCache) -> Dataset:
        digits = Digits().load(cache)
        parts = self._pairs(digits.train, self.pairs), self._pairs(digits.test, 1000)
        return Dataset(*parts, ("different", "same"))

    def _pairs(self, split: Split, count: int) -> Split:
        rng = np.random.default_rng(0)
        left = rng.integers(len(split), size=count)
        by_class = [np.flatnonzero(split.targets == digit) for digit in range(10)]
        same = rng.integers(2, size=count)
        others = [(split.targets[place] + rng.integers(1, 10)) % 10 for place in left]
        classes = np.where(same, split.targets[left], others)
        right = np.array([rng.choice(by_class[digit]) for digit in classes])
        pictures = {"left": split.array[left], "right": split.array[right]}
        return Split.joined(pictures, same, split.scale)


@dataclass(frozen=True)
class Siamese(GraphModel):
    """Two towers that share their weights, and a layer that compares their outputs."""

    name: ClassVar[str] = "siamese"

    units: Annotated[int, Ge(1), doc("units of each layer of a tower")] = 64

    def depth(self) -> int:
        return 3

    def graph(self, problem: Problem, activation: Activation) -> Graph:
        if len(problem.inputs) != 2:
            raise UsageError(f"{self.label} compares two inputs, and a sample has {len(problem.inputs) or 1}")
        graph, tower = Graph(), 2 * [Dense(self.units, activation.initialization), Activate(activation)]
        left, right = (graph.add(Slice(part.start, part.shape), after=graph.input) for part in problem.inputs)
        first = graph.add(*tower, after=left)
        second = graph.add(*tower, after=right, shared_with=first)
        compared = [Concatenate(), Dense(self.units), Activate(activation), Dense(problem.logits)]
        graph.add(*compared, after=(graph.add(Multiply(), after=(first, second)), first, second))
        return graph


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [DigitPairs]


@hookimpl
def nnzoo_models() -> list[type[GraphModel]]:
    return [Siamese]
