"""Data sets for nnzoo: Fashion-MNIST and KMNIST."""

from __future__ import annotations

from nnzoo.api import DatasetLoader, hookimpl

from nnzoo_datasets.fashion_mnist import FashionMnist
from nnzoo_datasets.kmnist import Kmnist

__all__ = ["FashionMnist", "Kmnist"]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [FashionMnist, Kmnist]
