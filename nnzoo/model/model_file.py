"""The model file: a trained network as ``safetensors``, with everything needed to build it again.

A file need not be trusted: pydantic checks its description, and the shapes of its arrays are compared with the
architecture before a network is built.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.checking import STRICT, FaultyContentsError, check_values
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.files.tensors import packed, read_tensors, write_tensors
from nnzoo.kinds import Activation, AnyModel, Loss, Preprocessing, Problem, Task
from nnzoo.model.stored import (
    StoredComponent,
    StoredData,
    StoredStart,
    build_stored,
    component_record,
    list_records,
    stored_problem,
    upgraded,
)
from nnzoo.model.stored_preprocessing import StoredPreprocessing, restore_preprocessing, store_preprocessing
from nnzoo.nn import Network
from nnzoo.nn.plans import graph_of, plan_layers, planned_arrays
from nnzoo.plugins.registry import Registry
from nnzoo.training.data import pixels_of
from nnzoo.training.recipe import Recipe

MODEL_FILE = "model.safetensors"
"""The name of the model file in a run's directory."""


@dataclass(frozen=True)
class ModelDescription:
    """The description of a network in its model file.

    Attributes
    ----------
    components : dict of str to StoredComponent
        By kind; ``task``, ``model``, ``activation`` and ``loss`` are needed to build the network.
    data : StoredData
        Shapes and names.
    settings, results : dict
        Arguments and results of the training.
    run : str
        Name of the run's directory; empty if there was none.
    preprocessing : StoredPreprocessing or None
        None in files of nnzoo 0.1, which have only ``data.scale``.
    start : StoredStart or None
        The trained network that it was fine-tuned from.
    extra : dict
        Additional data under a name of their own, such as ``estimator``.
    """

    __pydantic_config__: ClassVar = STRICT

    components: dict[str, StoredComponent]
    data: StoredData
    settings: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    preprocessing: StoredPreprocessing | None = None
    metrics: tuple[StoredComponent, ...] = ()
    transforms: tuple[StoredComponent, ...] = ()
    observers: tuple[StoredComponent, ...] = ()
    start: StoredStart | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> ModelDescription:
        """Check values from JSON, and make a description of them.

        Raises
        ------
        FaultyContentsError
            When they are not a description.
        """
        return check_values(ModelDescription, upgraded(values))


@dataclass(frozen=True)
class ModelFile:
    """A model file, read and checked, but not yet built.

    Attributes
    ----------
    tensors : dict of str to ndarray
        Parameters and state, by name.
    fitted : dict of str to ndarray
        Arrays of fitted preprocessors, by name.
    sha256 : str
        Fingerprint of description and tensors.
    """

    path: Path
    description: ModelDescription
    tensors: dict[str, NDArray[Any]]
    fitted: dict[str, NDArray[Any]]
    sha256: str


@dataclass(frozen=True)
class Architecture:
    """The components that a network is built of, its problem and its preprocessing."""

    task: Task
    model: AnyModel
    activation: Activation
    loss: Loss
    problem: Problem
    preprocessing: Preprocessing


def weights_sha256(network: Network) -> str:
    """SHA-256 of the parameters, as one little-endian vector."""
    return vector_sha256(network.parameters.vector)


def vector_sha256(vector: NDArray[Any]) -> str:
    """SHA-256 of a vector of parameters."""
    return hashlib.sha256(vector.astype(vector.dtype.newbyteorder("<")).tobytes()).hexdigest()


def description_of(
    registry: Registry,
    recipe: Recipe,
    problem: Problem,
    results: Mapping[str, Any],
    start: StoredStart | None = None,
) -> ModelDescription:
    """The description of a network that was not trained by a run, without the time that training took."""
    return ModelDescription(
        components={kind: component_record(registry, component) for kind, component in recipe.components().items()},
        data=stored_problem(problem),
        settings=recipe.settings(),
        results={name: value for name, value in results.items() if name != "seconds"},
        start=start,
        **list_records(registry, recipe.lists()),
    )


