"""Export a model file to another format, through an exporter."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.errors import PluginError, UsageError
from nnzoo.files.writing import write_all
from nnzoo.hyperparameters import values_of
from nnzoo.imaging.samples import picture_step
from nnzoo.kinds import (
    Activation,
    AnyLayer,
    Exporter,
    FittedStep,
    LayerPlan,
    Loss,
    NamedComponent,
    Preprocessing,
    ScalingPreprocessor,
    Shape,
    TrainedFeature,
    TrainedLayer,
    TrainedNetwork,
    TrainedStep,
)
from nnzoo.model.model_file import (
    Architecture,
    ModelFile,
    find_architecture,
    find_model_file,
    find_preprocessing,
    read_model,
    require_fitting,
)
from nnzoo.model.plain_numpy import named_in_class, plain_function
from nnzoo.nn.plans import graph_of, input_shapes, plan_layers
from nnzoo.plugins.discovery import running_version
from nnzoo.plugins.registry import Registry
from nnzoo.python_source import NotPlainError

logger = logging.getLogger("nnzoo")


def export_model(
    registry: Registry, source: Path, exporter: Exporter, out: Path | None = None, *, overwrite: bool = False
) -> list[Path]:
    """Write a trained network in another format, and return the paths of the files.

    Parameters
    ----------
    registry : Registry
        Where the components that the model file names are looked up.
    source : Path
        A model file, or the directory of a run that has one.
    exporter : Exporter
        The format.
    out : Path, optional
        The path of the files, with or without a suffix of the format, or a directory for them; default the model
        file's path with another suffix.
    overwrite : bool
        Whether existing files are replaced.

    Raises
    ------
    UsageError
        When a file exists already, the exporter does not support a part of the network, or it takes no raw data
        although the network needs preprocessing.
    FileFormatError, PluginError
        When the file is not a model file, or needs a plugin that is not installed.
    StorageError
        When a file can't be read or written; no file is left behind then.
    """
    path = find_model_file(source)
    own = path.with_suffix("")
    targets = _targets(exporter, own if out is None else out / own.name if out.is_dir() else out)
    _require_free(targets.values(), overwrite=overwrite)
    file = read_model(path)
    preprocessing = find_preprocessing(file, registry)
    require_preprocessing(exporter, preprocessing)
    trained = trained_network(registry, file)
    if not (trained.is_row or exporter.takes_graphs):
        raise UsageError(
            f"{exporter.label} supports only layers in a row, but this network branches",
            hint="use another format, such as numpy",
        )
    contents = exporter.export(trained)
    if contents.keys() != targets.keys():
        raise PluginError(f"{exporter.label} has made {sorted(contents)}, not {sorted(targets)} as it declares")
    write_all({target: contents[suffix] for suffix, target in targets.items()}, replace=overwrite)
    dataset = file.description.components.get("dataset")
    name, input_shape = None if dataset is None else dataset.name, file.description.data.input_shape
    step = None if preprocessing.columns else picture_step(preprocessing, name, input_shape, registry)
    if step is not None and step.least_probability > 0:
        logger.warning(
            "the export takes samples in the form of the data set: it does not look for them in pictures, as `nnzoo "
            "predict` does (%s)",
            step,
        )
    return list(targets.values())


def require_preprocessing(exporter: Exporter, preprocessing: Preprocessing) -> None:
    """Refuse an exporter that would silently leave out preprocessing.

    Raises
    ------
    UsageError
    """
    if exporter.preprocesses:
        return
    left_out = [
        step.preprocessor.name
        for feature in preprocessing.features
        for step in feature.steps
        if not isinstance(step.preprocessor, ScalingPreprocessor) and step.preprocessor.takes != "pictures"
    ]
    left_out += [step.preprocessor.name for step in preprocessing.targets]
    if left_out or preprocessing.columns:
        raise UsageError(
            f"{exporter.label} takes no raw data, and this network needs preprocessing: "
            + (", ".join(dict.fromkeys(left_out)) or "the columns of a table"),
            hint="use another format, such as numpy",
        )


def trained_network(registry: Registry, file: ModelFile) -> TrainedNetwork:
    """The network in a model file, in the form that exporters take.

    Raises
    ------
    FileFormatError, PluginError
        When its parts do not fit together, or one of them comes from a plugin that is not installed.
    """
    parts = find_architecture(file, registry)
    require_fitting(file, parts)
    features, target_steps = trained_features(registry, parts.preprocessing)
    return TrainedNetwork(
        _trained_layers(registry, file, parts),
        _named(registry, parts.loss),
        _named(registry, parts.task),
        parts.problem,
        features,
        target_steps,
        parts.preprocessing.scale,
        _facts(file, parts),
        parts.loss.gives_probabilities,
    )


def named_component(
    component: Component,
    name: Callable[[Component], str],
    plan: LayerPlan | None = None,
    input_shape: Shape = (),
) -> NamedComponent:
    """A component as data, with the components among its hyperparameters; ``name`` returns the name of each.

    Layers need their ``plan`` and ``input_shape``.
    """

    def as_data(value: Any) -> Any:
        if isinstance(value, Component):
            return named_component(value, name)
        return tuple(map(as_data, value)) if isinstance(value, tuple) else value

    named = {key: as_data(value) for key, value in values_of(component).items()}
    if not isinstance(component, Activation | AnyLayer | Loss):
        return NamedComponent(name(component), named)
    shapes = {"input_shape": input_shape, "output_shape": plan.output_shape} if plan else {}
    exports = named_in_class(type(component), "exports") or {}
    try:
        return NamedComponent(name(component), named, plain_function(component, plan, shapes), exports=exports)
    except NotPlainError as error:
        return NamedComponent(name(component), named, not_plain=str(error), exports=exports)


def trained_features(
    registry: Registry, preprocessing: Preprocessing
) -> tuple[tuple[TrainedFeature, ...], tuple[TrainedStep, ...]]:
    """Fitted preprocessing in the form that exporters take: the features, and the steps of the targets."""

    def step(one: FittedStep) -> TrainedStep:
        fitted = {name: _read_only(array.copy()) for name, array in one.fitted.items()}
        return TrainedStep(_named(registry, one.preprocessor), fitted)

    types = preprocessing.types
    features = [
        TrainedFeature(tuple(map(step, feature.steps)), feature.column, types[feature.column] if feature.column else "")
        for feature in preprocessing.features
    ]
    return tuple(features), tuple(map(step, preprocessing.targets))


def _trained_layers(registry: Registry, file: ModelFile, parts: Architecture) -> tuple[TrainedLayer, ...]:
    shape = parts.problem.input_shape
    graph = graph_of(parts.model, parts.problem, parts.activation)
    plans = plan_layers(graph, shape)
    arrays, trained = {name: _read_only(array) for name, array in file.tensors.items()}, []
    for place, (node, plan) in enumerate(zip(graph.nodes, plans, strict=True)):
        shapes = input_shapes(node.inputs, plans, shape)
        prefix = f"{graph.name(place if node.shared_with is None else node.shared_with)}."
        trained.append(
            TrainedLayer(
                _named(registry, node.layer, plan, shapes[0]),
                shapes[0],
                plan.output_shape,
                {name: arrays[prefix + name] for name in plan.parameters},
                {name: arrays[prefix + name] for name in plan.state},
                node.inputs,
                shapes if len(shapes) > 1 else (),
                node.shared_with,
            )
        )
    return tuple(trained)


def _named(
    registry: Registry, component: Component, plan: LayerPlan | None = None, input_shape: Shape = ()
) -> NamedComponent:
    def name(component: Component) -> str:
        if registry.provider(component) is None:
            registry.plugins()  # a layer may come from a plugin that only the model's module has imported
        source = registry.provider(component)
        return f"{source.distribution}/{component.name}" if source else component.name

    return named_component(component, name, plan, input_shape)


def _facts(file: ModelFile, parts: Architecture) -> dict[str, str]:
    description = file.description
    facts = {"model": str(parts.model), "activation": str(parts.activation)}
    if "dataset" in description.components:
        facts["dataset"] = description.components["dataset"].name
    figures = {name: value for name, value in description.results.items() if name.startswith("test_")}
    facts |= {name: str(value) for name, value in figures.items() if isinstance(value, float)}
    return {**facts, "sha256": file.sha256, "nnzoo": running_version()}


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _targets(exporter: Exporter, out: Path) -> dict[str, Path]:
    """The file for each suffix."""
    given = next((suffix for suffix in exporter.suffixes if out.name.endswith(suffix)), "")
    stem = out.name.removesuffix(given)
    return {suffix: out.with_name(stem + suffix) for suffix in exporter.suffixes}


def _require_free(targets: Iterable[Path], *, overwrite: bool) -> None:
    for target in targets:
        if target.is_dir():
            raise UsageError(f"{target} is a directory", hint="choose another path (in a command, with --out)")
        if os.path.lexists(target) and not overwrite:
            hint = "choose another path, or overwrite it: in Python, overwrite=True; in a command, --force"
            raise UsageError(f"{target} already exists", hint=hint)
