"""Batches: every sample once an epoch, in an order that the seed decides."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Split
from nnzoo.kinds import Problem
from nnzoo.training.batches import Batches, balanced_weights

sizes = st.tuples(st.integers(1, 60), st.integers(1, 80))


def numbered(n, batch_size, **options):
    """n samples that hold their own numbers, labelled by them modulo 3."""
    inputs = np.arange(n, dtype=np.float32)[:, None]
    return Batches(Split(inputs, np.arange(n) % 3), batch_size, Problem((1,), (3,), ()), **options)


def numbers(batches):
    """Which samples each batch has."""
    return [batch.inputs[:, 0].astype(int).tolist() for batch in batches]


def order(batches):
    return [number for batch in numbers(batches) for number in batch]


@given(size=sizes, seed=st.integers(0, 5), epoch=st.integers(0, 5))
def test_every_sample_comes_exactly_once(size, seed, epoch):
    n, batch_size = size
    batches = numbered(n, batch_size)
    seen = numbers(batches.shuffled(seed, epoch))
    assert sorted(number for batch in seen for number in batch) == list(range(n))
    full, rest = divmod(n, batch_size)
    assert [len(batch) for batch in seen] == [batch_size] * full + [rest] * (rest > 0)
    assert len(seen) == len(batches)


@given(size=sizes)
def test_in_order_means_in_order(size):
    n, batch_size = size
    assert order(numbered(n, batch_size).in_order()) == list(range(n))


@given(size=sizes, seed=st.integers(0, 5))
def test_inputs_and_targets_belong_together(size, seed):
    batches = numbered(*size)
    for batch in chain(batches.shuffled(seed, 1), batches.in_order()):
        assert (batch.inputs[:, 0] % 3 == batch.targets).all()
        assert batch.targets.dtype == np.intp
        assert (batch.weights, batch.counts) == (None, None)


def test_a_batch_size_beyond_the_data_is_one_full_batch():
    batches = numbered(5, 1000)
    assert len(batches) == 1
    assert batches.batch_size == 5
    assert [len(batch) for batch in numbers(batches.shuffled(0, 1))] == [5]


@given(n=st.integers(1, 50), seed=st.integers(0, 2**64), epoch=st.integers(0, 1000))
def test_the_order_is_a_function_of_seed_and_epoch_alone(n, seed, epoch):
    used, fresh = numbered(n, 7), numbered(n, 3)
    for earlier in range(3):
        list(used.shuffled(seed + 1, earlier))
    assert order(used.shuffled(seed, epoch)) == order(fresh.shuffled(seed, epoch))


def test_each_epoch_and_seed_has_a_different_order():
    batches = numbered(50, 50)
    orders = {tuple(numbers(batches.shuffled(seed, epoch))[0]) for seed in range(4) for epoch in range(4)}
    assert len(orders) == 16
    assert tuple(range(50)) not in orders


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uint8_is_scaled(dtype):
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    batches = Batches(Split(pixels, np.array([0, 1]), scale=1 / 255), 2, Problem((8, 16), (2,), ()), dtype)
    x = next(batches.in_order()).inputs
    assert x.dtype == dtype
    assert x.shape == (2, 8, 16)
    np.testing.assert_allclose(x.ravel(), np.arange(256) / 255, rtol=1e-6)
    assert pixels.dtype == np.uint8
    assert pixels.ravel().tolist() == list(range(256))


def test_samples_keep_their_shape():
    inputs = np.random.default_rng(0).standard_normal((5, 2, 3, 4)).astype(np.float32)
    batches = Batches(Split(inputs, np.arange(5)), 2, Problem((2, 3, 4), (5,), ()))
    for batch in batches.shuffled(0, 1):
        np.testing.assert_array_equal(batch.inputs, inputs[batch.targets])


def test_values_to_predict_come_with_their_samples():
    values = np.arange(10, dtype=np.float32).reshape(5, 2)
    batches = Batches(Split(np.arange(5, dtype=np.float32)[:, None], values), 2, Problem((1,), (2,), (2,)))
    for batch in batches.shuffled(0, 1):
        np.testing.assert_array_equal(batch.targets, values[batch.inputs[:, 0].astype(int)])


def test_a_class_at_each_place_gives_a_row_for_each_place():
    targets = np.arange(20).reshape(5, 4) % 3
    weights = np.arange(20, dtype=np.float64).reshape(5, 4)
    split = Split(np.arange(5, dtype=np.float32)[:, None], targets, weights=weights)
    batches = Batches(split, 2, Problem((1,), (4, 3), (4,)))
    for batch in batches.shuffled(0, 1):
        chosen = batch.inputs[:, 0].astype(int)
        assert batch.targets.tolist() == targets[chosen].ravel().tolist()
        np.testing.assert_allclose(batch.weights, weights[chosen].ravel() / weights.mean(), rtol=1e-6)
        assert batch.counts.tolist() == weights[chosen].ravel().tolist()


def test_inputs_may_be_the_targets():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    split = Split(pixels, np.zeros(3), scale=0.5)
    batches = Batches(split, 2, Problem((2, 2), (4,), (4,)), target_is_input=True)
    for batch in batches.in_order():
        np.testing.assert_array_equal(batch.targets, batch.inputs.reshape(-1, 4))


def test_balanced_classes_weigh_the_same():
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = balanced_weights(labels, 4)
    split = Split(np.zeros((10, 1), np.float32), labels)
    batch = next(Batches(split, 10, Problem((1,), (4,), ()), class_weights=weights).in_order())
    sums = [batch.weights[labels == label].sum() for label in range(3)]
    np.testing.assert_allclose(sums, 10 / 3, rtol=1e-6)
    assert weights[3] == 0
    assert batch.counts is None  # metrics are of the data as they are


def test_the_data_are_never_written_to():
    inputs, labels = np.arange(6, dtype=np.float32).reshape(3, 2), np.array([0, 1, 0])
    inputs.flags.writeable = labels.flags.writeable = False
    problem = Problem((2,), (2,), ())
    for batch in Batches(Split(inputs, labels, scale=0.5), 2, problem).in_order():
        batch.inputs.fill(-1)
        batch.targets.fill(-1)
    batches = Batches(Split(inputs, labels, scale=0.5), 2, problem)
    assert [batch.inputs.tolist() for batch in batches.in_order()] == [[[0, 0.5], [1, 1.5]], [[2, 2.5]]]


def test_a_training_leaves_numpys_global_random_state_alone():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.integers(2, size=20)
    before = np.random.get_state()  # noqa: NPY002
    network = DeepNeuralNetwork([3, 4, 2])
    network.train(x, y, x, y, epochs=2, validation=0.2, verbose=False)
    network.predict(x)
    after = np.random.get_state()  # noqa: NPY002
    assert after[0] == before[0]
    assert after[2:] == before[2:]
    np.testing.assert_array_equal(after[1], before[1])


def test_numpys_global_seed_changes_nothing():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.integers(2, size=20)
    weights = []
    state = np.random.get_state()  # noqa: NPY002
    try:
        for seed in (1, 2):
            np.random.seed(seed)  # noqa: NPY002
            network = DeepNeuralNetwork([3, 4, 2])
            network.train(x, y, epochs=2, batch_size=6, validation=0.2, verbose=False)
            weights.append(network.network.parameters.vector)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    np.testing.assert_array_equal(*weights)
