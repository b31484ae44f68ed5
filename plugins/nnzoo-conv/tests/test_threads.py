"""Convolutional networks on several threads: the bits are those of one."""

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork
from nnzoo.api import Dataset, Split


@pytest.mark.parametrize("model", ["lenet5", "resnet-small:filters=4,8", "conv-small:kernel_size=3"])
@pytest.mark.parametrize("samples", [1, 3, 70])
def test_threads_change_no_bit(model, samples):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (samples, 12, 12), np.uint8)
    split = Split(images, rng.integers(0, 2, samples), scale=1 / 255)
    data = Dataset(split, split, class_names=("a", "b"))
    vectors = []
    for threads in (1, 2, "auto"):
        dnn = DeepNeuralNetwork.for_dataset(data, model=model)
        dnn.train(data, epochs=2, batch_size=32, threads=threads, verbose=False)
        vectors.append(dnn.network.parameters.vector)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_array_equal(vectors[0], vectors[2])
