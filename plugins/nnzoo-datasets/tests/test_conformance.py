"""The conformance kit, on small data of each kind; and how nnzoo finds these data sets."""

from pathlib import Path

import numpy as np
import pytest
from nnzoo import registry
from nnzoo.testing import parametrize_with_checks
from PIL import Image

from nnzoo_datasets import ImageFolder


@pytest.fixture(autouse=True)
def own_data(own_folder):
    """Pictures."""
    rng = np.random.default_rng(0)
    for number, image in enumerate(rng.integers(0, 256, (20, 8, 8, 3), np.uint8)):
        folder = Path("pictures") / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.png")


@parametrize_with_checks(
    [
        ImageFolder(path="pictures", size=6),
        ImageFolder(path="pictures", color="rgb", fit="crop"),
    ]
)
def test_conformance(check):
    check()


@pytest.mark.parametrize("name", ["fashion-mnist", "images", "kmnist"])
def test_nnzoo_finds_it_and_says_where_it_comes_from(name):
    component = registry.get("dataset", name).component
    assert registry.get("dataset", f"nnzoo-datasets/{name}").component is component
    assert component.summary()
    assert all(h.description for h in component.hyperparameters())
