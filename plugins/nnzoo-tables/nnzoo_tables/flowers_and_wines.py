"""Iris and wine: which species, which cultivar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import DataCache, Dataset, DatasetLoader, Seed, TestShare

from nnzoo_tables.numbers import Column, Parting, classified, read_numbers


@dataclass(frozen=True)
class Iris(DatasetLoader):
    """Iris: 150 flowers of three species, distinguished by the length and width of sepals and petals, in centimetres.

    Comes with scikit-learn. Its copy is as in Fisher's paper; that of the UCI repository has two rows otherwise.

    References
    ----------
    Fisher (1936), "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7(2).
    UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, CC BY 4.0.
    """

    name: ClassVar[str] = "iris"
    license: ClassVar[str] = "CC BY 4.0"

    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        numbers = read_numbers(self.name, "iris.csv", 150, 5)
        names = ("sepal_length", "sepal_width", "petal_length", "petal_width")
        columns = [Column(name, "in cm") for name in names]
        classes = ("setosa", "versicolor", "virginica")
        by = Parting(self.test_share, self.seed)
        return classified(columns, numbers[:, :-1], numbers[:, -1], "species", classes, by)


@dataclass(frozen=True)
class Wine(DatasetLoader):
    """Wine: 178 Italian wines of three cultivars, distinguished by thirteen chemical measurements.

    Comes with scikit-learn. The source gives no units.

    References
    ----------
    Forina et al. (1988), "PARVUS, an extendible package for data exploration, classification and correlation".
    UCI Machine Learning Repository, https://doi.org/10.24432/C5PC7J, CC BY 4.0.
    """

    name: ClassVar[str] = "wine"
    license: ClassVar[str] = "CC BY 4.0"

    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        numbers = read_numbers(self.name, "wine_data.csv", 178, 14)
        names = (
            *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
            *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline"),
        )
        notes = {"od280_od315": "OD280/OD315 of diluted wines"}
        columns = [Column(name, notes.get(name, "")) for name in names]
        classes = ("cultivar 1", "cultivar 2", "cultivar 3")
        by = Parting(self.test_share, self.seed)
        return classified(columns, numbers[:, :-1], numbers[:, -1], "cultivar", classes, by)
