"""A data set with two targets, a class and a value, which one network learns.

    nnzoo train --plugin examples/two_outputs.py --dataset digits-and-ink --task joint:weights=1,0.5 --epochs 20

Without ``--task``, both losses have the same weight. The network is nnzoo's default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import DataCache, Dataset, DatasetLoader, Split, hookimpl
from nnzoo.builtin.datasets import Digits


@dataclass(frozen=True)
class DigitsAndInk(DatasetLoader):
    """Handwritten digits, 8×8: the digit, and the centre of its ink."""

    name: ClassVar[str] = "digits-and-ink"
    license: ClassVar[str] = Digits.license

    def load(self, cache: DataCache) -> Dataset:
        digits = Digits().load(cache)
        return Dataset(self._with_ink(digits.train), self._with_ink(digits.test))

    @staticmethod
    def _with_ink(split: Split) -> Split:
        ink = split.array / split.array.sum(axis=(1, 2), keepdims=True)
        row, column = ink.sum(axis=2) @ np.arange(8.0), ink.sum(axis=1) @ np.arange(8.0)
        return Split.joined(split.array, {"digit": split.targets, "middle": np.stack([row, column], 1)}, split.scale)


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [DigitsAndInk]
