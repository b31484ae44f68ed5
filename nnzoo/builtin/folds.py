"""One fold of another data set, for cross-validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, doc

from nnzoo.api import DataCache, Dataset, DatasetLoader, Folds, UsageError, fold_dataset


@dataclass(frozen=True)
class Fold(DatasetLoader):
    """One fold of another data set: some of its training samples are for testing, the others for training.

    Over the ``number`` 0 to ``folds`` - 1, each training sample is tested on once. Each fold has the same share of each
    class. The data set's own test part is not used. ``nnzoo train --folds 5`` trains on all five.
    """

    name: ClassVar[str] = "fold"

    of: Annotated[DatasetLoader, doc("the data set")]
    folds: Folds = 5
    number: Annotated[int, Ge(0), doc("the fold for testing, from 0")] = 0
    seed: Annotated[int, Ge(0), doc("decides which samples are in a fold")] = 0

    def load(self, cache: DataCache) -> Dataset:
        if self.number >= self.folds:
            raise UsageError(f"{self.label}: number = {self.number}, but the folds are 0 to {self.folds - 1}")
        return fold_dataset(self.of.load(cache), self.folds, self.number, self.seed)
