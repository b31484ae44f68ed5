"""Autoencoders for nnzoo: the task `reconstruction`, three models, their layers and figures."""

from __future__ import annotations

from importlib.resources import files

from nnzoo.api import Figure, Layer, Model, Task, ZooModel, hookimpl

from nnzoo_autoencoders.corrupt import Corrupt
from nnzoo_autoencoders.figures import CodeGrid, CodePlane, Reconstructions
from nnzoo_autoencoders.models import Autoencoder, Denoising, Vae
from nnzoo_autoencoders.reconstruction import Reconstruction
from nnzoo_autoencoders.sample_code import SampleCode

__all__ = [
    "Autoencoder",
    "CodeGrid",
    "CodePlane",
    "Corrupt",
    "Denoising",
    "Reconstruction",
    "Reconstructions",
    "SampleCode",
    "Vae",
]


@hookimpl
def nnzoo_tasks() -> list[type[Task]]:
    return [Reconstruction]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Corrupt, SampleCode]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Autoencoder, Denoising, Vae]


@hookimpl
def nnzoo_figures() -> list[type[Figure]]:
    return [Reconstructions, CodePlane, CodeGrid]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    names = ("mnist-autoencoder.plane", "mnist-vae.plane", "mnist-denoiser.small")
    return [ZooModel(name, files("nnzoo_autoencoders") / "trained") for name in names]
