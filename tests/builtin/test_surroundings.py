"""MNIST's digits in the surroundings that people's pictures have; `python -m benchmarks.surroundings` tells more."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset

SPEC = spec_from_file_location("surroundings", Path(__file__).parents[2] / "benchmarks/surroundings.py")
sys.modules[SPEC.name] = module_from_spec(SPEC)
SPEC.loader.exec_module(sys.modules[SPEC.name])
from surroundings import SURROUNDINGS, measure, pictured  # noqa: E402


@pytest.fixture(scope="module")
def network():
    return DeepNeuralNetwork.from_zoo("mnist-mlp.large")


@pytest.fixture(scope="module")
def digits(mnist_dir):
    return load_dataset("mnist", mnist_dir).test


@pytest.mark.mnist
@pytest.mark.parametrize("count", [3, pytest.param(8, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_digits_in_surroundings_are_recognized(digits, network, surrounding, count):
    found = measure(surrounding, digits.array[:count], digits.targets[:count], network)
    assert found.wrong == 0
    assert found.right >= count - 1


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_few_of_500_digits_are_misread(mnist_dir, surrounding):
    data, network = load_dataset("mnist", mnist_dir).test, DeepNeuralNetwork.from_zoo("mnist-mlp.large")
    found = measure(surrounding, data.array[:500], data.targets[:500], network)
    print(surrounding, found)
    assert found.wrong <= 0.04 * found.total
    assert found.right >= 0.93 * found.total or (
        found.unread_wrong >= found.wrong and found.unread_right < 0.03 * (found.right + found.unread_right)
    )


def test_a_number_always_makes_the_same_picture():
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = 255
    for name in SURROUNDINGS:
        np.testing.assert_array_equal(pictured(digit, name, 3), pictured(digit, name, 3))
