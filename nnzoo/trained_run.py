"""`TrainedRun`: all that there is to see of a run; of one that has not finished, what there is by now."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, NnzooError, StorageError, UsageError
from nnzoo.kinds import DataCache, Dataset, DatasetLoader, Floats, Problem, Split, load_checked
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import ModelFile, read_model
from nnzoo.nn import Network
from nnzoo.nn.threads import blas_threads
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import built_from_record, read_record
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import Recipe
from nnzoo.training.scoring import Evaluation

_ABSURD = 1e100
"""No figure is as large as this; a record that comes from a stranger may have it."""


@final
class TrainedRun:
    """A run's directory, read part by part when it is asked for; figures and reports are made from it.

    Parameters
    ----------
    path : Path
        The run's directory. It may come from a stranger.
    registry : Registry
        Where its components are looked up.
    cache : DataCache
        Where its data are found.

    Attributes
    ----------
    path : Path
    name : str
        The directory's own name.
    record : RunRecord
    history : list of dict
        The figures of each epoch, by the names of `EpochMetrics`.

    Raises
    ------
    StorageError, FileFormatError
        When it is no run, or its record can't be read; and by each part when that can't be read.
    """

    def __init__(self, path: Path, registry: Registry, cache: DataCache) -> None:
        self.path, self.registry, self.cache = path, registry, cache
        self.name = path.resolve().name
        self.record = read_record(path)
        self.history = RunDirectory(path).read_metrics()

    @cached_property
    def _built(self) -> tuple[Recipe, DatasetLoader]:
        return built_from_record(self.registry, self.record)

    @property
    def recipe(self) -> Recipe:
        """What was trained and how."""
        return self._built[0]

    @property
    def loader(self) -> DatasetLoader:
        """Where its data come from."""
        return self._built[1]

    @cached_property
    def recipe_or_none(self) -> Recipe | None:
        """`recipe`; None where it can't be built here, such as without a plugin that it needs."""
        try:
            return self.recipe
        except NnzooError:
            return None

    def series(self, name: str) -> tuple[Floats, Floats]:
        """The epochs that have a figure of that name, such as ``test_loss``, and the figure; both of shape (n,)."""
        values = {line["epoch"]: line[name] for line in self.history}
        known = {epoch: value for epoch, value in values.items() if value is not None and abs(value) < _ABSURD}
        return np.array(list(known), np.float64), np.array(list(known.values()), np.float64)

    @cached_property
    def status(self) -> str:
        """How it ended, or that it has not; see `RunRecord.status_at`."""
        return self.record.status_at(self.path)

    @cached_property
    def best_epoch(self) -> tuple[int, str] | None:
        """The epoch with the lowest validation loss, or test loss where none is held out, and which of them it is.

        None where no epoch was measured. What a run keeps is another matter: test data never select a model.
        """
        for part in ("validation", "test"):
            epochs, losses = self.series(f"{part}_loss")
            if len(epochs):
                return int(epochs[losses.argmin()]), part
        return None

    @cached_property
    def model_file(self) -> ModelFile:
        """What it left; a run that has not finished has none yet."""
        path = RunDirectory(self.path).model_file
        if not path.exists():
            hint = {
                "diverged": "train anew, with a lower learning rate",
                "finished": f"its {path.name} is gone: train it again, with nnzoo reproduce {self.path}",
            }.get(self.status, f"go on with it: nnzoo train --resume {self.path}")
            raise StorageError(f"{self.path} has no trained network: the run is {self.status}", hint=hint)
        return read_model(path)

    @cached_property
    def dnn(self) -> DeepNeuralNetwork:
        """The trained network."""
        return DeepNeuralNetwork.load(self.model_file, registry=self.registry)

    @cached_property
    def initial(self) -> Network:
        """The network as it was before the first step: its seed tells.

        Raises
        ------
        FileFormatError
            When the record tells of another network than the one in the model file.
        """
        network = build_network(self.recipe, self.dnn.problem)
        told, there = (
            {name: parameter.shape for name, parameter in each.parameters.layout.items()}
            for each in (network, self.dnn.network)
        )
        if told != there:
            raise FileFormatError(f"{self.path / 'run.json'} tells of another network than {self.model_file.path}")
        return network

    @cached_property
    def dataset(self) -> Dataset:
        """The data that it was trained on.

        Raises
        ------
        UsageError
            When what is found under that name are other data.
        """
        dataset = load_checked(self.loader, self.cache)
        if self.record.data.sha256 != dataset.sha256():
            raise UsageError(
                f"{self.loader} is not what {self.path} was trained on: its SHA-256 differs",
                hint="name the directory of the right data with --data-dir",
            )
        return dataset

    @property
    def problem(self) -> Problem:
        """The shapes and names of what it learnt; its record has them."""
        return self.record.data.problem

    @property
    def task_figures(self) -> tuple[str, ...]:
        """Which drawings and report sections suit its task; none where the task is not installed."""
        recipe = self.recipe_or_none
        return recipe.task.figures if recipe else ()

    @cached_property
    def test(self) -> Split:
        """Its test samples as the network sees them; a UsageError where they are not for it."""
        return self.dnn.predictor.part(self.dataset, "test", str(self.loader))

    @cached_property
    def evaluation(self) -> Evaluation:
        """Its figures on the test data, and what it predicted."""
        with blas_threads(1):
            return self.dnn.predictor.evaluate(self.test, self.recipe.metrics)

    @property
    def outputs(self) -> Floats:
        """What it predicts for the test samples: probabilities, or values in the user's units; (n, *output_shape)."""
        return self.evaluation.predictions

    @cached_property
    def worst_mistakes(self) -> NDArray[np.intp]:
        """The test samples that were taken for another class, those first whose own class got the least."""
        labels, outputs = self.evaluation.targets, self.outputs.reshape(-1, self.problem.width)
        wrong = np.flatnonzero(self.dnn.predictor.decisions(self.outputs).reshape(-1) != labels)
        order: NDArray[np.intp] = wrong[np.argsort(outputs[wrong, labels[wrong]], kind="stable")]
        return order

    @cached_property
    def worst_errors(self) -> NDArray[np.intp]:
        """Where targets are values, the test samples by their largest error in any output, the worst first."""
        errors = np.abs(self.outputs.reshape(self.evaluation.targets.shape) - self.evaluation.targets).max(axis=1)
        order: NDArray[np.intp] = np.argsort(-errors, kind="stable")
        return order
