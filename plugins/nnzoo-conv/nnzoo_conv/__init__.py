"""Convolutional networks for nnzoo: conv2d, maxpool2d, flatten, dropout, batchnorm and the model lenet5."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import Layer, Model, ZooModel, hookimpl

from nnzoo_conv.batchnorm import BatchNorm
from nnzoo_conv.conv2d import Conv2d
from nnzoo_conv.dropout import Dropout
from nnzoo_conv.flatten import Flatten
from nnzoo_conv.lenet5 import Lenet5
from nnzoo_conv.maxpool2d import MaxPool2d

__all__ = ["BatchNorm", "Conv2d", "Dropout", "Flatten", "Lenet5", "MaxPool2d"]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Conv2d, MaxPool2d, Flatten, Dropout, BatchNorm]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Lenet5]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    return [ZooModel("mnist-lenet5.relu", files("nnzoo_conv") / "trained")]
