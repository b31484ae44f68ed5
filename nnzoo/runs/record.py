"""The record of a run, ``run.json``: everything that decided it, and what came of it."""

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
READ = (2, FORMAT)
"""Formats that can be read; 2 is that of nnzoo 0.1."""
_SIZE_LIMIT = 1 << 20
"""Bytes of a record; a longer one is refused before it is read."""
_LATER = ("resumed", "finished", "results", "reason", "steps", "transforms", "observers", "start", "frozen")
"""What a record has only when there is something to say."""


class NoRunError(StorageError):
    """What was taken for a run's directory has no record (exit code 7)."""


@dataclass(frozen=True)
class StoredNetwork:
    """The layers of the network, as they are written, and how many parameters they have."""

    layers: tuple[str, ...]
    parameters: int


@dataclass(frozen=True)
class Fallback:
    """Data that stand in for others: what was ``wanted``, and the ``reason`` why it was not available."""

    wanted: str
    reason: str


@dataclass(frozen=True)
class Resumption:
    """When a run was resumed, after how many steps, and the conditions that had changed by then, one line each."""

    at: str
    steps: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class RunRecord:
    """What ``run.json`` holds. One that was read is checked, and lacks the keys that this version does not know.

    Attributes
    ----------
    status : str
        How the run ended, or ``running``; see `status_at`.
    command : tuple of str
    started, finished : str
        Times as `now` writes them; ``finished`` is None until it is.
    components : dict of str to StoredComponent
        By kind.
    settings : dict
        The arguments that are not components, by name.
    metrics, transforms, observers : tuple of StoredComponent
        What was measured, what was done to training batches, and who watched.
    data, network, environment : StoredData, StoredNetwork, Environment
    start : StoredStart or None
        The trained network that it started from.
    frozen : tuple of str
        The arrays that it left as they were.
    fallback : Fallback or None
    resumed : tuple of Resumption
    results : dict
        What came of a finished run: figures by name (``test_loss``, ``validation_f1``, ...), and what else is known.
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
        """The components of which there may be several, by the names of `LISTS`."""
        return {name: getattr(self, name) for name in LISTS}

    @property
    def data_name(self) -> str:
        """What the data are called: a file, or the name of the data set; of a part of another, that one's."""
        stored = self.components.get("dataset")
        name, options = (stored.name, stored.options) if stored else ("", {})
        inner = [one for one in options.values() if isinstance(one, dict) and isinstance(one.get("name"), str)]
        if len(inner) == 1:
            within = inner[0].get("options")
            name, options = inner[0]["name"], within if isinstance(within, dict) else {}
        path = options.get("path")
        return path if isinstance(path, str) else name.rpartition("/")[2]

    @property
    def figures(self) -> dict[str, int | float]:
        """The results that are numbers."""
        return {name: value for name, value in self.results.items() if type(value) in (int, float)}

    @property
    def measured(self) -> dict[str, float]:
        """The loss and the metrics of each part of the data, such as ``test_loss``, for the weights that were kept."""
        parted = {name: name.partition("_") for name in self.figures}
        names = [name for name, (part, _, metric) in parted.items() if part in PARTS and metric not in ("", "seconds")]
        return {name: self.figures[name] for name in names}

    def figure(self, name: str) -> float | None:
        """A result; None where it is not a number, or there is none."""
        return self.figures.get(name)

    @property
    def epochs_trained(self) -> int | None:
        """Whole epochs, of a finished run."""
        found = self.figures.get("epochs_trained")
        return found if isinstance(found, int) else None

    @property
    def kept_epoch(self) -> int | None:
        """The epoch whose weights were kept, of a finished run."""
        found = self.figures.get("kept_epoch")
        return found if isinstance(found, int) else None

    def status_at(self, directory: Path) -> str:
        """The status; ``killed`` where it says ``running`` and no process trains in the run's directory any more."""
        return "killed" if self.status == "running" and is_claimed(directory) is False else self.status

    def to_json(self) -> str:
        """As the file has it.

        Raises
        ------
        ValueError
            When a number is not finite.
        """
        values = asdict(self)
        values = {name: value for name, value in values.items() if name not in _LATER or value not in (None, (), {})}
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
    """The record of a run that begins."""
    components = {"dataset": loader, **recipe.components()}
    all_of_them = chain.from_iterable(map(with_inner, chain(components.values(), *recipe.lists().values())))
    parts = {"train": trainer.train, "validation": trainer.validation, "test": trainer.test}
    network = trainer.network
    return RunRecord(
        status="running",
        command=tuple(command),
        started=now(),
        components={kind: component_record(registry, component) for kind, component in components.items()},
        settings=recipe.settings(),
        **list_records(registry, recipe.lists()),
        data=replace(
            stored_problem(
                trainer.scorer.problem,
                {part: batches.samples if batches else 0 for part, batches in parts.items()},
                dataset.sha256(),
            ),
            target=dataset.target_column,
        ),
        network=StoredNetwork(tuple(map(str, network.layers)), len(network.parameters)),
        environment=describe_environment(filter(None, map(registry.provider, all_of_them))),
        start=start,
        frozen=trainer.freezing.frozen,
        fallback=fallback,
    )


