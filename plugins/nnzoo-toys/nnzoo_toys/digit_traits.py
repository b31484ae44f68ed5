"""Handwritten digits with any number of labels each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from nnzoo.api import DataCache, Dataset, DatasetLoader, Split
from nnzoo.builtin.datasets import Digits

TRAITS = {"even": {0, 2, 4, 6, 8}, "prime": {2, 3, 5, 7}, "above four": {5, 6, 7, 8, 9}, "has a hole": {0, 6, 8, 9}}


@dataclass(frozen=True)
class DigitTraits(DatasetLoader):
    """Handwritten digits, 8×8, with labels for their traits: even, prime, above four, has a hole. Some have none.

    They are nnzoo's own data set `digits`, which has their source.
    """

    name: ClassVar[str] = "digit-traits"
    license: ClassVar[str] = Digits.license

    def load(self, cache: DataCache) -> Dataset:
        digits = Digits().load(cache)
        return Dataset(_labelled(digits.train), _labelled(digits.test), tuple(TRAITS), features=digits.features)


def _labelled(split: Split) -> Split:
    """The same samples with a 1 for each trait, of shape (n, 4)."""
    true = [[digit in those for those in TRAITS.values()] for digit in split.targets.tolist()]
    return Split(split.inputs, np.array(true, np.uint8), split.scale)
