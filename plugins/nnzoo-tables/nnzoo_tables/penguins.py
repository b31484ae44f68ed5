"""Penguins, with texts and missing cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import ColumnType, DataCache, Dataset, Seed, Split, TableLoader, TestShare
from nnzoo.builtin.tables import Csv

from nnzoo_tables.carried import carried_file


@dataclass(frozen=True)
class Penguins(TableLoader):
    """Palmer penguins: 344 birds of three species, by bill, flipper, mass, sex and island; some cells are missing.

    Comes with the package palmerpenguins. The file is read as any CSV file is: numbers are standardised and filled with
    the median where they are missing, and texts become columns of zeros and ones, with one of their own for missing
    ones. The year is left out: it is about the study, not the bird.

    References
    ----------
    Gorman, Williams & Fraser (2014), "Ecological sexual dimorphism and environmental variability within a community of
    Antarctic penguins (genus Pygoscelis)", PLoS ONE 9(3): e90081.
    Horst, Hill & Gorman (2020), "palmerpenguins", https://allisonhorst.github.io/palmerpenguins/, CC0 1.0.
    """

    name: ClassVar[str] = "penguins"
    license: ClassVar[str] = "CC0 1.0"

    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        return self._file().load(cache)

    def load_as(self, cache: DataCache, types: Mapping[str, ColumnType]) -> Dataset:
        return self._file().load_as(cache, types)

    def load_rows(self, cache: DataCache, types: Mapping[str, ColumnType], classes: tuple[str, ...]) -> Split:
        return self._file().load_rows(cache, types, classes)

    def _file(self) -> Csv:
        path = carried_file(self.name, "palmerpenguins", "palmerpenguins", "data/penguins.csv")
        return Csv(str(path), "species", test_share=self.test_share, seed=self.seed, ignore=("year",))
