"""The README's plugin works, and the Python of the page that it leads to runs."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.model.exporting import export_model
from nnzoo.plugins.registry import Registry

ROOT = Path(__file__).parents[2]
PAGES = [(ROOT / name).read_text(encoding="utf-8") for name in ("docs/python.md", "README.md")]
TOUR, PLUGIN = (re.search(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1] for page in PAGES)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "mish.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return path


def test_the_tour_in_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "tour.py"
    script.write_text(TOUR, encoding="utf-8")
    names = runpy.run_path(str(script))
    assert names["dnn"].score(names["x_test"], names["y_test"]) > 0.95
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == 10
    assert any(line.startswith("dense:units=32") for line in lines)
    assert (tmp_path / "digits.safetensors").is_file()


def test_the_plugin_has_the_derivative_of_its_function(plugin: Path) -> None:
    mish = Registry(files=[plugin]).build("activation", "mish")
    z = np.linspace(-6, 6, 101)[None]
    step = 1e-6
    a, above, below, grad = np.empty_like(z), np.empty_like(z), np.empty_like(z), np.ones_like(z)
    mish.forward(z, a)
    mish.backward(z, a, grad)
    mish.forward(z + step, above)
    mish.forward(z - step, below)
    np.testing.assert_allclose(grad, (above - below) / (2 * step), atol=1e-8)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_the_plugin_exports(plugin: Path, tmp_path: Path) -> None:
    registry = Registry(files=[plugin])
    dnn = DeepNeuralNetwork([6, 8, 3], "mish", registry=registry)
    dnn.save(tmp_path / "net.safetensors")
    export_model(registry, tmp_path / "net.safetensors", NumpyScript())
    x = np.random.default_rng(0).standard_normal((100, 6)).astype(np.float32)
    predict = runpy.run_path(str(tmp_path / "net.py"))["predict"]
    np.testing.assert_allclose(predict(x), dnn.predict_proba(x), atol=1e-5)


def test_the_plugin_trains(plugin: Path, nnzoo_here: Callable[..., Any]) -> None:
    words = ("train", "--plugin", plugin, "--activation", "mish", "--dataset", "digits", "--json")
    done = nnzoo_here(plugin.parent, *words)
    assert done.code == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["activation"] == "mish"
    assert results["test_accuracy"] > 0.95
