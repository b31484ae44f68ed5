"""The record of a run, ``run.json``: everything that decided it, and its results."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from nnzoo.checking import FaultyContentsError, check_json
from nnzoo.component import with_inner
from nnzoo.errors import FileFormatError, NnzooError, StorageError, UnknownComponentError, UsageError
from nnzoo.files.strict_json import read_json
from nnzoo.kinds import Dataset, DatasetLoader, Metric, Task
from nnzoo.model.stored import (
    StoredComponent,
    StoredData,
    StoredStart,
    as_component,
    build_stored,
    component_record,
    list_records,
    stored_problem,
    upgraded,
)
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.plugins.registry import Registry
from nnzoo.runs.claim import is_claimed
from nnzoo.runs.environment import Environment, describe_environment
from nnzoo.training.measures import LOSS, PARTS, Measure, measures_of
from nnzoo.training.recipe import LISTS, Recipe
from nnzoo.training.trainer import Trainer

FORMAT = 3
_READABLE = (2, FORMAT)
"""Formats that can be read; nnzoo 0.1 wrote format 2."""
_SIZE_LIMIT = 1 << 20
"""The largest record that is read, in bytes."""
_OPTIONAL = ("resumed", "finished", "results", "reason", "steps", "transforms", "observers", "start", "frozen")
"""Keys that are left out of the file while they are empty."""


class NoRunError(StorageError):
    """A directory without a record is not a run (exit code 7)."""


@dataclass(frozen=True)
class StoredNetwork:
    """The specs of the network's layers, and the number of its parameters."""

    layers: tuple[str, ...]
    parameters: int


@dataclass(frozen=True)
class Fallback:
    """A substitute for data that were not available: the data set ``wanted``, and the ``reason``."""

    wanted: str
    reason: str


@dataclass(frozen=True)
class Resumption:
    """When a run was resumed, after how many steps, and the conditions that had changed, one line each."""

    at: str
    steps: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class RunRecord:
    """The contents of ``run.json``, checked when read; keys that this version does not know are dropped.

    Attributes
    ----------
    status : str
        How the run ended, or ``running``; see `status_at`.
    started, finished : str
        Times in the form of `now`; ``finished`` is None until the run has finished.
    components : dict of str to StoredComponent
        By kind.
    settings : dict
        The arguments that are not components, by name.
    start : StoredStart or None
        The trained network that it started from.
    frozen : tuple of str
        The names of frozen arrays.
    results : dict
        Of a finished run: figures by name (``test_loss``, ``validation_f1``, ...), and other results.
    reason, steps : str or None, int or None
        Why a run ended early, and after how many steps.
    """

    status: Literal["running", "finished", "interrupted", "diverged", "failed"]
    command: tuple[str, ...]
    started: str
    components: dict[str, StoredComponent]
    settings: dict[str, Any]
    data: StoredData
    network: StoredNetwork
    environment: Environment
    metrics: tuple[StoredComponent, ...] = ()
    transforms: tuple[StoredComponent, ...] = ()
    observers: tuple[StoredComponent, ...] = ()
    start: StoredStart | None = None
    frozen: tuple[str, ...] = ()
    fallback: Fallback | None = None
    resumed: tuple[Resumption, ...] = ()
    finished: str | None = None
    results: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    steps: int | None = None

    def component(self, kind: str) -> StoredComponent:
        """The component of a kind.

        Raises
        ------
        FileFormatError
            When the record has none.
        """
        if kind not in self.components:
            raise FileFormatError(f"the record of the run names no {kind}")
        return self.components[kind]

    @property
    def lists(self) -> dict[str, tuple[StoredComponent, ...]]:
        """The lists of components, by the names of `LISTS`."""
        return {name: getattr(self, name) for name in LISTS}

    @property
    def data_name(self) -> str:
        """The file or data set that was trained on; for a part of another data set, the name of that one."""
        stored = self.components.get("dataset")
        if stored is None:
            return ""
        inner = [found for value in stored.options.values() if (found := as_component(value))]
        if len(inner) == 1:
            stored = inner[0]
        path = stored.options.get("path")
        return path if isinstance(path, str) else stored.short_name

    @property
    def figures(self) -> dict[str, int | float]:
        """The results that are numbers."""
        return {name: value for name, value in self.results.items() if type(value) in (int, float)}

    @property
    def measured(self) -> dict[str, float]:
        """The loss and the metrics of each part of the data, such as ``test_loss``, for the weights that were kept."""
        split = {name: name.partition("_") for name in self.figures}
        names = [name for name, (part, _, metric) in split.items() if part in PARTS and metric not in ("", "seconds")]
        return {name: self.figures[name] for name in names}

    def figure(self, name: str) -> float | None:
        """A result by name; None if it is missing or not a number."""
        return self.figures.get(name)

    @property
    def epochs_trained(self) -> int | None:
        """The number of whole epochs, once the run has finished."""
        epochs = self.figures.get("epochs_trained")
        return epochs if isinstance(epochs, int) else None

    @property
    def kept_epoch(self) -> int | None:
        """The epoch whose weights were kept, once the run has finished."""
        epoch = self.figures.get("kept_epoch")
        return epoch if isinstance(epoch, int) else None

    def status_at(self, directory: Path) -> str:
        """The status, or ``killed`` if it is ``running`` but no process has claimed the run's directory."""
        return "killed" if self.status == "running" and is_claimed(directory) is False else self.status

    def to_json(self) -> str:
        """The text of ``run.json``.

        Raises
        ------
        ValueError
            When a number is not finite.
        """
        values = asdict(self)
        values = {name: value for name, value in values.items() if name not in _OPTIONAL or value not in (None, (), {})}
        return json.dumps({"format": FORMAT, **values}, indent=2, allow_nan=False) + "\n"


