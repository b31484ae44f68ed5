"""`resume_training`: go on with a run that was stopped or killed, to the same bits, or refuse and say what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from nnzoo.component import Component
from nnzoo.errors import UsageError
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import DataCache, DatasetLoader
from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import restore_checkpoint
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import built_from_record, make_record, now, read_record
from nnzoo.runs.run import RunListener, go_on
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import Recipe
from nnzoo.training.trainer import Trainer


def resume_training(
    registry: Registry,
    path: Path,
    cache: DataCache,
    *,
    choices: Mapping[str, Any] | None = None,
    allow_mismatch: bool = False,
    checkpoint_every: float = 1.0,
    listener: RunListener | None = None,
) -> dict[str, Any]:
    """Go on with a run from its checkpoint, or from its beginning where it has none yet.

    Parameters
    ----------
    registry : Registry
        Where the run's components are looked up.
    path : Path
        The run's directory.
    cache : DataCache
        Where its data are looked for.
    choices : mapping, optional
        What the user asked for anew, by name as in `resolve_recipe`, and ``dataset``. What is as it was is no
        difference; ``epochs`` may be raised if the schedule is not told by them how to go on.
    allow_mismatch : bool
        Go on with other data, arguments or versions all the same.
    checkpoint_every, listener
        As for `run_training`.

    Returns
    -------
    dict
        The run's results.

    Raises
    ------
    UsageError
        When something differs (the message lists all), or the run is at its end.
    FileFormatError, StorageError
        When the record or the checkpoint is damaged or missing.
    """
    record = read_record(path)
    recorded, loader = built_from_record(registry, record)
    recipe, loader = _chosen(registry, recorded, loader, dict(choices or {}))
    dataset = loader.load(cache)
    network = build_network(recipe, dataset.input_shape, dataset.outputs)
    trainer = prepare(network, recipe, dataset.train, dataset.test, classes=len(dataset.class_names))
    directory = RunDirectory(path)
    if directory.checkpoint.exists():
        restore_checkpoint(directory.checkpoint, trainer)
    fresh = make_record(
        registry, recipe, loader, dataset, trainer, command=record["command"], fallback=record.get("fallback")
    )
    found = list(_differences(record, fresh, recorded, trainer))
    if found and not allow_mismatch:
        raise UsageError(
            f"{path} can't go on to the same result: {len(found)} of its conditions differ\n  " + "\n  ".join(found),
            hint="with --allow-mismatch it goes on all the same, to another result",
        )
    if trainer.finished():
        raise UsageError(
            f"{path} is at its end, after {trainer.state.epoch} epochs", hint="to train it for longer, raise --epochs"
        )
    resumed = [*record.get("resumed", []), {"at": now(), "steps": trainer.state.steps, "differences": found}]
    fresh |= {"started": record.get("started", fresh["started"]), "resumed": resumed}
    return go_on(trainer, directory, fresh, checkpoint_every=checkpoint_every, listener=listener)


def _chosen(
    registry: Registry, recipe: Recipe, loader: DatasetLoader, choices: dict[str, Any]
) -> tuple[Recipe, DatasetLoader]:
    """The recorded recipe and data set with what the user asks for put in."""
    if "dataset" in choices:
        loader = registry.build("dataset", choices.pop("dataset"))
    for name, component in recipe.components().items():
        if name in choices:
            choices[name] = registry.build(component.kind, choices[name])
    return replace(recipe, **choices) if choices else recipe, loader


def _differences(
    record: Mapping[str, Any], fresh: Mapping[str, Any], recorded: Recipe, trainer: Trainer
) -> Iterator[str]:
    """What is not as it was when the run began, one line each."""
    recipe = trainer.recipe
    for field in fields(recipe):
        old, new = getattr(recorded, field.name), getattr(recipe, field.name)
        if old != new and not (field.name == "epochs" and _same_course(recorded, trainer)):
            yield f"{field.name}: {_text(old)} then, {_text(new)} now"
    for kind, stored in fresh["components"].items():
        before = record["components"].get(kind, {})
        if kind == "dataset" and any(before.get(key) != stored[key] for key in ("name", "options")):
            yield f"data set: {_stored(before)} then, {_stored(stored)} now"
        elif before.get("name") == stored["name"] and before.get("version") != stored["version"]:
            yield f"{stored['name']}: version {before.get('version')} then, {stored['version']} now"
    if record["data"].get("sha256") != fresh["data"]["sha256"]:
        yield "data: other contents (SHA-256) than then"
    for what in ("nnzoo", "numpy", "machine"):
        old, new = record["environment"].get(what), fresh["environment"][what]
        if old != new:
            yield f"{what}: {old} then, {new} now"
    old, new = (_blas(environment) for environment in (record["environment"], fresh["environment"]))
    if old != new:
        yield f"matrix products: {old} then, {new} now"


def _same_course(recorded: Recipe, trainer: Trainer) -> bool:
    """Whether the steps so far have had the learning rates that a training of so many epochs gives them."""
    factor, before = trainer.recipe.schedule.factor, recorded.epochs * len(trainer.train)
    same = (factor(step, before) == factor(step, trainer.total_steps) for step in range(trainer.state.steps))
    return recorded.schedule == trainer.recipe.schedule and all(same)


def _blas(environment: Mapping[str, Any]) -> str:
    libraries = environment.get("blas") or []
    return ", ".join(
        " ".join(str(library.get(key)) for key in ("internal_api", "version", "architecture")) for library in libraries
    )


def _stored(component: Mapping[str, Any]) -> str:
    options = ",".join(f"{key}={format_value(value)}" for key, value in component.get("options", {}).items())
    return f"{component.get('name')}{':' if options else ''}{options}"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Component) else format_value(value)
