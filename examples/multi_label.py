"""A data set with any number of labels per sample; nnzoo detects the multi-label task.

    nnzoo train --plugin examples/multi_label.py --dataset digit-labels --epochs 20

The answer for a picture of an 8 is "even, round, two holes".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import DataCache, Dataset, DatasetLoader, Split, hookimpl
from nnzoo.builtin.datasets import Digits

LABELS = {"even": {0, 2, 4, 6, 8}, "round": {0, 3, 6, 8, 9}, "one hole": {0, 6, 9}, "two holes": {8}}


@dataclass(frozen=True)
class DigitLabels(DatasetLoader):
    """Handwritten digits, 8×8, with labels such as even and round."""

    name: ClassVar[str] = "digit-labels"
    license: ClassVar[str] = Digits.license

    def load(self, cache: DataCache) -> Dataset:
        digits = Digits().load(cache)
        return Dataset(self._labelled(digits.train), self._labelled(digits.test), tuple(LABELS))

    @staticmethod
    def _labelled(split: Split) -> Split:
        true = [[digit in digits for digits in LABELS.values()] for digit in split.targets.tolist()]
        return Split(split.inputs, np.array(true, np.uint8), split.scale)


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [DigitLabels]
