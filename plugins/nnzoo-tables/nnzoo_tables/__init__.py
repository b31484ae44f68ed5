"""Well-known tables for nnzoo, read from where installed packages carry them."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import DatasetLoader, ZooModel, hookimpl

from nnzoo_tables.flowers_and_wines import Iris, Wine
from nnzoo_tables.patients import BreastCancer, Diabetes
from nnzoo_tables.penguins import Penguins

__all__ = ["BreastCancer", "Diabetes", "Iris", "Penguins", "Wine"]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [Iris, Wine, BreastCancer, Diabetes, Penguins]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    names = ("iris-mlp.relu", "wine-mlp.relu", "breast-cancer-mlp.relu", "diabetes-mlp.relu", "penguins-mlp.relu")
    return [ZooModel(name, files("nnzoo_tables") / "trained") for name in names]
