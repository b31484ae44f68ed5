"""The package's components keep to the rules of their kinds, and compute what they say."""

import ast
from importlib.resources import files

import click
import numpy as np
import pytest
from nnzoo.api import FileFormatError, Registry, load_dataset
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.testing import parametrize_with_checks

from nnzoo_playground import L1, Drawn, Halt, Painted, Stack, Terms
from nnzoo_playground.command import playground
from nnzoo_playground.painted import packed, unpacked

POINTS = tuple(np.round(np.random.default_rng(0).uniform(-1, 1, (40, 2)), 3).tolist())
PAINTED = Painted(points=tuple(value for place, point in enumerate(POINTS) for value in (*point, 2.0 * (place % 3))))


@parametrize_with_checks(
    [L1(), Halt(), Terms(), Terms(("x", "xx", "xy", "sin-y")), Stack((Dense(8), Activate())), PAINTED]
)
def test_the_rules_of_its_kind(check):
    check()


def test_terms_are_what_they_are_called():
    layer = Terms(("x", "y", "xx", "yy", "xy", "sin-x", "sin-y"))
    out = np.empty((1, 7))
    layer.forward(np.array([[2.0, 3.0]]), out, None)
    np.testing.assert_allclose(out[0], [2, 3, 4, 9, 6, np.sin(2), np.sin(3)])


def test_painted_points_keep_their_places_and_classes():
    data = load_dataset(PAINTED)
    assert data.names == ("class 0", "class 2", "class 4")
    assert len(data.train) + len(data.test) == 40


@pytest.mark.parametrize("points", [(), (0, 0, 0), (0, 0, 0, 1), (0, 0, 0.5) * 4, (0, 0, 10) * 4, (0, 0, 1) * 9])
def test_what_is_not_points_of_classes_is_refused(points):
    with pytest.raises(FileFormatError):
        load_dataset(Painted(points=tuple(map(float, points))))


def test_a_drawn_sample_is_added_to_the_training_part():
    registry = Registry()
    pixels = np.arange(64, dtype=np.uint8) % 17
    drawn = Drawn(registry.build("dataset", "digits"), (packed(pixels),), (7,))
    data, before = load_dataset(str(drawn), registry=registry), load_dataset("digits", registry=registry)
    assert len(data.train) == len(before.train) + 1
    np.testing.assert_array_equal(data.train.array[-1].reshape(-1), pixels)
    assert data.train.targets[-1] == 7


@pytest.mark.parametrize("text", ["", "x", "!!!", packed(np.zeros(63, np.uint8)), packed(np.zeros(1 << 20, np.uint8))])
def test_a_sample_that_is_damaged_or_of_another_size_is_refused(text):
    with pytest.raises(FileFormatError):
        unpacked(text, 64)


def test_it_comes_in_through_public_doors_alone():
    public = ("nnzoo", "nnzoo.api", "nnzoo.builtin", "nnzoo.explanation.as_texts")
    for file in files("nnzoo_playground").iterdir():
        if not file.name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = [node.module] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in named:
                if name and name.split(".")[0] == "nnzoo":
                    assert name in public or name.startswith("nnzoo.builtin."), f"{file.name}: {name}"


def test_the_examples_in_its_help_keep_their_lines():
    lines = playground.get_help(click.Context(playground)).splitlines()
    assert {"  nnzoo playground", "  nnzoo playground --from spirals-mlp"} <= {*lines}
