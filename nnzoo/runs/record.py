"""The record of a run, ``run.json``: everything that decided it, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnzoo.component import Component
from nnzoo.errors import FileFormatError, StorageError
from nnzoo.kinds import Dataset, DatasetLoader
from nnzoo.plugins.registry import Registry
from nnzoo.runs.environment import describe_environment
from nnzoo.training.recipe import Recipe
from nnzoo.training.trainer import Trainer

FORMAT = 2
_PARTS: dict[str, type[Any]] = {
    "components": dict,
    "settings": dict,
    "data": dict,
    "environment": dict,
    "command": list,
    "status": str,
}


def make_record(
    registry: Registry,
    recipe: Recipe,
    loader: DatasetLoader,
    dataset: Dataset,
    trainer: Trainer,
    *,
    command: Sequence[str],
    fallback: Mapping[str, str] | None,
) -> dict[str, Any]:
    """The record of a run that begins."""
    components = {"dataset": loader, **recipe.components()}
    parts = {"train": trainer.train, "validation": trainer.validation, "test": trainer.test}
    network = trainer.network
    return {
        "format": FORMAT,
        "status": "running",
        "command": list(command),
        "started": now(),
        "components": {kind: component_record(registry, component) for kind, component in components.items()},
        "settings": recipe.settings(),
        "data": {
            "sha256": dataset.sha256(),
            "samples": {part: batches.samples if batches else 0 for part, batches in parts.items()},
            "input_shape": list(dataset.input_shape),
            "outputs": dataset.outputs,
            "scale": dataset.train.scale,
            "class_names": list(dataset.class_names),
        },
        "network": {"layers": [str(layer) for layer in network.layers], "parameters": len(network.parameters)},
        "environment": describe_environment(filter(None, map(registry.provider, components.values()))),
        "fallback": fallback,
    }


def component_record(registry: Registry, component: Component) -> dict[str, Any]:
    """A component as files store it: ``distribution/name``, the distribution's version, and hyperparameters."""
    source = registry.provider(component)
    name = f"{source.distribution}/{component.name}" if source else component.name
    return {"name": name, "version": source.version if source else "", "options": component.to_options()}


def read_record(directory: Path) -> dict[str, Any]:
    """The record in a run's directory.

    Raises
    ------
    FileFormatError
        When it is no such record.
    StorageError
        When there is none, or it can't be read.
    """
    path = directory / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StorageError(
            f"{directory} is no run: it has no run.json", hint="nnzoo runs list shows the runs"
        ) from None
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is not JSON: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise FileFormatError(f"{path} is no record of format {FORMAT}", hint="it was made by another version of nnzoo")
    wrong = [name for name, kind in _PARTS.items() if not isinstance(record.get(name), kind)]
    if wrong:
        raise FileFormatError(f"{path} has no proper {wrong[0]!r}")
    return record


def built_from_record(registry: Registry, record: Mapping[str, Any]) -> tuple[Recipe, DatasetLoader]:
    """The recipe and the data set of a recorded run.

    Raises
    ------
    FileFormatError
        When the record does not tell them.
    UnknownComponentError, HyperparameterError
        When a component is not installed, or has changed.
    """
    try:
        built = {
            kind: registry.build(kind, stored["name"], dict(stored["options"]))
            for kind, stored in record["components"].items()
        }
        loader: DatasetLoader = built.pop("dataset")
        return Recipe.from_options({**built, **record["settings"]}), loader
    except (KeyError, TypeError, AttributeError) as error:
        raise FileFormatError(f"the record does not tell what was trained: {type(error).__name__}: {error}") from None


def now() -> str:
    """The time as records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
