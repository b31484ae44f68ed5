"""`run_training`: train from start to finish, with a record on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nnzoo.errors import FileFormatError, StoppedError, StorageError
from nnzoo.files.writing import write_whole
from nnzoo.kinds import Dataset, DatasetLoader
from nnzoo.model.model_file import ModelDescription, require_storable, save_model, weights_sha256
from nnzoo.model.starting import Start, read_start
from nnzoo.model.stored import StoredStart
from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import save_checkpoint
from nnzoo.runs.claim import claim
from nnzoo.runs.commands import resume_command
from nnzoo.runs.directory import RunDirectory, require_free
from nnzoo.runs.record import Fallback, RunRecord, make_record, now
from nnzoo.runs.stopping import MeasuringStopped, StopSignal, stop_on_signals
from nnzoo.training.baseline import baseline_of
from nnzoo.training.data import PreparedData, prepare_dataset
from nnzoo.training.measures import PARTS
from nnzoo.training.observing import ending_of
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import Recipe, fitting_threads
from nnzoo.training.scoring import EpochMetrics
from nnzoo.training.trainer import Trainer


@dataclass(frozen=True)
class RunListener:
    """Functions to be called while a run is in progress."""

    started: Callable[[RunRecord, Trainer, RunDirectory], None]
    epoch_ended: Callable[[EpochMetrics], None]


def run_training(
    registry: Registry,
    recipe: Recipe,
    loader: DatasetLoader,
    dataset: Dataset,
    *,
    prepared: PreparedData | None = None,
    start: Start | None = None,
    run_dir: Path | None = None,
    command: Sequence[str] = (),
    fallback: Fallback | None = None,
    checkpoint_every: float = 1.0,
    listener: RunListener | None = None,
) -> dict[str, Any]:
    """Train a network and keep its record, figures, checkpoint and model in a run directory.

    Parameters
    ----------
    registry : Registry
        Knows which plugin each component comes from.
    recipe : Recipe
        Everything that decides the training.
    loader, dataset : DatasetLoader, Dataset
        The loader of the data, and the data.
    prepared : PreparedData, optional
        The data as `prepare_dataset` or the start prepared them, if that is done already.
    start : Start, optional
        A trained network to start from; the run keeps a copy.
    run_dir : Path, optional
        Default ``runs/<time>-<data set>-<model>``.
    command : sequence of str
        The command line, for the record.
    fallback : Fallback, optional
        Set if these data are a substitute for others.
    checkpoint_every : float
        Epochs from one checkpoint to the next.
    listener : RunListener, optional
        Called while the run is in progress.

    Returns
    -------
    dict
        The run's results, as ``nnzoo train --json`` prints them.

    Raises
    ------
    DivergedError
        The record then has status ``diverged``, and there is no model file.
    StoppedError
        When SIGINT or SIGTERM stopped it; there is a checkpoint then, and the record has status ``interrupted``.
    UsageError, StorageError
        When the run directory can't be used, or a model file has no room for all columns and names.
    """
    recipe = fitting_threads(recipe)
    trainer, stored = make_trainer(registry, recipe, dataset, prepared, start)
    record = make_record(registry, recipe, loader, dataset, trainer, command=command, fallback=fallback, start=stored)
    require_storable(registry, trainer.scorer.problem, trainer.scorer.preprocessing)
    directory = RunDirectory.create(run_dir, f"{loader.name}-{recipe.model.name}")
    with claim(directory.path):
        require_free(directory.path)  # another process may have used it since it was made
        if start is not None:
            directory.write_record(record)  # so that a kill leaves a directory that is recognized as a run
            write_whole(directory.start_file, start.contents)
        return continue_run(registry, trainer, directory, record, checkpoint_every=checkpoint_every, listener=listener)


def make_trainer(
    registry: Registry,
    recipe: Recipe,
    dataset: Dataset,
    prepared: PreparedData | None = None,
    start: Start | None = None,
) -> tuple[Trainer, StoredStart | None]:
    """A trainer before its first step, and the arrays that it took from a trained network, if it starts from one.

    Raises
    ------
    UsageError, PluginError, FileFormatError
        When the parts do not fit together.
    """
    settings: dict[str, Any] = {"validation": recipe.validation, "seed": recipe.seed, "registry": registry}
    if start is None:
        data = prepared or prepare_dataset(dataset, recipe.task, **settings)
        return prepare(build_network(recipe, data.problem), recipe, data), None
    data = prepared or start.prepare_dataset(dataset, recipe.task, **settings)
    network, stored = start.network(recipe, data.problem)
    return prepare(network, recipe, data), stored


def recorded_start(registry: Registry, path: Path, record: RunRecord) -> Start | None:
    """The network that a recorded run started from, read from the copy in its directory.

    Raises
    ------
    StorageError
        When the copy is gone.
    FileFormatError
        When it is another network, or damaged.
    """
    if record.start is None:
        return None
    file = RunDirectory(path).start_file
    if not file.exists():
        raise StorageError(
            f"{path} started from {record.start.source}, but its copy {file.name} is gone",
            hint=f"put the model file of SHA-256 {record.start.sha256} there",
        )
    start = read_start(registry, file, record.start.source, new_head=record.start.new_head)
    if start.sha256 != record.start.sha256:
        raise FileFormatError(
            f"{file} is not the network that {path} started from: its SHA-256 is {start.sha256}, "
            f"but should be {record.start.sha256}",
            hint="put the right model file there",
        )
    return start


def continue_run(
    registry: Registry,
    trainer: Trainer,
    directory: RunDirectory,
    record: RunRecord,
    *,
    checkpoint_every: float = 1.0,
    listener: RunListener | None = None,
) -> dict[str, Any]:
    """Train from the trainer's position to the end, in a directory that is claimed; see `run_training`."""
    with stop_on_signals(trainer) as stop:
        history = directory.keep_metrics(trainer.state.epoch)
        directory.write_record(record)
        try:
            if listener:
                listener.started(record, trainer, directory)
            with trainer.observing.watching(trainer.state, trainer.recipe, directory.path):
                _train(trainer, directory, history, checkpoint_every, listener, stop)
                if stop.number is not None and not trainer.finished():
                    raise _stopped(trainer, directory, record, stop.number)
                results = _results(trainer, directory, record, kept_figures(trainer, history))
                description = _model_description(trainer, record, results, directory)
                preprocessing = trainer.scorer.preprocessing
                save_model(directory.model_file, trainer.network, description, registry, preprocessing)
            results |= _observers_off(trainer.state.observers_off)  # one may have failed at the end
        except BaseException as error:
            reason = f"{type(error).__name__}: {error}"
            with suppress(StorageError):  # the error itself may be a full disk
                directory.write_record(
                    replace(record, status=ending_of(error), steps=trainer.state.steps, reason=reason)
                )
            raise
        directory.write_record(replace(record, status="finished", finished=now(), results=results))
    return results


