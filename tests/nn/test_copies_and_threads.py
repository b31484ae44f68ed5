"""Copies of a network are networks of their own, and threads don't get in each other's way."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, load_dataset


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits").arrays()


def fresh(hidden=32):
    return DeepNeuralNetwork(sizes=[64, hidden, 10])


def unpickled(dnn):
    return pickle.loads(pickle.dumps(dnn))


@pytest.mark.filterwarnings("ignore:this network has not been trained")
@pytest.mark.parametrize("copied", [copy.deepcopy, unpickled])
@pytest.mark.parametrize("trained_before", [False, True])
def test_a_copy_trains_as_the_original_does_and_leaves_it_alone(digits, copied, trained_before):
    x, y, *_ = digits
    original = fresh()
    if trained_before:
        original.train(x, y, epochs=1, verbose=False)
    original.predict(x[:3])
    before = original.network.parameters.vector.copy()
    other = copied(original)
    np.testing.assert_array_equal(other.predict_proba(x[:50]), original.predict_proba(x[:50]))
    other.train(x, y, epochs=2, verbose=False)
    assert not np.array_equal(other.network.parameters.vector, before)
    np.testing.assert_array_equal(original.network.parameters.vector, before)
    original.train(x, y, epochs=2, verbose=False)
    np.testing.assert_array_equal(other.network.parameters.vector, original.network.parameters.vector)
    np.testing.assert_array_equal(other.predict(x[:50]), original.predict(x[:50]))


def test_many_threads_get_the_answers_of_one(digits):
    x, y, *_ = digits
    dnn = fresh(hidden=256)
    dnn.train(x, y, epochs=1, verbose=False)
    pieces = [
        x[start : start + size] for start, size in zip(range(0, 1200, 12), 20 * [1, 7, 64, 100, 200], strict=True)
    ]
    expected = [dnn.predict_proba(piece) for piece in pieces]
    with ThreadPoolExecutor(8) as pool:
        for found in (list(pool.map(dnn.predict_proba, pieces)) for _ in range(5)):
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore:this network has not been trained")
def test_predicting_changes_nothing_for_a_training_in_another_thread(digits):
    x, y, *_ = digits
    alone, watched = fresh(hidden=128), fresh(hidden=128)
    alone.train(x, y, epochs=6, verbose=False)
    with ThreadPoolExecutor(3) as pool:
        training = pool.submit(watched.train, x, y, epochs=6, verbose=False)
        while not training.done():
            list(pool.map(watched.predict, [x[:300], x[:17]]))
        training.result()
    np.testing.assert_array_equal(watched.network.parameters.vector, alone.network.parameters.vector)
