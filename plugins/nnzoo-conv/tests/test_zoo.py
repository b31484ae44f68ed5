"""The trained network that comes along."""

import numpy as np
import pytest
from nnzoo import list_models, load_dataset, load_model


def card():
    (found,) = list_models("mnist-lenet5")
    return found.card


def test_it_reaches_what_a_lenet5_should():
    assert card().test_accuracy >= 0.99
    assert load_model("mnist-lenet5").network.parameters.vector.size == card().parameters == 61_706


@pytest.mark.mnist
def test_its_card_tells_the_truth(mnist_dir):
    data = load_dataset("mnist", mnist_dir)
    predicted = load_model("mnist-lenet5").predict(data.test.inputs)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (data.test.targets, predicted), 1)
    assert confusion.tolist() == card().confusion
