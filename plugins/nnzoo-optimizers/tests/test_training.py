"""The package as its users meet it: found by nnzoo, and training real data."""

import json
import subprocess
import sys

import pytest
from nnzoo import registry
from nnzoo.datafiles.cache import FileCache
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

from nnzoo_optimizers import nnzoo_optimizers

NAMES = [optimizer.name for optimizer in nnzoo_optimizers()]


def test_names():
    assert [
        *("heavy-ball", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "lion", "lars", "lamb", "muon", "sam")
    ] == NAMES
    assert KNOWN_PACKAGES["nnzoo-optimizers"] == {
        "optimizer": tuple(NAMES)
    }  # what nnzoo says where it is not installed


@pytest.mark.parametrize("name", NAMES)
def test_learns_digits_with_its_defaults(name):
    data = registry.build("dataset", "digits").load(FileCache(None))
    recipe = resolve_recipe(registry, optimizer=name, epochs=20)
    *_, last = prepare_new(recipe, data).epochs()
    assert last.test_accuracy is not None
    assert last.test_accuracy > 0.94


def test_trains_from_the_command_line(tmp_path):
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--epochs", "20", "--json", "--quiet"]
    command += ["--optimizer", "adamw:beta2=0.99,weight_decay=0.02", "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["optimizer"] == "adamw"
    assert results["learning_rate"] == 0.01
    assert results["test_accuracy"] > 0.94
    record = (tmp_path / "run").rglob("*.json")
    assert any("nnzoo-optimizers/adamw" in path.read_text(encoding="utf-8") for path in record)
