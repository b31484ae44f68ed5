"""The files of a run, however it ends."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from nnzoo.builtin.datasets import Digits
from nnzoo.errors import DivergedError, StorageError, UsageError
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import RunListener, run_training
from nnzoo.training.recipe import resolve_recipe

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.fixture(scope="module")
def digits():
    return Digits().load(None)


@pytest.fixture
def train(tmp_path, digits):
    """Train on digits in ``run``; returns the results."""

    def run(*, listener=None, **choices):
        registry = Registry(disabled=["all"])
        recipe = resolve_recipe(registry, **{"epochs": 2, **choices})
        return run_training(registry, recipe, Digits(), digits, run_dir=tmp_path / "run", listener=listener)

    return run


@pytest.fixture
def record(tmp_path):
    return lambda: json.loads((tmp_path / "run" / "run.json").read_text())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_results_are_those_in_the_record(train, record):
    results = train()
    assert record()["results"] == json.loads(json.dumps(results))
    assert record()["status"] == "finished"
    assert record()["started"] <= record()["finished"]


def test_the_record_exists_during_the_run(train, record, tmp_path):
    heard = []

    def epoch_ended(metrics):
        lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
        heard.append((record()["status"], "results" in record(), json.loads(lines[-1]) == metrics.to_dict()))
        assert "model.safetensors" not in names(tmp_path / "run")

    train(listener=RunListener(lambda *_: None, epoch_ended))
    assert heard == [("running", False, True)] * 2


def test_a_run_that_diverges_keeps_its_reason_and_no_model(train, record, tmp_path):
    with pytest.raises(DivergedError):
        train(learning_rate=1e6)
    assert record()["status"] == "diverged"
    assert "not finite at step" in record()["reason"]
    assert record()["steps"] >= 1
    assert "model.safetensors" not in names(tmp_path / "run")


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), RuntimeError("out of order"), BrokenPipeError(), StorageError("disk full")],
    ids=lambda error: type(error).__name__,
)
def test_a_run_that_ends_early_is_not_left_running(train, record, tmp_path, error):
    def epoch_ended(metrics):
        raise error

    with pytest.raises(type(error)):
        train(listener=RunListener(lambda *_: None, epoch_ended))
    assert record()["status"] not in ("running", "finished")
    assert "results" not in record()
    assert names(tmp_path / "run") in (
        ["metrics.jsonl", "run.json"],
        ["checkpoint.safetensors", "metrics.jsonl", "run.json"],
    )


def test_the_model_file_holds_the_weights_and_how_to_rebuild_the_network(train, tmp_path):
    results = train(model="mlp:hidden=5")
    with safe_open(tmp_path / "run" / "model.safetensors", "np") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is not a mapping)
        metadata = file.metadata()
    weights = [tensor for name, tensor in tensors.items() if not name.startswith("preprocessing.")]
    assert sum(tensor.size for tensor in weights) == results["parameters"] == 65 * 5 + 6 * 10
    assert all(tensor.dtype == np.float32 and np.isfinite(tensor).all() for tensor in weights)
    assert metadata["nnzoo_format"] == "2"
    header = json.loads(metadata["nnzoo"])
    assert header["components"]["model"] == {
        "name": "nnzoo/mlp",
        "version": header["components"]["model"]["version"],
        "options": {"hidden": [5]},
    }
    assert header["data"]["input_shape"] == [8, 8]
    assert header["results"]["weights_sha256"] == results["weights_sha256"]


def test_the_model_file_names_no_module(train, tmp_path):
    train()
    raw = (tmp_path / "run" / "model.safetensors").read_bytes()
    for word in (b"nnzoo.", b"builtin", b"import", b"pickle"):
        assert word not in raw


def test_data_too_large_for_a_model_file_are_refused_before_training(digits, tmp_path):
    registry = Registry(disabled=["all"])
    long = replace(digits, class_names=("0" * (1 << 21), *digits.class_names[1:]))
    with pytest.raises(UsageError, match="room"):
        run_training(registry, resolve_recipe(registry, epochs=1), Digits(), long, run_dir=tmp_path / "run")
    assert names(tmp_path) == []


def test_a_model_file_is_complete_or_missing(train, record, tmp_path, monkeypatch):
    write = Path.replace

    def full(self, target):
        if Path(target).name == "model.safetensors":
            raise OSError(28, "No space left on device")
        return write(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match=r"model\.safetensors: No space left"):
        train()
    assert names(tmp_path / "run") == ["checkpoint.safetensors", "metrics.jsonl", "run.json"]
    assert record()["status"] not in ("running", "finished")
