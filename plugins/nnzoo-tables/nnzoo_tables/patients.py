"""Breast cancer and diabetes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import DataCache, Dataset, DatasetLoader, Seed, TestShare

from nnzoo_tables.numbers import Column, Parting, classified, measured, read_numbers


@dataclass(frozen=True)
class BreastCancer(DatasetLoader):
    """Breast cancer: 569 samples of tissue, benign or malignant, by thirty measurements of the nuclei of their cells.

    Ten measurements, each as its mean, its standard error and the mean of its three largest values ("worst"). Comes
    with scikit-learn. The source gives no units.

    References
    ----------
    Street, Wolberg & Mangasarian (1993), "Nuclear feature extraction for breast tumor diagnosis", SPIE 1905.
    UCI Machine Learning Repository, https://doi.org/10.24432/C5DW2B, CC BY 4.0.
    """

    name: ClassVar[str] = "breast-cancer"
    license: ClassVar[str] = "CC BY 4.0"

    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        numbers = read_numbers(self.name, "breast_cancer.csv", 569, 31)
        measures = (
            *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"),
            *("concave_points", "symmetry", "fractal_dimension"),
        )
        columns = [Column(f"{of}_{measure}") for of in ("mean", "error", "worst") for measure in measures]
        by = Parting(self.test_share, self.seed)
        return classified(columns, numbers[:, :-1], numbers[:, -1], "diagnosis", ("malignant", "benign"), by)


@dataclass(frozen=True)
class Diabetes(DatasetLoader):
    """Diabetes: how far the disease of 442 patients progressed within a year, by ten values at its beginning.

    A regression. Comes with scikit-learn; these are its raw values, which are neither centred nor scaled.

    References
    ----------
    Efron, Hastie, Johnstone & Tibshirani (2004), "Least angle regression", Annals of Statistics 32(2),
    https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html. The source states no licence.
    """

    name: ClassVar[str] = "diabetes"
    license: ClassVar[str] = "(the source states no licence)"

    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        inputs = read_numbers(self.name, "diabetes_data_raw.csv.gz", 442, 10, delimiter=None)
        values = read_numbers(self.name, "diabetes_target.csv.gz", 442, 1, delimiter=None)[:, 0]
        columns = (
            Column("age", "in years"),
            Column("sex", "as coded by the source", is_category=True),
            Column("bmi", "body mass index"),
            Column("bp", "average blood pressure"),
            Column("s1", "tc, total serum cholesterol"),
            Column("s2", "ldl, low-density lipoproteins"),
            Column("s3", "hdl, high-density lipoproteins"),
            Column("s4", "tch, total cholesterol / hdl"),
            Column("s5", "ltg, possibly the logarithm of serum triglycerides"),
            Column("s6", "glu, blood sugar level"),
        )
        target = Column("progression", "a measure of the disease after a year")
        return measured(columns, inputs, values, target, Parting(self.test_share, self.seed))
