"""The model file: a trained network as ``safetensors``, with all it takes to build it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnzoo.nn import Network
from nnzoo.runs.tensor_file import write_tensors


def weights_sha256(network: Network) -> str:
    """SHA-256 of the parameters, as one little-endian vector."""
    vector = network.parameters.vector
    return hashlib.sha256(vector.astype(vector.dtype.newbyteorder("<")).tobytes()).hexdigest()


def save_model(path: Path, network: Network, description: Mapping[str, Any]) -> None:
    """Write a model file, in one step.

    Parameters
    ----------
    path : Path
        Replaced where it exists.
    network : Network
        Its parameters and state become the file's tensors, under their own names.
    description : mapping
        What the header holds beside the tensors: how to build the network, and what it was trained on.

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    write_tensors(path, {**network.parameters.views(), **network.state.views()}, description)
