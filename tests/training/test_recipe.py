"""What decides a training is held to what can be meant."""

import json
import logging

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.errors import HyperparameterError
from nnzoo.plugins.registry import Registry
from nnzoo.training.recipe import MOST, resolve_recipe


@pytest.mark.parametrize("name", ["epochs", "batch_size", "early_stopping"])
def test_an_absurdly_large_number_is_refused(name):
    registry = Registry(disabled=["all"])
    with pytest.raises(HyperparameterError, match=f"{name} = 999999999999999999999"):
        resolve_recipe(registry, **{name: 999_999_999_999_999_999_999})
    assert getattr(resolve_recipe(registry, **{name: MOST}), name) == MOST


@pytest.mark.parametrize("asked", [2, 3, 64])
def test_threads_are_limited_to_the_processors_with_a_message_and_in_the_record(
    nnzoo_here, tmp_path, monkeypatch, asked
):
    monkeypatch.setattr("nnzoo.training.recipe.processors", lambda: 2)
    options = ("--dataset", "digits", "--epochs", "0", "--quiet", "--run-dir", "run")
    outcome = nnzoo_here(tmp_path, "train", *options, "--threads", asked)
    assert outcome.code == 0, outcome.stderr
    told = f"{asked} threads are more than there are processors: using 2"
    assert outcome.stderr.count(told) == (asked > 2)
    assert json.loads((tmp_path / "run/run.json").read_text())["settings"]["threads"] == 2


def test_a_run_resumes_with_fewer_threads_only_if_that_is_allowed(nnzoo_here, tmp_path, monkeypatch):
    monkeypatch.setattr("nnzoo.training.recipe.processors", lambda: 8)
    options = ("--dataset", "digits", "--epochs", "1", "--quiet", "--run-dir", "run", "--threads", "2")
    assert nnzoo_here(tmp_path, "train", *options).code == 0
    monkeypatch.setattr("nnzoo.training.recipe.processors", lambda: 1)
    resumed = nnzoo_here(tmp_path, "train", "--resume", "run")
    assert resumed.code == 2
    assert "threads: 2 then, 1 now" in resumed.stderr


def test_threads_are_limited_for_arrays_too(monkeypatch, caplog):
    monkeypatch.setattr("nnzoo.training.recipe.processors", lambda: 1)
    network = DeepNeuralNetwork([2, 3, 2])
    with caplog.at_level(logging.WARNING, "nnzoo"):
        network.train(np.eye(2, dtype=np.float32), np.array([0, 1]), epochs=1, threads=64)
    assert caplog.messages == ["64 threads are more than there are processors: using 1"]
