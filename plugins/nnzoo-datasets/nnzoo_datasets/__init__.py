"""Data sets for nnzoo: Fashion-MNIST and KMNIST."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import DatasetLoader, ZooModel, hookimpl

from nnzoo_datasets.fashion_mnist import FashionMnist
from nnzoo_datasets.kmnist import Kmnist

__all__ = ["FashionMnist", "Kmnist"]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [FashionMnist, Kmnist]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    return [ZooModel("fashion-mlp.relu", files("nnzoo_datasets") / "trained")]
