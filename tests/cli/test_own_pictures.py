"""Training from the command line on a user's own pictures, and answers to raw ones."""

import json

import numpy as np
import pytest
from PIL import Image

from nnzoo import DeepNeuralNetwork
from nnzoo.builtin.image_folder import ImageFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures twice as wide as high: bright on the left, or bright on the right."""
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    for number in range(60):
        pixels = rng.integers(0, 100, (24, 48), np.uint8)
        pixels[:, slice(0, 24) if number % 2 else slice(24, 48)] += 120
        path = folder / "pictures" / ("left" if number % 2 else "right") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return folder


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_raw_pictures_are_answered_as_in_training(folder, nnzoo_here, monkeypatch, fit):
    done = nnzoo_here(
        *(folder, "train", "--dataset", f"pictures/:size=8,fit={fit}", "--epochs", "20", "--batch-size", "16"),
        *("--run-dir", fit, "--json"),
    )
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["test_accuracy"] >= 0.95
    record = json.loads((folder / fit / "run.json").read_text())
    stored = record["components"]["dataset"]
    assert stored["name"] == "nnzoo/images"
    assert (stored["options"]["path"], stored["options"]["fit"]) == ("pictures/", fit)

    monkeypatch.chdir(folder)
    test = ImageFolder(path="pictures", size=8, fit=fit).load(cache=None).test
    expected = DeepNeuralNetwork.load(folder / fit / "model.safetensors").predict_proba(test.inputs)
    files = sorted((folder / "pictures").glob("*/*.png"))
    done = nnzoo_here(folder, "predict", fit, *map(str, files), "--json")
    assert done.code == 0, done.stderr
    rows = json.loads(done.stdout)
    found = [row["probabilities"] for row in rows]
    assert {row["prepared"] for row in rows} == {"resized"}
    for probabilities in expected:
        assert np.abs(np.array(found) - probabilities).max(axis=1).min() < 1e-5
    assert np.mean([row["class"] == path.parent.name for row, path in zip(rows, files, strict=True)]) >= 0.95


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("images", "dataset images needs a value for path"),
        ("picture/", "there is no folder picture"),
        ("pictures/:sise=8", "has no hyperparameter 'sise'"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(folder, nnzoo_here, dataset, message):
    done = nnzoo_here(folder, "train", "--dataset", dataset, "--run-dir", "none")
    assert (done.code, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "none").exists()
