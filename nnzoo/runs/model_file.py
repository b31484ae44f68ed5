"""The model file: a trained network as ``safetensors``, with all it takes to build it again.

A file comes from a stranger: its description is checked by pydantic, and the shapes of its arrays are held against the
architecture, before a network is made of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, ValidationError

from nnzoo.errors import FileFormatError, UsageError
from nnzoo.hyperparameters import make_adapter
from nnzoo.kinds import Activation, Layer, Loss, Model
from nnzoo.nn import Network
from nnzoo.nn.plans import plan_layers, planned_arrays
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.stored import STRICT, StoredComponent, StoredData, build_stored, component_record, first_fault
from nnzoo.runs.tensor_file import read_tensors, write_tensors
from nnzoo.training.recipe import Recipe


@dataclass(frozen=True)
class ModelDescription:
    """What a model file tells of its network.

    Attributes
    ----------
    components : dict of str to StoredComponent
        By kind; ``model``, ``activation`` and ``loss`` are needed to build the network.
    data : StoredData
        Shapes, scale and class names.
    settings, results : dict
        Arguments of the training, and what came of it.
    run : str
        Name of the run's directory; empty where there was none.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    components: dict[str, StoredComponent]
    data: StoredData
    settings: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    run: str = ""

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> ModelDescription:
        """A description from what JSON holds.

        Raises
        ------
        ValidationError
            Of pydantic, when it is none.
        """
        description: ModelDescription = _adapter().validate_python(dict(values))
        return description


@cache
def _adapter() -> TypeAdapter[Any]:
    return make_adapter(ModelDescription)


@dataclass(frozen=True)
class ModelFile:
    """A model file, read and checked, but not built.

    Attributes
    ----------
    path : Path
    description : ModelDescription
    tensors : dict of str to ndarray
        Parameters and state, by name.
    sha256 : str
        Fingerprint of description and tensors.
    """

    path: Path
    description: ModelDescription
    tensors: dict[str, NDArray[Any]]
    sha256: str


@dataclass(frozen=True)
class Architecture:
    """The components that a network is built of."""

    model: Model
    activation: Activation
    loss: Loss


def weights_sha256(network: Network) -> str:
    """SHA-256 of the parameters, as one little-endian vector."""
    vector = network.parameters.vector
    return hashlib.sha256(vector.astype(vector.dtype.newbyteorder("<")).tobytes()).hexdigest()


def description_of(
    registry: Registry, recipe: Recipe, data: Mapping[str, Any], results: Mapping[str, Any]
) -> dict[str, Any]:
    """The description of a network that no run has trained; how long it took is nobody's business."""
    components = {kind: component_record(registry, component) for kind, component in recipe.components().items()}
    kept = {name: value for name, value in results.items() if name != "seconds"}
    return {"components": components, "data": data, "settings": recipe.settings(), "results": kept}


def save_model(path: Path, network: Network, description: Mapping[str, Any]) -> None:
    """Write a model file, in one step.

    Parameters
    ----------
    path : Path
        Replaced where it exists.
    network : Network
        Its parameters and state become the file's tensors, under their own names.
    description : mapping
        What makes a `ModelDescription`.

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    checked = ModelDescription.checked(description)
    write_tensors(path, {**network.parameters.views(), **network.state.views()}, asdict(checked))


def find_model_file(path: Path) -> Path:
    """The model file that was meant: the file itself, or the one in a run's directory.

    Raises
    ------
    FileFormatError
        For a directory without a model file.
    """
    if not path.is_dir():
        return path
    found = RunDirectory(path).model_file
    if not found.exists():
        raise FileFormatError(f"{path} has no {found.name}", hint="a run has one when it is finished")
    return found


def read_model(path: Path) -> ModelFile:
    """Read a model file; no plugin is needed for that.

    Raises
    ------
    FileFormatError
        When it is no model file, or is damaged.
    StorageError
        When it can't be read.
    """
    file = read_tensors(path)
    try:
        description = ModelDescription.checked(file.description)
    except ValidationError as error:
        raise FileFormatError(f"{path} is no model file: {first_fault(error)}") from None
    return ModelFile(path, description, file.tensors, file.sha256)


def find_architecture(file: ModelFile, registry: Registry) -> Architecture:
    """The components of a model file's network.

    Raises
    ------
    PluginError
        When one comes from a plugin that is not installed; the hint has the command.
    FileFormatError
        When one is not named, or does not take the hyperparameters that it has there.
    """
    return Architecture(*(find_component(file, kind, registry) for kind in ("model", "activation", "loss")))


def require_fitting(file: ModelFile, architecture: Architecture) -> None:
    """Hold the file's arrays against the architecture, before anything is allocated.

    Raises
    ------
    FileFormatError
        When names, shapes or types differ.
    """
    data = file.description.data
    if data.class_names and len(data.class_names) != data.outputs:
        raise FileFormatError(f"{file.path} has {len(data.class_names)} class names for {data.outputs} classes")
    layers: list[Layer] = architecture.model.layers(data.input_shape, data.outputs, architecture.activation)
    try:
        plans = plan_layers(layers, data.input_shape)
    except UsageError as error:
        raise FileFormatError(f"{file.path} does not fit together: {error.message}") from None
    planned = {**planned_arrays(layers, plans, "parameters"), **planned_arrays(layers, plans, "state")}
    expected = {name: parameter.shape for name, parameter in planned.items()}
    found = {name: array.shape for name, array in file.tensors.items()}
    wrong = sorted(expected.items() ^ found.items())
    if wrong:
        name = wrong[0][0]
        raise FileFormatError(
            f"{file.path} does not fit {architecture.model}: array {name!r} has shape {found.get(name)} "
            f"where {expected.get(name)} is expected"
        )
    for name, array in file.tensors.items():
        if array.dtype != np.float32:
            raise FileFormatError(f"{file.path}: array {name!r} is {array.dtype}, not float32")


def find_component(file: ModelFile, kind: str, registry: Registry) -> Any:
    """The component of a kind that a model file names.

    Raises
    ------
    PluginError, FileFormatError
        As for `find_architecture`.
    """
    stored = file.description.components.get(kind)
    if stored is None:
        raise FileFormatError(f"{file.path} names no {kind}")
    return build_stored(registry, kind, stored, str(file.path))
