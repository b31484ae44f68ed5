"""A small data set, and components that remember, draw and listen: what a run must not forget."""

import json
import signal

import pytest

from nnzoo.datafiles.cache import FileCache
from nnzoo.errors import StoppedError
from nnzoo.plugins.registry import Registry
from nnzoo.runs.resume import resume_training
from nnzoo.runs.run import run_training
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

TOY = """\
import math
import os
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import (
    Buffer, Dataset, DatasetLoader, Layer, LayerPlan, MetricSchedule, Model, Optimizer, Parameter, Split, hookimpl
)
from nnzoo.builtin.layers import Activate, Dense


@dataclass(frozen=True)
class Toy(DatasetLoader):
    name: ClassVar[str] = "toy"

    def load(self, cache):
        rng = np.random.Generator(np.random.PCG64(int(os.environ.get("TOY_SEED", 7))))

        def split(n):
            labels = rng.integers(0, 3, n)
            return Split((rng.normal(size=(n, 6)) + labels[:, None]).astype(np.float32), labels)

        return Dataset(split(int(os.environ.get("TOY_SAMPLES", 28))), split(12), ("a", "b", "c"))


@dataclass(frozen=True)
class Plateau(MetricSchedule):
    name: ClassVar[str] = "plateau"

    def factor(self, step, total_steps):
        return 1.0

    def after_epoch(self, metrics, memory):
        memory["before"], memory["now"] = memory.get("now", math.inf), metrics["train_loss"]
        memory["factor"] = memory.get("factor", 1.0) * (0.5 if memory["now"] > 0.8 * memory["before"] else 1.0)
        return memory["factor"]


@dataclass(frozen=True)
class Counting(Optimizer):
    name: ClassVar[str] = "counting"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        return {"mean": np.zeros_like(params), "taken": np.zeros(()), "nothing": np.zeros(0, np.int64)}

    def update(self, params, grad, state, learning_rate, step):
        state["taken"] += 1
        state["mean"] += (grad - state["mean"]) / np.float32(state["taken"])
        params -= np.float32(learning_rate) * state["mean"]


@dataclass(frozen=True)
class Drop(Layer):
    name: ClassVar[str] = "drop"

    def plan(self, input_shape):
        return LayerPlan(input_shape, workspace={"kept": Buffer(input_shape)}, random=True)

    def forward(self, x, out, memory):
        kept = memory.workspace["kept"]
        kept[...] = memory.rng.random(x.shape) < 0.7 if memory.training else 1
        np.multiply(x, kept, out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            np.multiply(grad_out, memory.workspace["kept"], out=grad_in)


@dataclass(frozen=True)
class Centre(Layer):
    name: ClassVar[str] = "centre"

    def plan(self, input_shape):
        return LayerPlan(input_shape, state={"mean": Parameter(input_shape)})

    def forward(self, x, out, memory):
        if memory.training:
            memory.state["mean"] += np.float32(0.1) * (x.mean(axis=0) - memory.state["mean"])
        np.subtract(x, memory.state["mean"], out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            grad_in[...] = grad_out


@dataclass(frozen=True)
class Odd(Model):
    name: ClassVar[str] = "odd"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        return [Centre(), Dense(8), Activate(activation), Drop(), Dense(outputs)]


@hookimpl
def nnzoo_datasets():
    return [Toy]


@hookimpl
def nnzoo_schedules():
    return [Plateau]


@hookimpl
def nnzoo_optimizers():
    return [Counting]


@hookimpl
def nnzoo_layers():
    return [Drop, Centre]


@hookimpl
def nnzoo_models():
    return [Odd]
"""


@pytest.fixture(scope="session")
def toy_plugin(tmp_path_factory):
    """The plugin as a file: data set ``toy`` (4 batches of 8 an epoch, the last one short) and its companions."""
    path = tmp_path_factory.mktemp("plugin") / "toy.py"
    path.write_text(TOY)
    return path


@pytest.fixture(scope="session")
def toy_registry(toy_plugin):
    return Registry([toy_plugin], disabled=["all"])


class Toys:
    """Train on ``toy`` in directories of this folder."""

    def __init__(self, registry, folder, stop, plugin):
        self.registry, self.folder, self._stop, self.plugin = registry, folder, stop, plugin

    def train(self, name, *, stop_at=None, checkpoint_every=1.0, **choices):
        """Results, or None where it stopped, as it is told by a step's number or by ``("measuring", epoch)``."""
        recipe = resolve_recipe(self.registry, **{"batch_size": 8, "epochs": 3, "model": "mlp:hidden=4", **choices})
        loader = self.registry.build("dataset", "toy")
        data = loader.load(None)
        with self._stop(stop_at):
            return self._results(
                lambda: run_training(
                    self.registry,
                    recipe,
                    loader,
                    data,
                    run_dir=self.folder / name,
                    checkpoint_every=checkpoint_every,
                )
            )

    def resume(self, name, *, stop_at=None, **options):
        """As `train`."""
        with self._stop(stop_at):
            return self._results(lambda: resume_training(self.registry, self.folder / name, FileCache(), **options))

    def outcome(self, name):
        """All that must be the same, whether a run was stopped or not."""
        run = self.folder / name
        record = json.loads((run / "run.json").read_text())
        results = {k: v for k, v in record["results"].items() if k not in ("run_dir", "train_seconds")}
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        assert sorted(path.name for path in run.iterdir()) == [
            "checkpoint.safetensors",
            "metrics.jsonl",
            "model.safetensors",
            "run.json",
        ]
        return record["status"], results, [{k: v for k, v in line.items() if k != "seconds"} for line in lines]

    @staticmethod
    def _results(action):
        try:
            return action()
        except StoppedError:
            return None


@pytest.fixture
def toys(toy_registry, toy_plugin, tmp_path, monkeypatch, stopping):
    """See `Toys`. Nothing waits for the disk: what fsync is good for is tested elsewhere."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.chdir(tmp_path)
    return Toys(toy_registry, tmp_path, stopping, toy_plugin)


@pytest.fixture
def stopping(monkeypatch):
    """Ctrl-C at a moment that can be told: while a step is taken, or while an epoch's figures are made."""
    step, measure = Trainer._step, Trainer.measure
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells have background jobs ignore it

    class Stopping:
        def __init__(self, at):
            self._at = at

        def __enter__(self):
            at = self._at

            def taken(trainer, *batch):
                step(trainer, *batch)
                if trainer.state.steps == at:
                    signal.raise_signal(signal.SIGINT)

            def measured(trainer):
                if at == ("measuring", trainer.state.epoch + 1):
                    signal.raise_signal(signal.SIGINT)
                return measure(trainer)

            monkeypatch.setattr(Trainer, "_step", taken)
            monkeypatch.setattr(Trainer, "measure", measured)

        def __exit__(self, *_):
            monkeypatch.setattr(Trainer, "_step", step)
            monkeypatch.setattr(Trainer, "measure", measure)

    yield Stopping
    signal.signal(signal.SIGINT, before)