def make_record(
    registry: Registry,
    recipe: Recipe,
    loader: DatasetLoader,
    dataset: Dataset,
    trainer: Trainer,
    *,
    command: Sequence[str],
    fallback: Fallback | None,
    start: StoredStart | None = None,
) -> RunRecord:
    """The record of a run at its start."""
    components = {"dataset": loader, **recipe.components()}
    everything = chain.from_iterable(map(with_inner, chain(components.values(), *recipe.lists().values())))
    parts = {"train": trainer.train, "validation": trainer.validation, "test": trainer.test}
    samples = {part: batches.samples if batches else 0 for part, batches in parts.items()}
    network = trainer.network
    return RunRecord(
        status="running",
        command=tuple(command),
        started=now(),
        components={kind: component_record(registry, component) for kind, component in components.items()},
        settings=recipe.settings(),
        **list_records(registry, recipe.lists()),
        data=replace(
            stored_problem(trainer.scorer.problem, samples, dataset.sha256(), dataset.target_column),
            columns=len(dataset.findings),
            units=dataset.units,
            date_order=dataset.date_order,
        ),
        network=StoredNetwork(tuple(map(str, network.layers)), len(network.parameters)),
        environment=describe_environment(filter(None, map(registry.provider, everything))),
        start=start,
        frozen=trainer.freezing.frozen,
        fallback=fallback,
    )


def read_record(directory: Path) -> RunRecord:
    """Read the record in a run's directory.

    Raises
    ------
    FileFormatError
        When it has another format, or a part of it is missing or wrong.
    StorageError
        When it is missing or can't be read.
    """
    path = directory / "run.json"
    try:
        values = read_json(path, _SIZE_LIMIT)
    except FileNotFoundError:
        raise NoRunError(
            f"{directory} is not a run: it has no run.json", hint="nnzoo runs list shows the runs"
        ) from None
    if not isinstance(values, dict) or values.get("format") not in _READABLE:
        raise FileFormatError(f"{path} is not a record of format {FORMAT}", hint="another version of nnzoo wrote it")
    # A path may hold bytes that are not text.
    text = json.dumps(upgraded(values), ensure_ascii=False).encode("utf-8", "replace")
    try:
        record = check_json(RunRecord, text)
    except FaultyContentsError as error:
        raise FileFormatError(f"{path} is not a proper record: {error}") from None
    if record.status == "finished" and not record.results:
        raise FileFormatError(f"{path} is not a proper record: it is finished, but has no results")
    return record


def missing_packages(registry: Registry, record: RunRecord) -> list[str]:
    """Nnzoo's own packages that a recorded run needs and that are not installed, each once."""
    listed = ((LISTS[name], stored) for name, many in record.lists.items() for stored in many)
    missing: dict[str, None] = {}
    for kind, stored in (*record.components.items(), *listed):
        try:
            registry.get(kind, stored.name)
        except UnknownComponentError:
            missing |= {stored.origin: None} if stored.origin in KNOWN_PACKAGES else {}
    return list(missing)


def built_from_record(registry: Registry, record: RunRecord, owner: str = "the run") -> tuple[Recipe, DatasetLoader]:
    """The recipe and the data set of a recorded run, which messages call ``owner``.

    Raises
    ------
    FileFormatError
        When the record lacks them, or a component no longer accepts its recorded hyperparameters.
    PluginError
        When a component is not installed; the hint has the command.
    """
    built = {kind: build_stored(registry, kind, stored, owner) for kind, stored in record.components.items()}
    lists = {
        name: tuple(build_stored(registry, kind, stored, owner) for stored in record.lists[name])
        for name, kind in LISTS.items()
    }
    if not lists["metrics"] and "task" in built:  # nnzoo 0.1 recorded no metrics
        lists["metrics"] = usual_metrics(registry, built["task"])
    try:
        loader: DatasetLoader = built.pop("dataset")
        return Recipe.from_options({**built, **lists, **record.settings}), loader
    except UsageError as error:
        raise FileFormatError(f"the record of {owner} can't be used: {error.message}", hint=error.hint) from None
    except KeyError:
        raise FileFormatError(f"the record of {owner} names no dataset") from None


def usual_metrics(registry: Registry, task: Task) -> tuple[Metric, ...]:
    """The default metrics of a task."""
    return tuple(registry.build("metric", name) for name in task.default_metrics)


def measures_of_record(registry: Registry, record: RunRecord) -> dict[str, Measure]:
    """The measures of a run's figures, by name; figures of metrics that are not installed are left out."""
    metrics, measures = list[Metric](), dict[str, Measure]()
    for stored in record.metrics:
        with suppress(NnzooError):
            metrics.append(build_stored(registry, "metric", stored, "the run"))
    if not record.metrics and "task" in record.components:
        with suppress(NnzooError):
            metrics += usual_metrics(registry, build_stored(registry, "task", record.component("task"), "the run"))
    for metric in metrics:
        with suppress(NnzooError):
            measures |= measures_of([metric], [metric.plan(record.data.problem)])
    return {LOSS.name: LOSS, **measures}


def now() -> str:
    """The time, in the form that records use."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
