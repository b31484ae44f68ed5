"""The record of a run, ``run.json``: everything that decided it, and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnzoo.component import Component
from nnzoo.errors import FileFormatError, PluginError, StorageError, UnknownComponentError, UsageError
from nnzoo.kinds import Dataset, DatasetLoader
from nnzoo.plugins.discovery import BUILTIN
from nnzoo.plugins.registry import Registry
from nnzoo.runs.claim import is_claimed
from nnzoo.runs.environment import describe_environment
from nnzoo.runs.strict_json import parse_json
from nnzoo.training.recipe import Recipe
from nnzoo.training.trainer import Trainer

FORMAT = 2
_SIZE_LIMIT = 1 << 20
"""Bytes of a record; a longer one is refused before it is read."""
OPTIONS_LIMIT = 4096
"""Characters of a component's hyperparameters: a million layers would be made before they turn out wrong."""
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
        if not 0 < (size := path.stat().st_size) <= _SIZE_LIMIT:  # of a pipe, which may never end, it is 0
            raise FileFormatError(f"{path} has {size:,} bytes, which no record has")
        record = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StorageError(
            f"{directory} is no run: it has no run.json", hint="nnzoo runs list shows the runs"
        ) from None
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    except FileFormatError:
        raise
    except ValueError as error:
        raise FileFormatError(f"{path} is not JSON: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise FileFormatError(f"{path} is no record of format {FORMAT}", hint="it was made by another version of nnzoo")
    wrong = [name for name, kind in _PARTS.items() if not isinstance(record.get(name), kind)]
    if wrong:
        raise FileFormatError(f"{path} has no proper {wrong[0]!r}")
    return record


def status_of(directory: Path, record: Mapping[str, Any]) -> str:
    """A run's status: its record's, or ``killed`` where that says ``running`` and nobody trains there any more."""
    status = str(record["status"])
    return "killed" if status == "running" and is_claimed(directory) is False else status


def built_from_record(registry: Registry, record: Mapping[str, Any]) -> tuple[Recipe, DatasetLoader]:
    """The recipe and the data set of a recorded run.

    Raises
    ------
    FileFormatError
        When the record does not tell them, or a component has changed and takes its hyperparameters no more.
    PluginError
        When a component is not installed; the hint has the command.
    """
    kind, name = "", ""
    try:
        built = {}
        for kind, stored in record["components"].items():
            name, options = stored["name"], dict(stored["options"])
            if len(str(options)) > OPTIONS_LIMIT:
                raise UsageError(f"the hyperparameters of its {kind} are too long")
            built[kind] = registry.build(kind, name, options)
        loader: DatasetLoader = built.pop("dataset")
        return Recipe.from_options({**built, **record["settings"]}), loader
    except UnknownComponentError:
        raise PluginError(
            f"the run needs the {kind} {name!r}, which is not there",
            hint=way_to(name, str(stored.get("version", ""))) or "register it first (registry.register)",
        ) from None
    except UsageError as error:
        raise FileFormatError(f"the record can't be used: {error.message}", hint=error.hint) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(f"the record does not tell what was trained: {type(error).__name__}: {error}") from None


def way_to(name: str, version: str) -> str:
    """How to get a component that a file names, in words; nothing where it was registered by hand.

    >>> way_to("nnzoo-optimizers/adam", "0.2")
    'it comes with nnzoo-optimizers 0.2: pip install nnzoo-optimizers'
    """
    distribution = name.rpartition("/")[0]
    if distribution.endswith(".py"):
        return f"give the file that has it: --plugin {distribution}"
    if distribution in ("", "session", BUILTIN):
        return ""
    return f"it comes with {distribution} {version}: pip install {distribution}"


def resumptions(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """When and how a run was resumed: ``at``, after how many ``steps``, with which ``differences``."""
    found = record.get("resumed")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def changed_conditions(resumption: Mapping[str, Any]) -> str:
    """What was not as before when a run was resumed with ``--allow-mismatch``; empty where all was."""
    differences = resumption.get("differences")
    return "; ".join(map(str, differences)) if isinstance(differences, list) else ""


def number(value: Any) -> float | None:
    """A figure of a record that may come from a stranger; None where it is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= sys.float_info.max else None


def now() -> str:
    """The time as records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
