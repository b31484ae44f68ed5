"""`run_training`: one training from start to finish, with its record on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnzoo.errors import DivergedError, StorageError
from nnzoo.kinds import Dataset, DatasetLoader
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.environment import describe_environment
from nnzoo.runs.model_file import component_record, save_model, weights_sha256
from nnzoo.training.metrics import EpochMetrics
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import Recipe
from nnzoo.training.trainer import Trainer

FIGURES = tuple(f"{part}_{figure}" for part in ("train", "validation", "test") for figure in ("loss", "accuracy"))


@dataclass(frozen=True)
class RunListener:
    """What the caller wants to hear of a run while it goes on."""

    started: Callable[[Trainer, RunDirectory], None]
    epoch_ended: Callable[[EpochMetrics], None]


def run_training(
    registry: Registry,
    recipe: Recipe,
    loader: DatasetLoader,
    dataset: Dataset,
    *,
    run_dir: Path | None = None,
    command: Sequence[str] = (),
    fallback: dict[str, str] | None = None,
    listener: RunListener | None = None,
) -> dict[str, Any]:
    """Train a network and keep its record, figures and model in a run directory.

    Parameters
    ----------
    registry : Registry
        Tells which plugin each component comes from.
    recipe : Recipe
        What is trained and how.
    loader, dataset : DatasetLoader, Dataset
        Where the data came from, and the data.
    run_dir : Path, optional
        Default ``runs/<time>-<data set>-<model>``.
    command : sequence of str
        The command line, for the record.
    fallback : dict, optional
        Where these data stand in for others: what was ``wanted``, and the ``reason`` it could not be had.
    listener : RunListener, optional
        What is called while the run goes on.

    Returns
    -------
    dict
        The run's results, as ``nnzoo train --json`` prints them.

    Raises
    ------
    DivergedError
        The record then has status ``diverged``, and there is no model file.
    UsageError, StorageError
        When the run directory can't be used.
    """
    network = build_network(recipe, dataset.input_shape, dataset.outputs)
    trainer = prepare(network, recipe, dataset.train, dataset.test, classes=len(dataset.class_names))
    directory = RunDirectory.create(run_dir, f"{loader.name}-{recipe.model.name}")
    parts = {"train": trainer.train, "validation": trainer.validation, "test": trainer.test}
    components = {"dataset": loader, **recipe.components()}
    record: dict[str, Any] = {
        "format": 1,
        "status": "running",
        "command": list(command),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "components": {kind: component_record(registry, component) for kind, component in components.items()},
        "settings": recipe.settings(),
        "data": {
            "sha256": dataset.sha256(),
            "samples": {part: batches.samples if batches else 0 for part, batches in parts.items()},
            "input_shape": list(dataset.input_shape),
            "scale": dataset.train.scale,
            "class_names": list(dataset.class_names),
        },
        "network": {"layers": [str(layer) for layer in network.layers], "parameters": len(network.parameters)},
        "environment": describe_environment(filter(None, map(registry.provider, components.values()))),
        "fallback": fallback,
    }
    directory.write_record(record)
    last = None
    try:
        if listener:
            listener.started(trainer, directory)
        for last in trainer.epochs():
            directory.append_metrics(last.to_dict())
            if listener:
                listener.epoch_ended(last)
        results = {**_results(trainer, directory, loader, last), "fallback": fallback}
        header = {key: record[key] for key in ("components", "settings", "data")}
        save_model(directory.model_file, network, {**header, "results": _shareable(results)})
    except BaseException as error:
        with suppress(StorageError):  # a full disk may well be the error that is on its way
            ending = {"status": _ending(error), "steps": trainer.steps, "reason": f"{type(error).__name__}: {error}"}
            directory.write_record({**record, **ending})
        raise
    directory.write_record(
        {**record, "status": "finished", "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "results": results}
    )
    return results


def _results(
    trainer: Trainer, directory: RunDirectory, loader: DatasetLoader, last: EpochMetrics | None
) -> dict[str, Any]:
    recipe, network = trainer.recipe, trainer.network
    figures = last.to_dict() if last else {"train_loss": None, "train_accuracy": None, **trainer.measure()}
    return {
        "run_dir": str(directory.path),
        "dataset": loader.name,
        "model": recipe.model.name,
        "activation": recipe.activation.name,
        "optimizer": recipe.optimizer.name,
        "schedule": recipe.schedule.name,
        "loss": recipe.loss.name,
        **recipe.settings(),
        **{name: figures[name] for name in FIGURES},
        "train_seconds": trainer.seconds,
        "steps": trainer.steps,
        "parameters": len(network.parameters),
        "weights_sha256": weights_sha256(network),
    }


def _ending(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return "diverged" if isinstance(error, DivergedError) else "failed"


def _shareable(results: dict[str, Any]) -> dict[str, Any]:
    """Results without what is of this machine and this hour: equal trainings make equal files, fit to pass on."""
    return {name: value for name, value in results.items() if name not in ("run_dir", "train_seconds", "fallback")}
