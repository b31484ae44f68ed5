"""Training from the command line on a user's own pictures."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)


def nnzoo(*arguments):
    command = [sys.executable, "-m", "nnzoo", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def train(dataset, *arguments):
    done = nnzoo("train", "--dataset", dataset, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def own_pictures():
    """Dark pictures and light ones."""
    for number in range(60):
        folder = Path("pictures") / ("dark" if number % 2 else "light")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 128, (9, 9), np.uint8) + np.uint8(0 if number % 2 else 127)).save(
            folder / f"{number}.jpg"
        )
    return "size=8"


def test_own_pictures_are_learnt():
    options = own_pictures()
    results, _ = train(f"pictures/:{options}", "--epochs", "30", "--batch-size", "32")
    assert results["test_accuracy"] >= 0.95
    record = json.loads((Path(results["run_dir"]) / "run.json").read_text())
    stored = record["components"]["dataset"]
    assert stored["name"] == "nnzoo-datasets/images"
    assert (stored["options"]["path"], stored["options"]["size"]) == ("pictures/", 8)


def test_mistakes_are_told_without_a_traceback():
    own_pictures()
    for dataset, code, message in (
        ("images", 2, "dataset images needs a value for path"),
        ("picture/", 2, "there is no folder picture"),
        ("pictures/:sise=8", 2, "has no hyperparameter 'sise'"),
    ):
        done = nnzoo("train", "--dataset", dataset)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert done.stderr.startswith("nnzoo: error: ")
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert not Path("runs").exists()
