"""`TrainedRun`: the record, figures, networks and predictions of a run, finished or not."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, NnzooError, StorageError, UsageError
from nnzoo.kinds import DataCache, Dataset, DatasetLoader, Floats, Metric, Problem, Split, Task, load_checked
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.importance import Importance, column_importance
from nnzoo.model.model_file import ModelFile, read_model
from nnzoo.model.stored import build_stored
from nnzoo.nn import Network
from nnzoo.nn.threads import blas_threads
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import RunRecord, built_from_record, measures_of_record, read_record, usual_metrics
from nnzoo.runs.reproduce import replay
from nnzoo.runs.run import recorded_start
from nnzoo.terminal import quoted
from nnzoo.training.measures import LOSS, PARTS, Measure, measure_of
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import Evaluation

_DEPENDS_ON_EPOCH = ("dnn", "best_epoch", "evaluation", "answers", "worst_mistakes", "worst_errors", "importance")
"""Cached properties that depend on the weights or on the epoch."""
_NO_METRICS = ("", "loss", "seconds")
_ABSURD = 1e100
"""Figures this large are ignored: only a forged record has them."""


@dataclass(frozen=True)
class BestEpoch:
    """The epoch with the best figure, the part of the data, and the measure."""

    epoch: int
    part: str
    measure: Measure


@final
class TrainedRun:
    """A run's directory, from which figures and reports are made; each part is read on first use.

    Parameters
    ----------
    path : Path
        The run's directory, which is untrusted.
    registry : Registry
        Provides its components.
    cache : DataCache
        Finds its data.

    Attributes
    ----------
    path : Path
    name : str
        The directory's name.
    record : RunRecord
    history : list of dict
        The figures of each epoch, by the names of `EpochMetrics`.
    epoch : int or None
        For a run from `epochs`, the number of epochs it was trained; None for a run as it ended.

    Raises
    ------
    StorageError, FileFormatError
        When it is not a run, or its record can't be read. Every other part raises them when it can't be read.
    """

    def __init__(self, path: Path, registry: Registry, cache: DataCache) -> None:
        self.path, self.registry, self.cache = path, registry, cache
        self.name = os.path.basename(os.path.realpath(path))  # noqa: PTH119 (Path.resolve fails on circular links)
        self.record = read_record(path)
        self.history = RunDirectory(path).read_metrics()
        self.epoch: int | None = None
        self._owner = "the run"  # its name in messages

    def epochs(self, wanted: Container[int]) -> Iterator[TrainedRun]:
        """Yield the run as it was before its first epoch (0) and after others, by training it again; see `replay`.

        All share one network, whose training continues when the next run is requested.

        Raises
        ------
        StorageError
            When the run has not finished.
        """
        dnn = DeepNeuralNetwork.load(self.model_file, registry=self.registry)
        for epoch, network in replay(self.registry, self.path, self.dataset):
            if epoch not in wanted:
                continue
            dnn.network.parameters.vector[...] = network.parameters.vector
            dnn.network.state.vector[...] = network.state.vector
            run = copy(self)
            for name in _DEPENDS_ON_EPOCH:
                vars(run).pop(name, None)
            run.dnn, run.epoch = dnn, epoch
            run.history = [line for line in self.history if line["epoch"] <= epoch]
            yield run

    @classmethod
    def of_model(
        cls, name: str, file: ModelFile, record: RunRecord, registry: Registry, cache: DataCache
    ) -> TrainedRun:
        """A network without its run, such as one of the zoo: what its model file says, without a history."""
        run = cls.__new__(cls)
        run.path, run.registry, run.cache = file.path, registry, cache
        run.name, run.record, run.history = name, record, []
        run.epoch, run.model_file, run._owner = None, file, name
        return run

    @cached_property
    def recipe(self) -> Recipe:
        """The run's recipe."""
        return built_from_record(self.registry, self.record, self._owner)[0]

    @cached_property
    def loader(self) -> DatasetLoader:
        """The loader of its data set."""
        loader: DatasetLoader = build_stored(self.registry, "dataset", self.record.component("dataset"), self._owner)
        return loader

    @cached_property
    def recipe_or_none(self) -> Recipe | None:
        """`recipe`; None if it can't be built here, for example without a plugin that it needs."""
        try:
            return self.recipe
        except NnzooError:
            return None

    def series(self, name: str) -> tuple[Floats, Floats]:
        """The epochs that have a figure of that name, such as ``test_loss``, and the figure; both of shape (n,)."""
        values = {line["epoch"]: line.get(name) for line in self.history}
        known = {epoch: value for epoch, value in values.items() if value is not None and abs(value) < _ABSURD}
        return np.array(list(known), np.float64), np.array(list(known.values()), np.float64)

    @cached_property
    def status(self) -> str:
        """How it ended, or that it is still running; see `RunRecord.status_at`."""
        return self.record.status_at(self.path)

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The metrics' figures without the part of the data, such as ``accuracy`` and ``f1``."""
        lines = [*self.history, self.record.measured]
        names = dict.fromkeys(name for line in lines for name, value in line.items() if value is not None)
        parted = (name.partition("_") for name in names)
        return tuple(dict.fromkeys(figure for part, _, figure in parted if part in PARTS and figure not in _NO_METRICS))

    @cached_property
    def _measures(self) -> dict[str, Measure]:
        return measures_of_record(self.registry, self.record)

    def measure(self, figure: str) -> Measure:
        """The title, format and direction of a figure."""
        return measure_of(self._measures, figure)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The run's metrics, except those that can't be built here."""
        metrics: list[Metric] = []
        for stored in self.record.metrics:
            with suppress(NnzooError):
                metric: Metric = build_stored(self.registry, "metric", stored, self._owner)
                metric.plan(self.problem)
                metrics.append(metric)
        if not self.record.metrics and self.task_or_none:  # runs of nnzoo 0.1 always measured the usual metrics
            return usual_metrics(self.registry, self.task_or_none)
        return tuple(metrics)

    @cached_property
    def best_epoch(self) -> BestEpoch | None:
        """The best epoch by the monitored figure: on validation data, or without any, on test data.

        None if no epoch was measured, or the direction of the figure is unknown. This is for display only: test data
        never selects the model that a run keeps.
        """
        measure = self._measures.get(str(self.record.settings.get("monitor", LOSS.name)))
        if measure is None:
            return None
        for part in ("validation", "test"):
            epochs, values = self.series(f"{part}_{measure.name}")
            if len(epochs):
                best = values.argmax() if measure.higher_is_better else values.argmin()
                return BestEpoch(int(epochs[best]), part, measure)
        return None

    @cached_property
    def model_file(self) -> ModelFile:
        """Its model file, which an unfinished run does not have yet."""
        path = RunDirectory(self.path).model_file
        if not path.exists():
            hint = {
                "diverged": "train again with a lower learning rate",
                "finished": f"its {path.name} is gone; train it again: nnzoo reproduce {quoted(self.path)}",
            }.get(self.status, f"continue it: nnzoo train --resume {quoted(self.path)}")
            raise StorageError(f"{self.path} has no trained network: the run is {self.status}", hint=hint)
        return read_model(path)

    @cached_property
    def dnn(self) -> DeepNeuralNetwork:
        """The trained network."""
        return DeepNeuralNetwork.load(self.model_file, registry=self.registry)

    @cached_property
    def initial(self) -> Network:
        """The network before the first step: initialized by its seed, or taken from the network that it started from.

        Raises
        ------
        FileFormatError
            When the record describes another network than the one in the model file.
        UsageError, StorageError
            When the network that it started from does not fit, or is gone.
        """
        start = recorded_start(self.registry, self.path, self.record)
        if start is None:
            network = build_network(self.recipe, self.dnn.problem)
        else:
            network, _ = start.network(self.recipe, self.dnn.problem)
        recorded, stored = (
            {name: parameter.shape for name, parameter in each.parameters.layout.items()}
            for each in (network, self.dnn.network)
        )
        if recorded != stored:
            raise FileFormatError(f"{self.path / 'run.json'} describes another network than {self.model_file.path}")
        return network

    @cached_property
    def dataset(self) -> Dataset:
        """The data set that it was trained on.

        Raises
        ------
        UsageError
            When the data found under that name are different.
        """
        dataset = load_checked(self.loader, self.cache)
        if self.record.data.sha256 != dataset.sha256():
            raise UsageError(
                f"{self.loader} is not what {self.path} was trained on: its SHA-256 differs",
                hint="name the directory of the right data: NNZOO_DATA_DIR; in a command, --data-dir …",
            )
        return dataset

    @property
    def problem(self) -> Problem:
        """The shapes and names of its inputs and outputs, from the record."""
        return self.record.data.problem

    @cached_property
    def task_or_none(self) -> Task | None:
        """Its task; None if that is not installed."""
        try:
            task: Task = build_stored(self.registry, "task", self.record.component("task"), self._owner)
        except NnzooError:
            return None
        return task

    @property
    def task_figures(self) -> tuple[str, ...]:
        """The drawings and report sections that suit its task; none if the task is not installed."""
        return self.task_or_none.figures if self.task_or_none else ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The table columns that its network uses; none if it takes no table, or there is no network."""
        try:
            return tuple(self.dnn.preprocessing.places()) if self.dnn.preprocessing.columns else ()
        except NnzooError:
            return ()

    @cached_property
    def test(self) -> Split:
        """Its test samples as the network sees them; raises UsageError if they do not fit the network."""
        return self.dnn.predictor.part(self.dataset, "test", str(self.loader))

    @cached_property
    def evaluation(self) -> Evaluation:
        """Its figures and predictions on the test data."""
        with blas_threads(1):
            return self.dnn.predictor.evaluate(self.test, self.metrics)

    @property
    def outputs(self) -> Floats:
        """Its predictions for the test samples, one row per position: probabilities or values, of shape (m, k)."""
        return self.evaluation.predictions.reshape(-1, self.evaluation.predictions.shape[-1])

    @cached_property
    def answers(self) -> NDArray[Any]:
        """The task's answers from `outputs`, with the shape of ``evaluation.targets``: (m,) or (m, k)."""
        answers = self.dnn.predictor.decisions(self.evaluation.predictions)
        return answers.reshape(self.evaluation.targets.shape)

    @property
    def targets(self) -> NDArray[Any]:
        """The right answers, with the shape of `answers`; values are in the user's units."""
        return self.evaluation.targets

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which positions of the test samples are not masked by a weight of 0, of shape (m,)."""
        weights = self.test.weights
        return np.ones(len(self.outputs), bool) if weights is None else weights.reshape(-1) > 0

    @cached_property
    def worst_mistakes(self) -> NDArray[np.intp]:
        """The positions of test samples with wrong classes or labels, the worst first.

        Classes are ordered by the probability of the right class, lowest first; labels by the largest error of any.
        """
        targets, outputs = self.evaluation.targets, self.outputs
        if targets.ndim == 1:
            wrong = np.flatnonzero((self.answers != targets) & self.counted)
            badness = -outputs[wrong, targets[wrong]]
        else:
            wrong = np.flatnonzero((self.answers != targets).any(axis=1) & self.counted)
            badness = np.abs(outputs[wrong] - targets[wrong]).max(axis=1)
        order: NDArray[np.intp] = wrong[np.argsort(-badness, kind="stable")]
        return order

    @cached_property
    def worst_errors(self) -> NDArray[np.intp]:
        """The positions of test samples by the largest error of any value, the worst first.

        As values may have different units, each error is divided by the standard deviation of its target.
        """
        targets = self.evaluation.targets
        spread = targets.std(axis=0)
        errors = np.abs(self.outputs - targets) / np.where(spread > 0, spread, 1)
        order: NDArray[np.intp] = np.argsort(-errors.max(axis=1), kind="stable")
        return order[self.counted[order]]

    @cached_property
    def importance(self) -> Importance:
        """The importance of each table column, measured on the test samples; raises UsageError without a table."""
        return column_importance(self.dnn.predictor, self.test, self.metrics)

    def telling_columns(self, most: int) -> tuple[str, ...]:
        """So many columns of a table at most, in its order: those that count, where there are more."""
        if len(self.columns) <= most:
            return self.columns
        with suppress(UsageError):
            chosen = set(self.importance.columns[:most])
            return tuple(column for column in self.columns if column in chosen)
        return self.columns[:most]
