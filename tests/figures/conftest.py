"""Runs that figures are made of: a few small trainings, made once."""

from pathlib import Path

import pytest

from nnzoo.datafiles.cache import FileCache
from nnzoo.figures.style import make_figure, styled
from nnzoo.kinds import DatasetLoader
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import run_training
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import resolve_recipe

PLUGIN = """\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Activation, Dataset, DatasetLoader, MetricSchedule, Split, hookimpl


def dataset(n, shape, names):
    rng = np.random.default_rng(5)
    centres, labels = rng.normal(size=(len(names), *shape)), rng.integers(0, len(names), 2 * n)
    inputs = (centres[labels] + rng.normal(size=(2 * n, *shape))).astype(np.float32)
    return Dataset(Split(inputs[:n], labels[:n]), Split(inputs[n:], labels[n:]), names)


@dataclass(frozen=True)
class Letters(DatasetLoader):
    name: ClassVar[str] = "letters"

    def load(self, cache):
        return dataset(200, (6,), tuple(f"${c}_{{1}}$ \\u732b and no end {c * 99}" for c in LETTERS))


@dataclass(frozen=True)
class Crowd(DatasetLoader):
    name: ClassVar[str] = "crowd"

    def load(self, cache):
        return dataset(120, (6,), tuple(map(str, range(60))))


@dataclass(frozen=True)
class Colours(DatasetLoader):
    name: ClassVar[str] = "colours"

    def load(self, cache):
        return dataset(60, (5, 4, 3), ("red", "green"))


@dataclass(frozen=True)
class Waves(DatasetLoader):
    name: ClassVar[str] = "waves"

    def load(self, cache):
        x = np.random.default_rng(2).uniform(-3, 3, (150, 2)).astype(np.float32)
        y = np.sin(x) * np.float32([1, 200]) + np.float32([0, 1000])
        return Dataset(Split(x[:100], y[:100]), Split(x[100:], y[100:]), value_names=("small", "$large$"))


@dataclass(frozen=True)
class Tagged(DatasetLoader):
    name: ClassVar[str] = "tagged"

    def load(self, cache):
        x = np.random.default_rng(4).normal(size=(300, 3)).astype(np.float32)
        y = np.stack([x[:, 0] > 0, x[:, 1] > 1, x.sum(axis=1) > 0, np.arange(300) % 7 == 0], axis=1).astype(np.uint8)
        return Dataset(Split(x[:200], y[:200]), Split(x[200:], y[200:]), ("left", "rare", "$sum$", "chance"))


@dataclass(frozen=True)
class Bent(Activation):
    name: ClassVar[str] = "bent"

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, grad):
        grad *= 1 - a * a


@dataclass(frozen=True)
class Halving(MetricSchedule):
    name: ClassVar[str] = "halving"

    def factor(self, step, total_steps):
        return 1.0 - step / (2 * total_steps)

    def after_epoch(self, metrics, memory):
        memory["factor"] = memory.get("factor", 1.0) * (0.5 if metrics["train_loss"] > 0 else 1.0)
        return memory["factor"]


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@hookimpl
def nnzoo_datasets():
    return [Letters, Crowd, Colours, Waves, Tagged]


@hookimpl
def nnzoo_activations():
    return [Bent]


@hookimpl
def nnzoo_schedules():
    return [Halving]
"""


class Runs:
    """Train in directories of this folder; a run of the same name is the same run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.plugin = folder, folder / "odd.py"
        self.plugin.write_text(PLUGIN)
        self.registry = Registry([self.plugin], disabled=["all"])

    def __call__(self, name: str, dataset: str | DatasetLoader = "digits", **choices) -> TrainedRun:
        path = self.folder / name
        if not path.exists():
            loader = self.registry.build("dataset", dataset)
            data = loader.load(FileCache())
            wanted = {"epochs": 4, "model": "mlp:hidden=8", **choices}
            recipe = resolve_recipe(self.registry, task=data.task, **wanted)
            run_training(self.registry, recipe, loader, data, run_dir=path)
        return self.open(path)

    def open(self, path: Path) -> TrainedRun:
        return TrainedRun(path, self.registry, FileCache())


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def homes_run(runs, homes_loader):
    """A run on the table of homes: with a ``kind`` to tell or a ``price`` to predict."""

    def run(target: str, **choices) -> TrainedRun:
        wanted = {"epochs": 30, "batch_size": 16, **choices}
        return runs(f"homes-{target}{len(choices)}", homes_loader(runs.registry, target), **wanted)

    return run


@pytest.fixture
def ax():
    with styled():
        yield make_figure()[1][0]
