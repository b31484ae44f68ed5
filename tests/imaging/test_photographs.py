"""Photographed digits are recognized."""

import numpy as np
import pytest
from nnzoo.imaging.conventions import prepare

from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.imaging.frame import Frame
from nnzoo.imaging.samples import read_samples

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
    frame, prepared = Frame.of((8, 8)), []
    for sample in data.inputs[:60]:
        grown = np.kron(sample, np.ones((3, 3))) * (255 / 16)
        prepared.append(prepare(photograph(grown.astype(np.uint8), rng, scale=6), frame, "digits")[0])
    assert network.score(np.stack(prepared), data.targets[:60]) > 0.85


@pytest.mark.mnist
@pytest.mark.parametrize(("kind", "count"), [(kind, 300 if kind == "blue pen" else 15) for kind in PHOTOS], ids=str)
def test_photographs_of_mnist(mnist_dir, photograph, kind, count):
    rng = np.random.default_rng(0)
    data, network = load_dataset("mnist", mnist_dir).test, DeepNeuralNetwork.from_zoo("mnist-mlp.relu")
    frame = Frame.of((28, 28))
    prepared = [prepare(photograph(digit, rng, **PHOTOS[kind]), frame, "mnist")[0] for digit in data.inputs[:count]]
    score = network.score(np.stack(prepared), data.targets[:count])
    print(f"{kind}: {score:.1%} of {count}")
    assert score > 0.93


@pytest.mark.mnist
def test_every_test_image_of_mnist_is_used_as_it_is(mnist_dir):
    frame = Frame.of((28, 28))
    for digit in load_dataset("mnist", mnist_dir).test.inputs:
        pixels, prepared = prepare(digit, frame, "mnist")
        assert prepared == "as it is"
        np.testing.assert_array_equal(pixels, digit)


@pytest.mark.mnist
def test_a_saved_image_of_mnist_gives_the_same_probabilities_to_the_bit(mnist_dir, encoded):
    data, network = load_dataset("mnist", mnist_dir).test, DeepNeuralNetwork.from_zoo("mnist-mlp.relu")
    for digit in data.inputs[:50]:
        (sample,) = read_samples(encoded(digit), network.input_shape, "mnist")
        np.testing.assert_array_equal(network.predict_proba(sample.values[None]), network.predict_proba(digit[None]))
