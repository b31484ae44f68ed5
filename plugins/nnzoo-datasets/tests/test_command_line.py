"""Training from the command line on a user's own data."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RNG = np.random.default_rng(0)


def nnzoo(*arguments):
    command = [sys.executable, "-m", "nnzoo", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def train(dataset, *arguments):
    done = nnzoo("train", "--dataset", dataset, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def own_table():
    """Three kinds of flowers, each around a place of its own."""
    kinds = np.arange(150) % 3
    x = RNG.standard_normal((150, 2)) * 0.3 + np.array([[0, 0], [2, 0], [0, 2]])[kinds]
    lines = [f"{1000 + 100 * a:.2f};{b:.4f};{'ABC'[kind]}" for (a, b), kind in zip(x, kinds, strict=True)]
    Path("flowers.csv").write_text("\n".join(["width;length;kind", *lines]))
    return "csv:path=flowers.csv,target=kind"


def own_pictures():
    """Dark pictures and light ones."""
    for number in range(60):
        folder = Path("pictures") / ("dark" if number % 2 else "light")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 128, (9, 9), np.uint8) + np.uint8(0 if number % 2 else 127)).save(
            folder / f"{number}.jpg"
        )
    return "images:path=pictures,size=8"


def own_arrays():
    """Bars that stand and bars that lie."""
    images, labels = np.zeros((200, 5, 5), np.uint8), np.arange(200) % 2
    for image, label, place in zip(images, labels, RNG.integers(0, 5, 200), strict=True):
        (image if label else image.T)[place] = 255
    np.savez_compressed("bars.npz", x=images, y=np.array(["standing", "lying"])[labels])
    return "npz:path=bars.npz"


@pytest.mark.parametrize("own_data", [own_table, own_pictures, own_arrays])
def test_own_data_are_learnt(own_data):
    dataset = own_data()
    results, _ = train(dataset, "--epochs", "30", "--batch-size", "32")
    assert results["test_accuracy"] >= 0.95
    name, _, options = dataset.partition(":")
    record = json.loads((Path(results["run_dir"]) / "run.json").read_text())
    stored = record["components"]["dataset"]
    assert stored["name"] == f"nnzoo-datasets/{name}"
    assert all(str(stored["options"][key]) == value for key, value in (o.split("=") for o in options.split(",")))


def test_numbers_are_learnt_whatever_their_unit():
    x = RNG.standard_normal((400, 3))
    prices = 1e6 * (5 + x @ [1, -2, 0.5])
    lines = [",".join(f"{v:.6g}" for v in (*row, price)) for row, price in zip(x, prices, strict=True)]
    Path("houses.csv").write_text("\n".join(["a,b,c,price", *lines]))
    results, messages = train("csv:path=houses.csv", "--epochs", "20")
    assert (results["loss"], results["test_accuracy"]) == ("mse", None)
    assert results["test_loss"] < 0.05  # of a variance of 1
    assert "target 'price': a number to predict, standardised: mean " in messages


def test_mistakes_are_told_without_a_traceback():
    own_table()
    for dataset, code, message in (
        ("csv", 2, "dataset csv needs a value for path"),
        ("csv:path=flower.csv", 2, "flower.csv does not exist"),
        ("csv:path=flowers.csv,target=color", 2, "there is no column 'color'"),
        ("csv:path=flowers.csv,decimal=comma", 3, "flowers.csv, line 2, column 'width'"),
    ):
        done = nnzoo("train", "--dataset", dataset)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert done.stderr.startswith("nnzoo: error: ")
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert not Path("runs").exists()