def _train(
    trainer: Trainer,
    directory: RunDirectory,
    history: list[dict[str, Any]],
    checkpoint_every: float,
    listener: RunListener | None,
    stop: StopSignal,
) -> None:
    """Train to the end or until a stop is requested, with a checkpoint at intervals and at the end."""
    stride = max(1, round(checkpoint_every * len(trainer.train)))
    ending = trainer.finished()
    while not ending:
        metrics = _advanced(trainer, stride - trainer.state.steps % stride, stop)
        if metrics:
            history.append(metrics.to_dict())
            directory.append_metrics(history[-1])
            if listener:
                listener.epoch_ended(metrics)
        ending = trainer.finished() or trainer.stop_requested
        if ending or trainer.state.steps % stride == 0:
            save_checkpoint(directory.checkpoint, trainer)


def _advanced(trainer: Trainer, batches: int, stop: StopSignal) -> EpochMetrics | None:
    """`Trainer.advance`, but a signal to stop ends a measurement."""
    stop.measuring_ends = True
    try:
        return trainer.advance(batches)
    except MeasuringStopped:
        return None
    finally:
        stop.measuring_ends = False


def kept_figures(trainer: Trainer, history: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the weights of the epoch to keep into the network, and return that epoch's figures."""
    if (best := trainer.keep_best()) is not None:
        return history[best - 1]
    return history[-1] if history else {"epoch": 0, **trainer.trained_figures(), **trainer.measure()}


def _results(trainer: Trainer, directory: RunDirectory, record: RunRecord, kept: dict[str, Any]) -> dict[str, Any]:
    recipe, network, state = trainer.recipe, trainer.network, trainer.state
    baseline = baseline_of(trainer)
    return {
        "run_dir": str(directory.path),
        "dataset": record.component("dataset").short_name,
        "model": recipe.model.name,
        "activation": recipe.activation.name,
        "optimizer": recipe.optimizer.name,
        "schedule": recipe.schedule.name,
        "loss": recipe.loss.name,
        "task": recipe.task.name,
        **recipe.settings(),
        **{name: value for name, value in kept.items() if name.partition("_")[0] in PARTS},
        "baseline": None if baseline is None else asdict(baseline),
        "epochs_trained": state.epoch,
        "kept_epoch": kept["epoch"],
        "train_seconds": state.seconds,
        "steps": state.steps,
        **({"start": asdict(record.start)} if record.start else {}),
        **({"frozen": list(record.frozen)} if record.frozen else {}),
        **({"stopped": state.stopped} if state.stopped else {}),
        **_observers_off(state.observers_off),
        "parameters": len(network.parameters),
        "weights_sha256": weights_sha256(network),
        "fallback": asdict(record.fallback) if record.fallback else None,
    }


def _observers_off(reasons: Mapping[str, str]) -> dict[str, Any]:
    """The result that says why observers were switched off, if any were."""
    return {"observers_off": list(reasons.values())} if reasons else {}


def _stopped(trainer: Trainer, directory: RunDirectory, record: RunRecord, signal_number: int) -> StoppedError:
    state = trainer.state
    return StoppedError(
        f"stopped after step {state.steps} of {trainer.total_steps}, in epoch {state.epoch + 1}; "
        f"the checkpoint is {directory.checkpoint}",
        hint=f"continue with: {resume_command(directory.path, record.command)}",
        signal_number=signal_number,
    )


def _model_description(
    trainer: Trainer, record: RunRecord, results: dict[str, Any], directory: RunDirectory
) -> ModelDescription:
    """The description for the model file, without anything about this machine, so that the file can be shared."""
    private = ("run_dir", "train_seconds", "fallback", "start", "observers_off")
    decisive = [place for place, each in enumerate(trainer.recipe.observers) if not each.only_watches]
    off = {place: reason for place, reason in trainer.state.observers_off.items() if int(place) in decisive}
    return ModelDescription(
        components=record.components,
        data=record.data,
        settings=record.settings,
        results={name: value for name, value in results.items() if name not in private} | _observers_off(off),
        run=directory.path.name,
        metrics=record.metrics,
        transforms=record.transforms,
        observers=tuple(record.observers[place] for place in decisive),
        start=record.start,
    )
