"""`Lab`: the network, data and trainer behind a page."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, final

import numpy as np
from nnzoo.api import (
    DataCache,
    Dataset,
    DatasetLoader,
    Network,
    NnzooError,
    Problem,
    Recipe,
    Registry,
    Trainer,
    UsageError,
    build_network,
    plan_network,
    prepare,
    prepare_dataset,
    resolve_recipe,
)

from nnzoo_playground.curves import Curves
from nnzoo_playground.settings import Choices, Settings, find_choices

if TYPE_CHECKING:
    from nnzoo import DeepNeuralNetwork
    from nnzoo.api import EpochMetrics, Sample, Start

UPLOADED = "uploaded"
_SHAPE_KEEPING = ("optimizer", "schedule", "loss", "learning_rate", "weight_decay", "epochs", "batch_size", "l1")
"""Settings that may change without a restart: the current network continues with them."""


MOST_PARAMETERS = 20_000_000
MOST_VALUES = 4_000_000
"""Largest number of output values of a layer for one sample."""


@dataclass(frozen=True)
class UploadedTable:
    """A table that was dropped on the page.

    Attributes
    ----------
    path : Path
        The file in which the server saved it.
    columns, types : tuple of str
        The names and types of its columns.
    target : str
        The column to predict by default.
    rows : int
        The number of rows.
    """

    path: Path
    columns: tuple[str, ...]
    types: tuple[str, ...]
    target: str
    rows: int

    def summary(self) -> dict[str, Any]:
        """The columns, target and number of rows, for the page."""
        columns = [{"name": name, "type": kind} for name, kind in zip(self.columns, self.types, strict=True)]
        return {"columns": columns, "target": self.target, "rows": self.rows}


@final
class Lab:
    """One network, its data, and the state of its training.

    Training in the lab can always be repeated by ``nnzoo train``: from initial weights, or from a network that
    was saved. A change in the middle (of a weight, the learning rate, a painted point) starts a new training run
    from the current network.

    Parameters
    ----------
    registry, cache : Registry, DataCache
        The sources of components and of the files of data sets.
    """

    def __init__(self, registry: Registry, cache: DataCache) -> None:
        self.registry, self.cache = registry, cache
        self.settings = Settings()
        self.own_loaders: dict[str, DatasetLoader] = {}
        self.table: UploadedTable | None = None
        self.first: Start | None = None
        self._opened: Settings | None = None
        self.start: Start | None = None
        self.off: set[tuple[int, int]] = set()
        self.curves = Curves()
        self._base = 0.0
        self.history: list[EpochMetrics] = []
        """The figures of the last completed epoch, if any."""
        self.drawing: tuple[Any, Sample] | None = None
        """The last drawing and its sample: while the network learns, only the answer changes."""
        self._without: tuple[Network, Network] | None = None
        self._loaded: tuple[DatasetLoader, Dataset] | None = None
        self.choices: Choices
        self.dataset: Dataset
        self.trainer: Trainer
        self.recipe: Recipe
        self.data: Any

    # What is trained -------------------------------------------------------------------------------------------------

    def open(self, start: Start, settings: Settings) -> None:
        """Start with a trained network."""
        before = self.first, self._opened
        self.first, self._opened = start, settings
        try:
            self.begin(settings)
        except NnzooError:
            self.first, self._opened = before
            raise

    def begin(self, settings: Settings) -> None:
        """Start with initial weights, or with those of the opened network if the settings still ask for it."""
        if self._opened is not None and not self._is_opened(settings, self._opened):
            self.first = self._opened = None
        self._prepare(settings, self.first)
        self._base = 0.0
        self.off = set()
        self.curves, self.history = Curves(), []
        self.curves.measured(self.trainer.measure(), self.metric)

    def change(self, settings: Settings) -> None:
        """Apply other settings; a trained network keeps its weights if their shapes still fit."""
        before = self.settings
        kept = {name: getattr(before, name) for name in _SHAPE_KEEPING}
        same_network = settings.model_copy(update=kept) == before or self._only_more_samples(settings)
        if self.started and same_network:
            self._go_on(settings)
        else:
            self.begin(settings)

    def reset(self) -> None:
        """Restart."""
        self.begin(self.settings)

    def set_parameter(self, array: str, index: int, value: float) -> None:
        """Write one number of the network by hand.

        Raises
        ------
        UsageError
            When there is no number of this index.
        """
        parameters = self.network.parameters
        if array not in parameters.layout or not 0 <= index < parameters[array].size or not np.isfinite(value):
            raise UsageError(f"there is no number {index} in {array}")
        parameters[array].reshape(-1)[index] = value
        self._go_on(self.settings)

    @property
    def network(self) -> Network:
        """The network that is being trained."""
        return self.trainer.network

    @property
    def started(self) -> bool:
        """Whether it has taken a step or was changed by hand."""
        return self.trainer.state.steps > 0 or self.start is not self.first

    @property
    def epochs(self) -> float:
        """Epochs since the start, with the fraction of the current one."""
        state, batches = self.trainer.state, len(self.trainer.train)
        return self._base + state.epoch + state.batch / max(batches, 1)

    def advance(self, batches: int) -> bool:
        """Train for so many batches, at most to the end of the epoch; return whether training can continue."""
        if self.trainer.finished():
            return False
        metrics = self.trainer.advance(batches)
        if metrics is not None:
            self.history = [metrics]
            self.curves.add(self._base + metrics.epoch, metrics.figures, self.metric)
        return not self.trainer.finished()

    def advance_for(self, seconds: float, most: int) -> bool:
        """Train for so many seconds of processor time, ``most`` batches at a time; return whether it can continue."""
        until = time.thread_time() + seconds
        while self.advance(most):
            if time.thread_time() >= until:
                return True
        return False

    @property
    def metric(self) -> str:
        """The metric that is shown beside the loss; empty if there is none."""
        return next((name for name in self.trainer.scorer.figures if name != "loss"), "")

    def as_trained(self) -> DeepNeuralNetwork:
        """The network as a `DeepNeuralNetwork`, with a copy of its weights and the figures of the last epoch."""
        from nnzoo import DeepNeuralNetwork

        known = (self.network, self.recipe, self.data.problem, self.data.preprocessing)
        return DeepNeuralNetwork.of(*known, history=self.history, registry=self.registry)

    def snapshot(self, source: str = "the playground") -> Start:
        """The current network, as the start of another training run."""
        from nnzoo.api import read_start

        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            self.as_trained().save(path)
            return read_start(self.registry, path, source)

    def viewed(self) -> Network:
        """The network as shown: without the units that are switched off."""
        if not self.off:
            return self.network
        if self._without is None or self._without[0] is not self.network:
            self._without = self.network, Network(self.network.graph, self.network.input_shape)
        view = self._without[1]
        np.copyto(view.parameters.vector, self.network.parameters.vector)
        np.copyto(view.state.vector, self.network.state.vector)
        for place, unit in self.off:
            weight = view.parameters[f"{view.graph.name(place)}.weight"]
            weight[unit] = 0
        return view

    # How -------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _is_opened(settings: Settings, opened: Settings) -> bool:
        """Whether the settings ask for the opened network, with its data or with samples added by hand."""
        kept = ("model", "activation", "layers")
        same = all(getattr(settings, name) == getattr(opened, name) for name in kept)
        return same and (settings.dataset == opened.dataset or settings.dataset.startswith("drawn:"))

    def _only_more_samples(self, settings: Settings) -> bool:
        """Whether only the number of samples made by hand has changed."""
        names = [text.partition(":")[0] for text in (self.settings.dataset, settings.dataset)]
        by_hand = names[0] == names[1] == "painted" or "drawn" in names
        return by_hand and settings.model_copy(update={"dataset": self.settings.dataset}) == self.settings

    def _go_on(self, settings: Settings) -> None:
        base, off, curves = self.epochs, self.off, self.curves
        try:
            self._prepare(settings, self.snapshot())
        except UsageError:  # the data have other classes now, say
            self.begin(settings)
            return
        self._base, self.off, self.curves = base, off, curves
        self.curves.measured(self.trainer.measure(), self.metric)

    def _prepare(self, settings: Settings, start: Start | None) -> None:
        """Make a trainer; if that fails, nothing changes."""
        choices = find_choices(self.registry, settings, self._own_loader(settings))
        loader = choices.loader
        loaded = self._loaded
        dataset = loaded[1] if loaded and loaded[0] == loader else loader.load(self.cache)
        given = dict(choices.given)
        if start is not None:
            fixed = {"task", "model", "activation", "seed"}
            given = {name: value for name, value in given.items() if name not in fixed}
            given = start.choices(self.registry, given) | {"seed": settings.seed}
        given.setdefault("task", dataset.task)
        task = self.registry.build("task", given["task"])
        options: dict[str, Any] = {"seed": settings.seed, "registry": self.registry}
        data = (start.prepare_dataset if start else prepare_dataset)(dataset, task, **options)
        recipe = resolve_recipe(self.registry, data=data, **given)
        require_reasonable(recipe, data.problem)
        network = start.network(recipe, data.problem)[0] if start else build_network(recipe, data.problem)
        trainer = prepare(network, recipe, data)
        self.settings, self.choices, self._loaded = settings, choices, (loader, dataset)
        self.dataset, self.data, self.recipe, self.trainer, self.start = dataset, data, recipe, trainer, start

    def _own_loader(self, settings: Settings) -> DatasetLoader | None:
        """The loader of a data set that the server provides; None for one that the settings name."""
        if settings.dataset != UPLOADED:
            return self.own_loaders.get(settings.dataset)
        if self.table is None:
            raise UsageError("there is no table yet", hint="drop a CSV file on the page")
        target = settings.target or self.table.target
        chosen = settings.columns or self.table.columns
        ignored = [name for name in self.table.columns if name not in chosen and name != target]
        given = {"path": str(self.table.path), "target": target, "ignore": tuple(ignored)}
        loader: DatasetLoader = self.registry.build("dataset", "csv", given)
        return loader

    def lost_by_off(self) -> dict[str, float | None]:
        """Test figures of the network as shown."""
        if self.trainer.test is None:
            return {}
        return dict(self.trainer.scorer.evaluate(self.viewed(), self.trainer.test))

    def halted_recipe(self) -> Recipe:
        """The recipe of a run that stops at the current epoch."""
        done = self.trainer.state.epoch
        if done >= self.recipe.epochs:
            return self.recipe
        halt = self.registry.build("observer", "halt", {"epochs": done})
        return replace(self.recipe, observers=(*self.recipe.observers, halt))


def require_reasonable(recipe: Recipe, problem: Problem) -> None:
    """Refuse a network for which the machine may lack the memory, before any is taken.

    Raises
    ------
    UsageError
    """
    plans = plan_network(recipe, problem)
    parameters = sum(math.prod(array.shape) for plan in plans for array in plan.parameters.values())
    if parameters > MOST_PARAMETERS or any(math.prod(plan.output_shape) > MOST_VALUES for plan in plans):
        raise UsageError(
            f"the network would have {parameters:,} parameters",
            hint=f"the page allows at most {MOST_PARAMETERS:,}; nnzoo train has no limit",
        )
