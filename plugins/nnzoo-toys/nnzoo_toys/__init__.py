"""Toy data sets for nnzoo, and a figure of a network's answers to one or two inputs."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import DatasetLoader, Figure, Layer, Model, ZooModel, hookimpl

from nnzoo_toys.areas import Blobs, Checkerboard, Xor
from nnzoo_toys.conv1d import Conv1d
from nnzoo_toys.conv_1d import ConvNet1d
from nnzoo_toys.curves import Circles, Moons, Spirals
from nnzoo_toys.decision import Decision
from nnzoo_toys.digit_traits import DigitTraits
from nnzoo_toys.mnist_1d import Mnist1d
from nnzoo_toys.shapes import Shapes
from nnzoo_toys.sines import Sines

__all__ = [
    "Blobs",
    "Checkerboard",
    "Circles",
    "Conv1d",
    "ConvNet1d",
    "Decision",
    "DigitTraits",
    "Mnist1d",
    "Moons",
    "Shapes",
    "Sines",
    "Spirals",
    "Xor",
]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [Moons, Circles, Spirals, Xor, Blobs, Checkerboard, Sines, Mnist1d, DigitTraits, Shapes]


@hookimpl
def nnzoo_figures() -> list[type[Figure]]:
    return [Decision]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Conv1d]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [ConvNet1d]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    others = ("moons", "circles", "spirals", "xor", "blobs", "checkerboard", "sines", "digit-traits")
    names = (
        "mnist-1d-conv.small",
        "mnist-1d-mlp.relu",
        "mnist-1d-mlp.logistic",
        *(f"{data}-mlp.relu" for data in others),
    )
    return [ZooModel(name, files("nnzoo_toys") / "trained") for name in names]
