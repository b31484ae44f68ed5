"""Data sets for nnzoo: Fashion-MNIST and KMNIST, and a user's own tables, images and arrays."""

from __future__ import annotations

from nnzoo.api import DatasetLoader, hookimpl

from nnzoo_datasets.csv_table import Csv
from nnzoo_datasets.fashion_mnist import FashionMnist
from nnzoo_datasets.image_folder import ImageFolder
from nnzoo_datasets.kmnist import Kmnist
from nnzoo_datasets.npz import Npz

__all__ = ["Csv", "FashionMnist", "ImageFolder", "Kmnist", "Npz"]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [FashionMnist, Kmnist, Csv, ImageFolder, Npz]
