"""Networks that branch, from training to export: the same bits after a kill, and the same answers everywhere."""

import json
import runpy
import signal
from pathlib import Path

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.plugins.registry import Registry

EXAMPLES = Path(__file__).parents[2] / "examples"
TRAININGS = {
    "residual": ("--model", "residual-mlp:units=16"),
    "two_inputs": ("--dataset", "digit-pairs:pairs=1500", "--model", "siamese:units=16"),
}


@pytest.mark.parametrize("example", TRAININGS)
def test_a_graph_is_killed_resumed_and_exported(nnzoo_here, nnzoo_command, tmp_path, example):
    plugin = ("--plugin", str(EXAMPLES / f"{example}.py"))
    words = ("train", *plugin, *TRAININGS[example], "--epochs", "4", "--quiet")
    done = nnzoo_here(tmp_path, *words, "--run-dir", "whole")
    assert done.code == 0, done.stderr
    done = nnzoo_command(tmp_path, *words, "--run-dir", "killed", "--checkpoint-every", "0.05", killed_at=15)
    assert done.code == -signal.SIGKILL, done.stderr
    assert json.loads((tmp_path / "killed/run.json").read_text())["status"] == "running"
    done = nnzoo_here(tmp_path, "train", *plugin, "--resume", "killed", "--quiet")
    assert done.code == 0, done.stderr

    registry = Registry(files=[EXAMPLES / f"{example}.py"])
    whole, killed = (
        DeepNeuralNetwork.load(tmp_path / name / "model.safetensors", registry=registry) for name in ("whole", "killed")
    )
    np.testing.assert_array_equal(whole.network.parameters.vector, killed.network.parameters.vector)

    done = nnzoo_here(tmp_path, "export", "whole", *plugin, "--format", "numpy")
    assert done.code == 0, done.stderr
    script = runpy.run_path(str(tmp_path / "whole/model.py"))
    pixels = np.random.default_rng(0).integers(0, 17, (100, *whole.network.input_shape)).astype(np.uint8)
    np.testing.assert_allclose(script["predict"](pixels), whole.predict_proba(pixels), rtol=0, atol=1e-5)
