"""`resume_training`: continue a run that was stopped or killed, to the same bits, or refuse and say what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnzoo.data import find_dataset
from nnzoo.errors import StorageError, UsageError, counted
from nnzoo.kinds import DataCache, DatasetLoader, load_checked
from nnzoo.model.resuming import has_same_rates
from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import read_checkpoint, restore_checkpoint
from nnzoo.runs.claim import claim
from nnzoo.runs.conditions import HARMLESS, change_text, differing_conditions
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import Resumption, RunRecord, built_from_record, make_record, now, read_record
from nnzoo.runs.run import RunListener, continue_run, make_trainer, recorded_start
from nnzoo.training.recipe import LISTS, Recipe, build_all, fitting_threads
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
    """Continue a run from its checkpoint, or from its beginning if it has none yet; return its results.

    Parameters
    ----------
    registry, cache : Registry, DataCache
        Where the run's components and its data are looked up.
    path : Path
        The run's directory.
    choices : mapping, optional
        New choices of the user, by name as in `resolve_recipe`, and ``dataset``. They must be the same as before;
        but ``epochs`` may be raised if the schedule does not depend on them.
    allow_mismatch : bool
        Continue even with other data, arguments or versions.
    checkpoint_every, listener
        As for `run_training`.

    Raises
    ------
    UsageError
        When something differs (the message lists all), another figure is to be monitored, the run is at its end, or
        another process is training it.
    FileFormatError, StorageError
        When the record or the checkpoint is damaged or missing.
    PluginError
        When a component is not installed.
    """
    with claim(path):
        record = read_record(path)
        recorded, loader = built_from_record(registry, record)
        recipe, loader = _chosen(registry, recorded, loader, dict(choices or {}))
        dataset = load_checked(loader, cache)
        trainer, start = make_trainer(registry, recipe, dataset, start=recorded_start(registry, path, record))
        directory = RunDirectory(path)
        checkpoint = read_checkpoint(directory.checkpoint) if directory.checkpoint.exists() else None
        if checkpoint is None and record.status == "finished":
            raise StorageError(f"{path} is finished, and its checkpoint is gone", hint="train it again")
        fresh = make_record(
            registry, recipe, loader, dataset, trainer, command=record.command, fallback=record.fallback, start=start
        )
        changes = _differences(record, fresh, recorded, trainer, steps=checkpoint.state.steps if checkpoint else 0)
        if changes and not allow_mismatch:
            raise UsageError(
                f"{path} can't continue to the same result: {len(changes)} of its conditions differ\n  "
                + "\n  ".join(changes),
                hint="to continue anyway, to another result: in Python, allow_mismatch=True; "
                "in a command, --allow-mismatch",
            )
        if checkpoint:
            restore_checkpoint(checkpoint, trainer, restart_epoch=bool(changes))
        if trainer.finished() and record.status == "finished":
            raise _at_its_end(path, trainer)
        resumption = Resumption(now(), trainer.state.steps, tuple(changes))
        fresh = replace(fresh, started=record.started, resumed=(*record.resumed, resumption))
        return continue_run(registry, trainer, directory, fresh, checkpoint_every=checkpoint_every, listener=listener)


def _chosen(
    registry: Registry, recipe: Recipe, loader: DatasetLoader, choices: dict[str, Any]
) -> tuple[Recipe, DatasetLoader]:
    """The recorded recipe and data set, updated by the user's choices."""
    if "dataset" in choices:
        loader = find_dataset(registry, choices.pop("dataset"))
    for name, component in recipe.components().items():
        if name in choices:
            choices[name] = registry.build(component.kind, choices[name])
    choices |= {name: build_all(registry, name, choices[name]) for name in LISTS if name in choices}
    chosen = fitting_threads(replace(recipe, **choices) if choices else recipe)
    if chosen.monitor != recipe.monitor:
        raise UsageError(
            f"the best epoch so far was chosen by {recipe.monitor}, and can no longer be chosen by {chosen.monitor}",
            hint="leave monitor as it was, or start a new run",
        )
    return chosen, loader


def _differences(record: RunRecord, fresh: RunRecord, recorded: Recipe, trainer: Trainer, *, steps: int) -> list[str]:
    """The conditions that have changed since the run began, one line each."""
    changed = differing_conditions([record, fresh])
    lines = {name: change_text(name, *values) for name, values in changed.items() if name not in HARMLESS}
    if "epochs" in lines and recorded.schedule == trainer.recipe.schedule:
        if has_same_rates(trainer, recorded.epochs, steps):
            del lines["epochs"]
        else:
            schedule = recorded.schedule.name
            lines["epochs"] += f" ({schedule} plans for all epochs: the steps so far would have had other rates)"
    return list(lines.values())


def _at_its_end(path: Path, trainer: Trainer) -> UsageError:
    epochs, best = trainer.state.epoch, trainer.state.best.epoch
    if epochs < trainer.recipe.epochs:
        if trainer.state.stopped:
            return UsageError(f"{path} is at its end: {trainer.state.stopped}")
        return UsageError(
            f"{path} is at its end: early stopping ended it after {counted(epochs, 'epoch')}, "
            f"{epochs - best} after its best"
        )
    return UsageError(
        f"{path} is at its end, after {counted(epochs, 'epoch')}",
        hint="to train it for longer, raise epochs (in a command, --epochs), unless its schedule plans for all epochs",
    )
