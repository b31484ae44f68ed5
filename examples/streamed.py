"""A stream: training samples that are made as they are needed, without end, and never seen twice.

nnzoo train --dataset endless-rings --plugin examples/streamed.py --epochs 5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from numpy.typing import NDArray

from nnzoo.api import Cursor, DataCache, Dataset, DatasetLoader, Seed, Split, Stream, hookimpl

DRAWS = 3
"""Random numbers that a sample takes."""


@dataclass(frozen=True)
class EndlessRings(DatasetLoader):
    """Points on concentric rings in the plane, new ones at every step; which ring a point lies on is to be learnt.

    Where a training stands is the number of samples that it has seen: it is the stream's cursor, which each checkpoint
    has in it. A training that was killed goes on with the next sample.
    """

    name: ClassVar[str] = "endless-rings"

    rings: Annotated[int, Ge(2), Le(10), doc("number of rings")] = 3
    samples: Annotated[int, Ge(1), Le(10**9), doc("points in an epoch")] = 10_000
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        stream = Stream(
            samples=self.samples,
            sample_shape=(2,),
            dtype=np.dtype(np.float32),
            target_shape=(),
            target_dtype=np.dtype(np.intp),
            start=lambda: {"seen": np.zeros((), np.int64)},
            reader=self._read,
        )
        points, labels = np.empty((2000, 2), np.float32), np.empty(2000, np.intp)
        self._draw(np.random.PCG64([self.seed, 1]), points, labels)  # the test part has a seed of its own
        names = tuple(f"ring {number}" for number in range(1, self.rings + 1))
        return Dataset(Split.of_stream(stream), Split(points, labels), names)

    def _read(self, cursor: Cursor, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
        """Write the next samples, and move the cursor on: the same ones, however many are asked for at a time."""
        bits = np.random.PCG64([self.seed, 0])
        bits.advance(DRAWS * int(cursor["seen"]))
        self._draw(bits, inputs, targets)
        cursor["seen"] += len(inputs)

    def _draw(self, bits: np.random.PCG64, points: NDArray[Any], labels: NDArray[Any]) -> None:
        ring, noise, turn = np.random.Generator(bits).random((len(points), DRAWS)).T
        labels[...] = ring * self.rings
        radius, angle = labels + 1 + 0.6 * (noise - 0.5), 2 * np.pi * turn
        points[:, 0], points[:, 1] = radius * np.cos(angle), radius * np.sin(angle)


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [EndlessRings]
