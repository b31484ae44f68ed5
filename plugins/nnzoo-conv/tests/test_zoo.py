"""The trained network that comes along."""

import pytest
from nnzoo import list_models, load_model
from nnzoo.testing import check_zoo_model


def test_it_reaches_what_a_lenet5_should():
    (found,) = list_models("mnist-lenet5.relu")
    assert found.card.test_accuracy >= 0.99
    assert load_model("mnist-lenet5").network.parameters.vector.size == found.card.parameters == 61_706


@pytest.mark.mnist
def test_its_card_tells_the_truth(mnist_dir):
    check_zoo_model("mnist-lenet5.relu")
