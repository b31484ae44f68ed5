"""The model file: a trained network as ``safetensors``, with all it takes to build it again.

The header's metadata names components by registry name and hyperparameters, never a module or a callable, so that a
file can't make anything run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import save_file

from nnzoo.component import Component
from nnzoo.errors import StorageError
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry

FORMAT = "1"


def component_record(registry: Registry, component: Component) -> dict[str, Any]:
    """A component as files store it: ``distribution/name``, the distribution's version, and hyperparameters."""
    source = registry.provider(component)
    name = f"{source.distribution}/{component.name}" if source else component.name
    return {"name": name, "version": source.version if source else "", "options": component.to_options()}


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
    tensors = {**network.parameters.views(), **network.state.views()}
    metadata = {"nnzoo_format": FORMAT, "nnzoo": json.dumps(description, allow_nan=False)}
    temporary = path.with_name(path.name + ".part")
    try:
        save_file(tensors, temporary, metadata)
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"can't write {path}: {error}") from error
