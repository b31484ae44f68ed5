"""The trained networks that come along; `nnzoo zoo verify` holds all of them against their cards."""

import pytest
from nnzoo import list_models, load_model
from nnzoo.testing import check_zoo_model

ACCURACIES = {
    "mnist-lenet5.relu": 0.99,
    "mnist-resnet.small": 0.995,
    "mnist-tiny.99": 0.99,
    "fashion-resnet.small": 0.925,
}


@pytest.mark.parametrize("name", ACCURACIES)
def test_it_reaches_what_it_should(name):
    (found,) = list_models(name)
    assert found.card.test_accuracy >= ACCURACIES[name]
    assert load_model(name).network.parameters.vector.size == found.card.parameters


@pytest.mark.mnist
def test_its_card_is_accurate(mnist_dir):
    check_zoo_model("mnist-lenet5.relu")
