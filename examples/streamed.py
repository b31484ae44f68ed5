"""A stream: endless training samples, generated when needed and never repeated.

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
"""Random numbers per sample."""


@dataclass(frozen=True)
class EndlessRings(DatasetLoader):
    """Points on concentric rings in the plane, new ones at every step; the class is the ring.

    The stream's cursor is the number of samples seen so far. Each checkpoint has it, so a killed run continues with the
    next sample.
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
        self._draw(np.random.PCG64([self.seed, 1]), points, labels)  # the test split has its own seed
        names = tuple(f"ring {number}" for number in range(1, self.rings + 1))
        return Dataset(Split.of_stream(stream), Split(points, labels), names)

    def _read(self, cursor: Cursor, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
        """Write the next samples and advance the cursor. The samples do not depend on how many are read at a time."""
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
