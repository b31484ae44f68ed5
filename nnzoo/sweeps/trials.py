"""`Trials`: what a worker runs for a trial: training as in ``nnzoo train``, but without the test part."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nnzoo.data import find_dataset
from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import DivergedError, NnzooError, UsageError
from nnzoo.kinds import Columns, Dataset, DatasetLoader, Split, Stream, Work, load_checked
from nnzoo.model.model_file import weights_sha256
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import kept_figures, make_trainer
from nnzoo.sweeps.plan import Plan, Trial
from nnzoo.training.data import PreparedData, prepare_dataset
from nnzoo.training.recipe import Recipe, resolve_recipe
from nnzoo.training.trainer import Trainer

MOST_PREPARED = 8
"""The most seeds for which a worker keeps prepared data; the seed decides the validation part."""


def preparing(registry: Registry, plan: Plan, dataset: Dataset) -> Callable[[], Work]:
    """The function that prepares a worker; data in memory are sent along, other data are read by each worker."""
    if all(map(_is_in_memory, (dataset.train, dataset.test))):
        with suppress(pickle.PicklingError, TypeError, AttributeError):  # for example, a function of a component
            pickle.dumps(dataset, protocol=5, buffer_callback=lambda buffer: None)
            return partial(Trials, registry, plan, dataset)
    return partial(_read, registry, plan)


def _is_in_memory(part: Split) -> bool:
    if isinstance(part.inputs, Columns | Stream):
        return isinstance(part.inputs, Columns)
    return isinstance(part.samples, np.ndarray)


def read_data(registry: Registry, plan: Plan) -> tuple[DatasetLoader, Dataset]:
    """The data of a sweep, with their loader."""
    loader = find_dataset(registry, plan.dataset)
    return loader, load_checked(loader, FileCache(None if plan.data_dir is None else Path(plan.data_dir)))


def _read(registry: Registry, plan: Plan) -> Work:
    _, dataset = read_data(registry, plan)
    if dataset.sha256() != plan.data_sha256:
        raise UsageError(f"the data of {plan.dataset} have changed since the sweep began")
    return Trials(registry, plan, dataset)


class Trials:
    """Runs the trials of a sweep on its data."""

    def __init__(self, registry: Registry, plan: Plan, dataset: Dataset) -> None:
        self.registry, self.plan, self.dataset = registry, plan, dataset
        self._prepared: dict[int, PreparedData] = {}

    def prepared(self, seed: int) -> PreparedData:
        """The prepared data for a seed, test part included."""
        if seed not in self._prepared:
            if len(self._prepared) == MOST_PREPARED:
                self._prepared.pop(next(iter(self._prepared)))
            task = self.registry.build("task", self.plan.settings.get("task") or self.dataset.task)
            settings: dict[str, Any] = {"validation": self.plan.settings["validation"], "seed": seed}
            self._prepared[seed] = prepare_dataset(self.dataset, task, **settings, registry=self.registry)
        return self._prepared[seed]

    def recipe(self, trial: Trial) -> Recipe:
        """The recipe of a trial, with the defaults of ``nnzoo train``."""
        data = self.prepared(trial.seed)
        given = given_of(self.registry, self.plan, trial.configuration)
        given.setdefault("task", self.dataset.task)
        recipe = resolve_recipe(self.registry, data=data, seed=trial.seed, **given)
        return replace(recipe, epochs=max(1, round(recipe.epochs * trial.share))) if trial.share < 1 else recipe

    def trainer(self, trial: Trial) -> Trainer:
        """A trainer before its first step, without the test part."""
        data = replace(self.prepared(trial.seed), test=None)
        trainer, _ = make_trainer(self.registry, self.recipe(trial), self.dataset, data)
        return trainer

    def __call__(self, trial: Trial) -> dict[str, Any]:
        """Train, and return the result for the journal; a trial that diverges or fails has a status and a message."""
        started = time.perf_counter()
        result: dict[str, Any] = {"status": "finished", "message": "", "figures": {}, "cost": None}
        try:
            result |= self._trained(trial)
        except DivergedError as error:
            result |= {"status": "diverged", "message": error.message}
        except NnzooError as error:
            result |= {"status": "failed", "message": error.message}
        return result | {"seconds": round(time.perf_counter() - started, 4)}

    def _trained(self, trial: Trial) -> dict[str, Any]:
        trainer = self.trainer(trial)
        recipe = trainer.recipe
        with trainer.observing.watching(trainer.state, recipe):
            history = [metrics.to_dict() for metrics in trainer.epochs()]
            kept = kept_figures(trainer, history)
        figures = {name: kept[name] for name in kept if name.partition("_")[0] in ("train", "validation")}
        value = figures[f"validation_{recipe.monitor}"]
        if value is None:
            raise UsageError(f"the validation data have no {recipe.monitor}")
        better = trainer.scorer.measures[recipe.monitor].higher_is_better
        return {
            "figures": figures,
            "cost": -value if better else value,
            "epochs": recipe.epochs,
            "epochs_trained": trainer.state.epoch,
            "train_seconds": round(trainer.state.seconds, 4),
            "weights_sha256": weights_sha256(trainer.network),
        }


def given_of(registry: Registry, plan: Plan, configuration: Mapping[str, str]) -> dict[str, Any]:
    """The arguments for `resolve_recipe`: the configuration, and the settings of all trials."""
    given: dict[str, Any] = {**plan.settings, **configuration}
    if (hidden := given.pop("hidden", None)) is not None:
        given["model"] = registry.build("model", given.get("model", "mlp"), {"hidden": hidden.split(",")})
    return given
