"""Convolutional networks for nnzoo: layers of images, and the models lenet5, resnet-small, conv-small and tiny-conv."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import GraphModel, Layer, Model, ZooModel, hookimpl

from nnzoo_conv.batchnorm import BatchNorm
from nnzoo_conv.conv2d import Conv2d
from nnzoo_conv.conv_small import ConvSmall
from nnzoo_conv.depthwise2d import Depthwise2d
from nnzoo_conv.dropout import Dropout
from nnzoo_conv.flatten import Flatten
from nnzoo_conv.global_average_pool import GlobalAveragePool
from nnzoo_conv.lenet5 import Lenet5
from nnzoo_conv.maxpool2d import MaxPool2d
from nnzoo_conv.resnet_small import ResnetSmall
from nnzoo_conv.tiny_conv import TinyConv
from nnzoo_conv.upsample2d import Upsample2d

__all__ = [
    "BatchNorm",
    "Conv2d",
    "ConvSmall",
    "Depthwise2d",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "Lenet5",
    "MaxPool2d",
    "ResnetSmall",
    "TinyConv",
    "Upsample2d",
]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Conv2d, Depthwise2d, MaxPool2d, GlobalAveragePool, Upsample2d, Flatten, Dropout, BatchNorm]


@hookimpl
def nnzoo_models() -> list[type[Model | GraphModel]]:
    return [Lenet5, ResnetSmall, ConvSmall, TinyConv]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    names = (
        *("mnist-lenet5.relu", "mnist-resnet.small", "mnist-tiny.99", "mnist-tiny.smallest"),
        *("fashion-lenet5.relu", "fashion-resnet.small", "shapes-conv.small"),
    )
    return [ZooModel(name, files("nnzoo_conv") / "trained") for name in names]
