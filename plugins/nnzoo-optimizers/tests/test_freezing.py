"""Frozen arrays stay as they are, whatever an optimizer does to all others."""

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork

import nnzoo_optimizers

OPTIMIZERS = nnzoo_optimizers.nnzoo_optimizers()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_frozen_arrays_stay_to_the_bit_and_the_others_learn(optimizer):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5)).astype(np.float32), rng.integers(0, 3, 60)
    dnn = DeepNeuralNetwork(sizes=[5, 4, 3])
    before = {name: array.copy() for name, array in dnn.network.parameters.views().items()}
    dnn.train(x, y, epochs=2, optimizer=optimizer(), freeze="0.*", weight_decay=0.1, verbose=False)
    same = {name for name, array in dnn.network.parameters.views().items() if np.array_equal(array, before[name])}
    assert same == {"0.dense.weight", "0.dense.bias"}
