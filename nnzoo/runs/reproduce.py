"""`reproduce_run`: train again by a run's record, and say whether the result agrees bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nnzoo.errors import UsageError
from nnzoo.kinds import DataCache, load_checked
from nnzoo.plugins.registry import Registry
from nnzoo.runs.conditions import conditions, differing, told
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import RunRecord, built_from_record, read_record
from nnzoo.runs.run import RunListener, recorded_start, run_training
from nnzoo.terminal import one_line, quoted

_RESULTS = ("weights_sha256", "epochs_trained", "kept_epoch", "steps")


@dataclass(frozen=True)
class Deviation:
    """A figure that did not come out as it was.

    Attributes
    ----------
    figure : str
        Its name.
    epoch : int or None
        None for a result of the whole run.
    then, now : object
        What the record says, and what came out.
    """

    figure: str
    epoch: int | None
    then: Any
    now: Any


@dataclass(frozen=True)
class Reproduction:
    """What came of training again.

    Attributes
    ----------
    run, run_dir : str
        The old run's directory, and the new one's.
    identical : bool
        Whether weights and all figures (but for times) are the same, to the bit.
    differences : list of str
        What of the conditions is not as it was.
    deviations : list of Deviation
        What did not come out as it was.
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
        """By name."""
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
    """Train again what a finished run has trained; observers that only watch are left out.

    Parameters
    ----------
    registry : Registry
        Where the run's components are looked up.
    path : Path
        The run's directory.
    cache : DataCache
        Where its data are looked for.
    run_dir, command, listener
        As for `run_training`.

    Raises
    ------
    UsageError
        When the run is not finished.
    FileFormatError, PluginError, DownloadError, StorageError, DivergedError, StoppedError
        When it can't be trained again.
    """
    record, metrics = read_record(path), RunDirectory(path).read_metrics()
    if record.status != "finished":
        raise UsageError(
            f"{path} has no result to compare with: its status is {record.status_at(path)!r}",
            hint="train it anew, with a lower learning rate"
            if record.status == "diverged"
            else f"to finish it: nnzoo train --resume {quoted(path)}",
        )
    recipe, loader = built_from_record(registry, record)
    decisive = tuple(observer for observer in recipe.observers if not observer.only_watches)
    results = run_training(
        registry,
        replace(recipe, observers=decisive),
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
    changed = differing(conditions(record), conditions(fresh))
    return Reproduction(
        run=str(path),
        run_dir=str(now.path),
        identical=not deviations,
        differences=[*_resumptions(record), *map(told, changed.items())],
        deviations=deviations,
        results=results,
    )


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
    """What was not the same all through the old run, where it was resumed with ``--allow-mismatch``."""
    for resumption in record.resumed:
        if resumption.differences:
            changed = "; ".join(resumption.differences)
            yield one_line(f"from step {resumption.steps} on it had other conditions: {changed}")