def save_model(
    path: Path, network: Network, description: ModelDescription, registry: Registry, preprocessing: Preprocessing
) -> None:
    """Write a model file, in one step; the preprocessing is added to the description.

    Raises
    ------
    StorageError
        When the file can't be written.
    UsageError
        When it has no room for all columns and names; see `require_storable`.
    """
    stored, tensors = store_preprocessing(registry, preprocessing)
    values = asdict(replace(description, preprocessing=stored))
    write_tensors(path, {**network.parameters.views(), **network.state.views(), **tensors}, values)


def require_storable(registry: Registry, problem: Problem, preprocessing: Preprocessing) -> None:
    """Refuse, before training, what a model file has no room for.

    Raises
    ------
    UsageError
        When there are too many columns, or their names and those of classes and categories are too long.
    """
    stored, tensors = store_preprocessing(registry, preprocessing)
    packed(tensors, asdict(ModelDescription({}, stored_problem(problem), preprocessing=stored)))


def find_model_file(path: Path) -> Path:
    """The path itself, or if it is a run's directory, the model file in it.

    Raises
    ------
    FileFormatError
        For a directory without a model file.
    """
    if not path.is_dir():
        return path
    if not (path / MODEL_FILE).exists():
        raise FileFormatError(f"{path} has no {MODEL_FILE}", hint="a run has one when it is finished")
    return path / MODEL_FILE


def read_model(path: Path) -> ModelFile:
    """Read a model file, without importing any plugin.

    Raises
    ------
    FileFormatError
        When it is not a model file, or is damaged.
    StorageError
        When it can't be read.
    """
    file = read_tensors(path)
    try:
        description = ModelDescription.checked(file.description)
    except FaultyContentsError as error:
        raise FileFormatError(f"{path} is not a model file: {error}") from None
    fitted_names = description.preprocessing.tensor_names() if description.preprocessing else set()
    tensors = {name: array for name, array in file.tensors.items() if name not in fitted_names}
    fitted = {name: array for name, array in file.tensors.items() if name in fitted_names}
    return ModelFile(path, description, tensors, fitted, file.sha256)


def find_architecture(file: ModelFile, registry: Registry) -> Architecture:
    """The components of a model file's network, its problem and its preprocessing.

    Raises
    ------
    PluginError
        When one comes from a plugin that is not installed; the hint has the command.
    FileFormatError
        When one is missing or does not accept its stored hyperparameters, or the shapes do not fit together.
    """
    task, model, activation, loss = (
        find_component(file, kind, registry) for kind in ("task", "model", "activation", "loss")
    )
    try:
        problem = file.description.data.problem
    except FileFormatError as error:
        raise FileFormatError(f"{file.path}: {error.message}") from None
    return Architecture(task, model, activation, loss, problem, find_preprocessing(file, registry))


def find_preprocessing(file: ModelFile, registry: Registry) -> Preprocessing:
    """The preprocessing of inputs and targets of a model file's network.

    Raises
    ------
    PluginError, FileFormatError
        As for `find_architecture`.
    """
    stored = file.description.preprocessing
    if stored is None:
        scale = file.description.data.scale
        return pixels_of(registry, scale, stated=scale != 1 and "dataset" in file.description.components)
    try:
        return restore_preprocessing(
            stored, file.fitted, lambda step: build_stored(registry, "preprocessor", step, str(file.path))
        )
    except FileFormatError as error:
        raise FileFormatError(f"{file.path}: {error.message.removeprefix(f'{file.path}: ')}", hint=error.hint) from None


def require_fitting(file: ModelFile, architecture: Architecture) -> None:
    """Compare the file's arrays with the architecture, before anything is allocated.

    Raises
    ------
    FileFormatError
        When names, shapes or types differ.
    """
    problem = architecture.problem
    graph = graph_of(architecture.model, problem, architecture.activation)
    try:
        plans = plan_layers(graph, problem.input_shape)
    except UsageError as error:
        raise FileFormatError(f"{file.path} does not fit together: {error.message}") from None
    planned = {**planned_arrays(graph, plans, "parameters"), **planned_arrays(graph, plans, "state")}
    expected = {name: parameter.shape for name, parameter in planned.items()}
    shapes = {name: array.shape for name, array in file.tensors.items()}
    if wrong := sorted(expected.items() ^ shapes.items()):
        name = wrong[0][0]
        raise FileFormatError(
            f"{file.path} does not fit {architecture.model}: array {name!r} has shape {shapes.get(name)} "
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