def read_record(directory: Path) -> RunRecord:
    """The record in a run's directory.

    Raises
    ------
    FileFormatError
        When it is not a record of this format, or a part of it is missing or wrong.
    StorageError
        When there is none, or it can't be read.
    """
    path = directory / "run.json"
    try:
        values = read_json(path, _SIZE_LIMIT)
    except FileNotFoundError:
        raise NoRunError(
            f"{directory} is not a run: it has no run.json", hint="nnzoo runs list shows the runs"
        ) from None
    if not isinstance(values, dict) or values.get("format") not in READ:
        raise FileFormatError(
            f"{path} is not a record of format {FORMAT}", hint="it was made by another version of nnzoo"
        )
    text = json.dumps(upgraded(values), ensure_ascii=False).encode(
        "utf-8", "replace"
    )  # a path may hold bytes that are not text
    try:
        record = check_json(RunRecord, text)
    except FaultyContentsError as error:
        raise FileFormatError(f"{path} is not a proper record: {error}") from None
    if record.status == "finished" and not record.results:
        raise FileFormatError(f"{path} is not a proper record: it is finished, but has no results")
    return record


def missing_packages(registry: Registry, record: RunRecord) -> list[str]:
    """The packages of nnzoo's own that a recorded run needs and that are not installed, each once."""
    listed = ((LISTS[name], stored) for name, many in record.lists.items() for stored in many)
    found: dict[str, None] = {}
    for kind, stored in (*record.components.items(), *listed):
        try:
            registry.get(kind, stored.name)
        except UnknownComponentError:
            found |= {stored.origin: None} if stored.origin in KNOWN_PACKAGES else {}
    return list(found)


def built_from_record(registry: Registry, record: RunRecord, owner: str = "the run") -> tuple[Recipe, DatasetLoader]:
    """The recipe and the data set of a recorded run, which ``owner`` is called in messages.

    Raises
    ------
    FileFormatError
        When the record does not have them, or a component has changed and takes its hyperparameters no more.
    PluginError
        When a component is not installed; the hint has the command.
    """
    built = {kind: build_stored(registry, kind, stored, owner) for kind, stored in record.components.items()}
    lists = {
        name: tuple(build_stored(registry, kind, stored, owner) for stored in record.lists[name])
        for name, kind in LISTS.items()
    }
    if not lists["metrics"] and "task" in built:  # as runs of nnzoo 0.1, which measured what was usual
        lists["metrics"] = usual_metrics(registry, built["task"])
    try:
        loader: DatasetLoader = built.pop("dataset")
        return Recipe.from_options({**built, **lists, **record.settings}), loader
    except UsageError as error:
        raise FileFormatError(f"the record of {owner} can't be used: {error.message}", hint=error.hint) from None
    except KeyError:
        raise FileFormatError(f"the record of {owner} names no dataset") from None


def usual_metrics(registry: Registry, task: Task) -> tuple[Metric, ...]:
    """What is measured where nothing says otherwise."""
    return tuple(registry.build("metric", name) for name in task.default_metrics)


def measures_of_record(registry: Registry, record: RunRecord) -> dict[str, Measure]:
    """How the figures of a run are called, shown and judged; those that nothing installed here knows are left out."""
    metrics, found = list[Metric](), dict[str, Measure]()
    for stored in record.metrics:
        with suppress(NnzooError):
            metrics.append(build_stored(registry, "metric", stored, "the run"))
    if not record.metrics and "task" in record.components:
        with suppress(NnzooError):
            metrics += usual_metrics(registry, build_stored(registry, "task", record.component("task"), "the run"))
    for metric in metrics:
        with suppress(NnzooError):
            found |= measures_of([metric], [metric.plan(record.data.problem)])
    return {LOSS.name: LOSS, **found}


def now() -> str:
    """The time as records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
