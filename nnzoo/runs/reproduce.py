"""Repeat a run by its record: as a new run, compared with the old one (`reproduce_run`), or in memory (`replay`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import DataCache, Dataset, load_checked
from nnzoo.nn import Network
from nnzoo.plugins.registry import Registry
from nnzoo.runs.conditions import change_text, differing_conditions
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import RunRecord, built_from_record, read_record
from nnzoo.runs.run import RunListener, make_trainer, recorded_start, run_training
from nnzoo.terminal import one_line, quoted
from nnzoo.training.recipe import Recipe, fitting_threads

_RESULTS = ("weights_sha256", "epochs_trained", "kept_epoch", "steps")

logger = logging.getLogger("nnzoo")


@dataclass(frozen=True)
class Deviation:
    """A figure that differs between the two runs; ``epoch`` is None for a result of the whole run."""

    figure: str
    epoch: int | None
    then: Any
    now: Any


@dataclass(frozen=True)
class Reproduction:
    """A new run compared with the old one.

    Attributes
    ----------
    run, run_dir : str
        The old run's directory, and the new one's.
    identical : bool
        Whether weights and all figures (except times) are the same, to the bit.
    differences : list of str
        The conditions that have changed.
    deviations : list of Deviation
        The figures that differ.
    results : dict
        The new run's.
    """

    run: str
    run_dir: str
    identical: bool
    differences: list[str]
    deviations: list[Deviation]
    results: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)


def reproduce_run(
    registry: Registry,
    path: Path,
    cache: DataCache,
    *,
    run_dir: Path | None = None,
    command: Sequence[str] = (),
    listener: RunListener | None = None,
) -> Reproduction:
    """Repeat the finished run in ``path``, without observers that only watch.

    The other parameters are those of `run_training`.

    Raises
    ------
    UsageError
        When the run is not finished.
    FileFormatError, PluginError, DownloadError, StorageError, DivergedError, StoppedError
        When it can't be repeated.
    """
    record, metrics = read_record(path), RunDirectory(path).read_metrics()
    if record.status != "finished":
        raise UsageError(
            f"{path} has no result to compare with: its status is {record.status_at(path)!r}",
            hint="train again, with a lower learning rate"
            if record.status == "diverged"
            else f"to finish it: nnzoo train --resume {quoted(path)}",
        )
    recipe, loader = built_from_record(registry, record)
    results = run_training(
        registry,
        _without_watchers(recipe),
        loader,
        load_checked(loader, cache),
        start=recorded_start(registry, path, record),
        run_dir=run_dir,
        command=command,
        fallback=record.fallback,
        listener=listener,
    )
    now = RunDirectory(Path(results["run_dir"]))
    fresh = read_record(now.path)
    deviations = [*_results_that_deviate(record, fresh), *_figures_that_deviate(metrics, now.read_metrics())]
    changed = differing_conditions([record, fresh])
    return Reproduction(
        run=str(path),
        run_dir=str(now.path),
        identical=not deviations,
        differences=[*_resumptions(record), *(change_text(name, *values) for name, values in changed.items())],
        deviations=deviations,
        results=results,
    )


def _without_watchers(recipe: Recipe) -> Recipe:
    """The recipe without observers that only watch."""
    return replace(recipe, observers=tuple(each for each in recipe.observers if not each.only_watches))


def _results_that_deviate(before: RunRecord, now: RunRecord) -> Iterator[Deviation]:
    for name in dict.fromkeys([*_RESULTS, *before.measured, *now.measured]):
        old, new = before.results.get(name), now.results.get(name)
        if old != new:
            yield Deviation(name, None, old, new)


def _figures_that_deviate(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[Deviation]:
    if len(before) != len(now):
        yield Deviation("epochs in metrics.jsonl", None, len(before), len(now))
    for epoch, (old, new) in enumerate(zip(before, now, strict=False), 1):
        for name, value in new.items():
            if old[name] != value and name != "seconds":
                yield Deviation(name, epoch, old[name], value)


def _resumptions(record: RunRecord) -> Iterator[str]:
    """The conditions that changed during the old run, if it was resumed with ``--allow-mismatch``."""
    for resumption in record.resumed:
        if resumption.differences:
            changed = "; ".join(resumption.differences)
            yield one_line(f"from step {resumption.steps} on it had other conditions: {changed}")


def replay(registry: Registry, path: Path, dataset: Dataset) -> Iterator[tuple[int, Network]]:
    """Yield the network before the first step, and after each epoch that the run has figures of.

    The run is trained again, which takes as long as it took at first. If an epoch's figures differ, as they may on
    another kind of processor, a warning names the first such epoch. Observers that only watch are left out, and nothing
    is written to the run's directory.

    Yields
    ------
    epoch, network : int, Network
        The same network each time, trained in place, with the weights that were measured.
    """
    record, history = read_record(path), RunDirectory(path).read_metrics()
    recipe, _ = built_from_record(registry, record)
    recipe = fitting_threads(_without_watchers(recipe))
    trainer, _ = make_trainer(registry, recipe, dataset, start=recorded_start(registry, path, record))
    yield 0, trainer.network
    is_same = True
    with trainer.observing.watching(trainer.state, trainer.recipe):
        for line in history:
            metrics = trainer.advance()
            if metrics is None or trainer.state.epoch > recipe.epochs:
                raise FileFormatError(f"{path} has figures of more epochs than its record has")
            now = metrics.to_dict()
            if is_same and any(line.get(name) != value for name, value in now.items() if name != "seconds"):
                is_same = False
                logger.warning(
                    "%s, trained again, has other figures from epoch %d on; nnzoo reproduce %s shows why",
                    *(path, metrics.epoch, quoted(path)),
                )
            with trainer.observing.own_weights(trainer.state):
                trainer.freezing.restore()
                yield metrics.epoch, trainer.network
