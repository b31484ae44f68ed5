"""Estimators in files: ordinary model files, with additional data for scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import numpy as np
from annotated_types import Ge, Gt

from nnzoo.checking import STRICT, FaultyContentsError, check_values
from nnzoo.component import Component
from nnzoo.errors import FileFormatError, HyperparameterError, UsageError
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.exporting import export_model
from nnzoo.model.model_file import MODEL_FILE, ModelFile, description_of, find_component, read_model, save_model
from nnzoo.model.stored import build_stored
from nnzoo.plugins.registry import Registry, default_registry
from nnzoo.sklearn.learner import Learner
from nnzoo.training.recipe import Recipe

if TYPE_CHECKING:
    from nnzoo.sklearn.estimator import NNEstimator

E = TypeVar("E", bound="NNEstimator")
EXTRA = "estimator"
"""The key of an estimator among the additional data of a model file."""
_RECIPE_KINDS = ("task", "model", "activation", "loss", "optimizer", "schedule")


@dataclass(frozen=True)
class StoredEstimator:
    """An estimator in a model file, without its network.

    Attributes
    ----------
    name : str
        The name of its class.
    parameters : dict
        Its arguments, except those that were components.
    components : tuple of str
        The names of arguments that were components, which are among those of the file.
    features, epochs : int
        ``n_features_in_``, ``n_iter_``.
    input_scale : float
        ``input_scale_``, which the file's preprocessing includes.
    targets : str
        The type of ``classes_``, whose names are those of the outputs; of a regressor, the form of a prediction:
        ``value`` or ``row``.
    columns : tuple of str
        ``feature_names_in_``.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    parameters: dict[str, Any]
    components: tuple[str, ...]
    features: Annotated[int, Ge(1)]
    epochs: Annotated[int, Ge(0)]
    input_scale: Annotated[float, Gt(0)]
    targets: str
    columns: tuple[str, ...] = ()
    loss_curve: tuple[float, ...] = ()
    validation_scores: dict[str, tuple[float | None, ...]] | None = field(default=None)


def save_estimator(estimator: NNEstimator, path: Path) -> None:
    """Write a model file; see `NNEstimator.save`."""
    registry, learner, dnn = default_registry(), estimator._learner, estimator.network_
    results = {} if learner.last is None else learner.last.to_dict()
    description = description_of(registry, learner.recipe, learner.problem, results)
    extra = {EXTRA: asdict(_stored(estimator))}
    save_model(path, dnn.network, replace(description, extra=extra), registry, dnn.preprocessing)


def export_estimator(estimator: NNEstimator, path: Path, format: str, *, overwrite: bool) -> list[Path]:
    """Export an estimator; see `NNEstimator.export`."""
    registry = default_registry()
    exporter = registry.build("exporter", format)
    with TemporaryDirectory() as folder:
        source = Path(folder) / MODEL_FILE
        save_estimator(estimator, source)
        return export_model(registry, source, exporter, path, overwrite=overwrite)


def load_estimator(kind: type[E], path: Path) -> E:
    """Read a model file; see `NNEstimator.load`."""
    registry, file = default_registry(), read_model(path)
    values = file.description.extra.get(EXTRA)
    if values is None:
        raise FileFormatError(
            f"{path} holds a network, but not a {kind.__name__}", hint="DeepNeuralNetwork.load reads it"
        )
    try:
        stored = check_values(StoredEstimator, values)
    except FaultyContentsError as error:
        raise FileFormatError(f"{path}: {EXTRA}: {error}") from None
    if stored.name != kind.__name__:
        raise UsageError(f"{path} holds an {stored.name}, not an {kind.__name__}", hint=f"{stored.name}.load reads it")
    try:
        return _restored(kind, stored, file, registry)
    except (HyperparameterError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path} does not fit together: {error}") from None


def _stored(estimator: NNEstimator) -> StoredEstimator:
    arguments = estimator.get_params(deep=False)
    components = tuple(name for name, value in arguments.items() if _has_component(value))
    arguments["hidden_layer_sizes"] = estimator._settings().hidden_layer_sizes
    if isinstance(arguments["random_state"], np.random.RandomState):
        arguments["random_state"] = None  # its state has changed; the file has the seed that was drawn
    if "class_weight" in arguments:
        arguments["class_weight"] = estimator._class_weights()
    scores = estimator.validation_scores_
    return StoredEstimator(
        name=type(estimator).__name__,
        parameters={name: _plain(value) for name, value in arguments.items() if name not in components},
        components=components,
        features=estimator.n_features_in_,
        epochs=estimator.n_iter_,
        input_scale=estimator.input_scale_,
        targets=estimator._target_form(),
        columns=tuple(getattr(estimator, "feature_names_in_", ())),
        loss_curve=tuple(estimator.loss_curve_),
        validation_scores=None if scores is None else {name: tuple(values) for name, values in scores.items()},
    )


def _restored(kind: type[E], stored: StoredEstimator, file: ModelFile, registry: Registry) -> E:
    dnn = DeepNeuralNetwork.load(file, registry=registry)
    components = {name: find_component(file, name, registry) for name in _RECIPE_KINDS}
    metrics = tuple(build_stored(registry, "metric", each, str(file.path)) for each in file.description.metrics)
    recipe = Recipe(**components, metrics=metrics, **file.description.settings)
    learner = Learner(recipe, dnn.problem, dnn.preprocessing, 1.0, np.float32)
    learner.network.parameters.vector[...] = dnn.network.parameters.vector
    learner.network.state.vector[...] = dnn.network.state.vector
    learner.epochs = stored.epochs

    arguments: dict[str, Any] = stored.parameters | {
        name: list(metrics) if name == "metrics" else components[name] for name in stored.components
    }
    estimator = kind(**arguments | {"hidden_layer_sizes": tuple(arguments["hidden_layer_sizes"])})
    if dnn.task.name != estimator._task:
        raise ValueError(f"its network is for {dnn.task.label}")
    estimator._restore_targets(dnn.problem.names, dnn.problem.width, stored.targets)
    estimator._learner, estimator._column_types = learner, dnn.preprocessing.types
    estimator.n_features_in_, estimator.n_iter_ = stored.features, stored.epochs
    estimator.input_scale_, estimator.loss_curve_ = stored.input_scale, list(stored.loss_curve)
    scores = stored.validation_scores
    estimator.validation_scores_ = None if scores is None else {name: list(values) for name, values in scores.items()}
    if stored.columns:
        estimator.feature_names_in_ = np.array(stored.columns, object)
    return estimator


def _has_component(value: Any) -> bool:
    return isinstance(value, Component) or (
        isinstance(value, list | tuple) and any(isinstance(each, Component) for each in value)
    )


def _plain(value: Any) -> Any:
    """An argument in a form for JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
