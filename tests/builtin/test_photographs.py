"""Photographed digits are recognized."""

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.builtin.pictures import Ink

PHOTOS = {
    "blue pen": {},
    "dim": {"paper": (140, 135, 125), "pen": (30, 35, 90), "dark": 0.6},
    "pencil": {"pen": (140, 140, 145)},
    "grainy": {"grain": 25.0},
    "chalk": {"paper": (50, 70, 55), "pen": (225, 225, 220)},
    "in a shadow": {"shadow": 0.4, "dark": 0.3},
    "small": {"scale": 4},
}


def test_photographs_of_digits(photograph):
    rng = np.random.default_rng(0)
    data, network = load_dataset("digits").test, DeepNeuralNetwork.from_zoo("digits-mlp")
    step, prepared = Ink("digits"), []
    for sample in data.inputs[6:18]:
        grown = np.kron(sample, np.ones((3, 3))) * (255 / 16)
        prepared.append(step.prepare(photograph(grown.astype(np.uint8), rng, scale=6))[0])
    assert network.score(np.stack(prepared), data.targets[6:18]) > 0.9


@pytest.fixture(scope="module")
def mnist(mnist_dir):
    return load_dataset("mnist", mnist_dir).test


@pytest.mark.mnist
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *((kind, 3) for kind in PHOTOS),
        *(pytest.param(kind, 15, marks=pytest.mark.thorough) for kind in PHOTOS),
        pytest.param("blue pen", 300, marks=pytest.mark.thorough),
    ],
    ids=str,
)
def test_photographs_of_mnist(mnist, photograph, kind, count):
    rng = np.random.default_rng(0)
    network = DeepNeuralNetwork.from_zoo("mnist-mlp.relu")
    prepared = [Ink().prepare(photograph(digit, rng, **PHOTOS[kind]))[0] for digit in mnist.inputs[:count]]
    score = network.score(np.stack(prepared), mnist.targets[:count])
    print(f"{kind}: {score:.1%} of {count}")
    assert score > 0.93


@pytest.mark.mnist
@pytest.mark.parametrize("stride", [40, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_test_image_of_mnist_is_used_as_it_is(mnist, stride):
    for digit in mnist.inputs[::stride]:
        pixels, prepared = Ink().prepare(digit)
        assert prepared == "used as it is"
        np.testing.assert_array_equal(pixels, digit)
