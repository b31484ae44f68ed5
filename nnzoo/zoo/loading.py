"""`load_model`: load a trained network by name, path or address."""

from __future__ import annotations

import os
from pathlib import Path

from nnzoo.datafiles.address import fetch, is_address, parse_address
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import find_model_file
from nnzoo.plugins.registry import Registry


def load_model(name: str | os.PathLike[str], *, registry: Registry | None = None) -> DeepNeuralNetwork:
    """Load a trained network from the zoo, a model file, a run's directory, or the web.

    A path that exists takes precedence over a network of the zoo with the same name.

    >>> load_model("digits-mlp").class_names[:3]
    ('0', '1', '2')

    Parameters
    ----------
    name : str or path
        ``architecture.tag`` or ``architecture``, with ``distribution/`` in front if several have one; or a path; or an
        address with the SHA-256 of the file: ``https://host/model.safetensors#sha256=…``.
    registry : Registry, optional
        Where it is looked up; default `nnzoo.registry`.

    Raises
    ------
    UsageError, DownloadError
        When an address is not https or has no SHA-256, or the file can't be downloaded or has another SHA-256.
    UnknownComponentError
        When there is neither a file nor a network of this name.
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
