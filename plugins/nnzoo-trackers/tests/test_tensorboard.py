"""Event files, read with TensorBoard's own reader."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import EpochObserver, ObserverPlan, StepObserver
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from nnzoo_trackers import TensorBoard

from .conftest import run_nnzoo


def read(folder):
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    found.Reload()
    return found


def series(events, tag):
    return [(each.step, each.value) for each in events.Scalars(tag)]


def train(*words):
    done = run_nnzoo("train", "--dataset", "digits", "--quiet", *words)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def test_scalars_are_those_of_the_run_and_the_folder_goes_with_it(tmp_path):
    words = ("--epochs", 3, "--validation", 0.1, "--observe", "tensorboard", "--run-dir", "run")
    assert train(*words) == (0, "")
    events = read("run/tensorboard")
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    tags = {
        f"{part}/{name}": f"{part}_{name}" for part in ("train", "validation", "test") for name in ("loss", "accuracy")
    }
    assert {*events.Tags()["scalars"]} == {*tags, "learning_rate", "seconds"}
    for tag, name in {**tags, "learning_rate": "learning_rate"}.items():
        assert series(events, tag) == [(line["epoch"], np.float32(line[name])) for line in lines]
    (settings,) = events.Tensors("settings/text_summary")
    assert "| epochs | `3` |" in settings.tensor_proto.string_val[0].decode()
    assert train("--resume", "run", "--epochs", 3)[0] == 2  # at its end, and nothing is written
    assert run_nnzoo("runs", "remove", "run", "--yes").returncode == 0
    assert not Path("run").exists()


def test_of_an_epoch_that_is_trained_again_there_is_one_point(killer):
    words = ("--plugin", killer, "--observe", "tensorboard:histograms=1", "--observe", "killer:epoch=2")
    assert train("--epochs", 4, "--run-dir", "run", *words)[0] == -9
    assert [step for step, _ in series(read("run/tensorboard"), "train/loss")] == [1, 2]
    (file,) = Path("run/tensorboard").iterdir()
    file.write_bytes(file.read_bytes()[:-7])  # it was killed while it wrote
    assert train("--resume", "run", "--plugin", killer) == (0, "")
    events = read("run/tensorboard")
    assert [step for step, _ in series(events, "train/loss")] == [1, 2, 3, 4]
    assert [each.step for each in events.Histograms("weights/0.dense.weight")] == [1, 2, 3, 4]


@dataclass(frozen=True)
class Keeper(StepObserver, EpochObserver):
    """Keeps a copy of the weights of each epoch."""

    name = "keeper"
    kept = {}  # noqa: RUF012

    def plan(self, moment):
        return ObserverPlan()

    def after_step(self, moment, memory):
        pass

    def after_epoch(self, moment, figures, memory):
        self.kept[moment.epoch] = moment.arrays["0.dense.weight"].copy()


def test_histograms_are_those_of_the_weights(digits, tmp_path):
    dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=8")
    observers = [TensorBoard(folder="tb", histograms=2), Keeper()]
    dnn.train(digits, epochs=5, observers=observers, verbose=False)
    (folder,) = Path("tb").iterdir()
    events = read(folder)
    found = events.Histograms("weights/0.dense.weight")
    assert [each.step for each in found] == [2, 4]
    for each in found:
        weights, value = Keeper.kept[each.step], each.histogram_value
        assert value.num == weights.size
        assert (value.min, value.max) == (weights.min(), weights.max())
        assert value.sum == pytest.approx(weights.sum(), rel=1e-4)
        assert sum(value.bucket) == weights.size
    assert [each.step for each in events.Histograms("gradients/2.dense.bias")] == [2, 4]
    assert series(events, "train/loss") == [(each.epoch, np.float32(each.train_loss)) for each in dnn.history]
    dnn.train(digits, epochs=1, observers=observers, verbose=False)
    assert len([*Path("tb").iterdir()]) == 2  # each training has its own


def test_the_training_is_the_same_to_the_bit(digits):
    vectors = []
    for observers in ([], [TensorBoard(histograms=1)]):
        dnn = DeepNeuralNetwork.for_dataset(digits, model="mlp:hidden=8")
        dnn.train(digits, epochs=2, observers=observers, verbose=False)
        vectors.append(dnn.network.parameters.vector.copy())
    np.testing.assert_array_equal(*vectors)


def test_a_folder_that_can_not_be_written_is_reported_and_the_run_goes_on(tmp_path):
    (tmp_path / "tb").write_text("a file")
    code, said = train("--epochs", 2, "--run-dir", "run", "--observe", "tensorboard:folder=tb")
    assert code == 0
    assert "observer tensorboard failed and is switched off: StorageError: can't write to" in said
    assert len(json.loads(Path("run/run.json").read_text())["results"]["observers_off"]) == 1
