"""Load a trained network by whatever names it."""

from __future__ import annotations

import os
from pathlib import Path

from nnzoo.datafiles.address import fetch, is_address, parse_address
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import find_model_file
from nnzoo.plugins.registry import Registry


def load_model(name: str | os.PathLike[str], *, registry: Registry | None = None) -> DeepNeuralNetwork:
    """A trained network: one of the zoo by its name, a model file, a run's directory, or a file on the web.

    What is on disk comes before a network of the zoo with the same name.

    >>> load_model("digits-mlp").class_names[:3]
    ('0', '1', '2')

    Parameters
    ----------
    name : str or path
        ``architecture.tag`` or ``architecture``, with ``distribution/`` in front where several have one; or a path; or
        an address with the SHA-256 of what is there: ``https://host/model.safetensors#sha256=…``.
    registry : Registry, optional
        Where it is looked up; default `nnzoo.registry`.

    Raises
    ------
    UsageError, DownloadError
        When an address is not https, has no SHA-256, or what is there can't be downloaded or is another file.
    UnknownComponentError
        When there is no such file, nor such a network.
    FileFormatError
        When it is not a model file, is damaged, or does not fit together.
    PluginError
        When it needs a plugin that is not installed.
    StorageError
        When it can't be read.
    """
    if is_address(name):
        return DeepNeuralNetwork.load(fetch(parse_address(name)), registry=registry)
    path = Path(name)
    if path.exists() or path.suffix == ".safetensors":
        return DeepNeuralNetwork.load(find_model_file(path), registry=registry)
    return DeepNeuralNetwork.from_zoo(path.as_posix(), registry=registry)
