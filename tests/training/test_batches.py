"""Batches: every sample once an epoch, in an order that the seed decides."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Split
from nnzoo.training.batches import Batches

sizes = st.tuples(st.integers(1, 60), st.integers(1, 80))


def numbered(n, batch_size, **options):
    """n samples that hold their own numbers, labelled by them modulo 3."""
    inputs = np.arange(n, dtype=np.float32)[:, None]
    return Batches(Split(inputs, np.arange(n) % 3), batch_size, classes=3, **options)


def numbers(batches):
    """Which samples each batch has."""
    return [x[:, 0].astype(int).tolist() for x, _, _ in batches]


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
def test_inputs_targets_and_labels_belong_together(size, seed):
    batches = numbered(*size)
    for x, targets, labels in chain(batches.shuffled(seed, 1), batches.in_order()):
        assert (x[:, 0] % 3 == labels).all()
        np.testing.assert_array_equal(targets, np.eye(3)[labels])


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


def test_epochs_and_seeds_have_orders_of_their_own():
    batches = numbered(50, 50)
    orders = {tuple(numbers(batches.shuffled(seed, epoch))[0]) for seed in range(4) for epoch in range(4)}
    assert len(orders) == 16
    assert tuple(range(50)) not in orders


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uint8_is_scaled(dtype):
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    batches = Batches(Split(pixels, np.array([0, 1]), scale=1 / 255), 2, classes=2, dtype=dtype)
    (x, _, _), *_ = batches.in_order()
    assert x.dtype == dtype
    assert x.shape == (2, 8, 16)
    np.testing.assert_allclose(x.ravel(), np.arange(256) / 255, rtol=1e-6)
    assert pixels.dtype == np.uint8
    assert pixels.ravel().tolist() == list(range(256))


def test_samples_keep_their_shape():
    inputs = np.random.default_rng(0).standard_normal((5, 2, 3, 4)).astype(np.float32)
    batches = Batches(Split(inputs, np.arange(5)), 2, classes=5)
    for x, _, labels in batches.shuffled(0, 1):
        np.testing.assert_array_equal(x, inputs[labels])


def test_regression_has_values_and_no_labels():
    values = np.arange(10, dtype=np.float32).reshape(5, 2)
    batches = Batches(Split(np.arange(5, dtype=np.float32)[:, None], values), 2, classes=0)
    for x, targets, labels in batches.shuffled(0, 1):
        assert labels is None
        np.testing.assert_array_equal(targets, values[x[:, 0].astype(int)])


def test_the_data_are_never_written_to():
    inputs, labels = np.arange(6, dtype=np.float32).reshape(3, 2), np.array([0, 1, 0])
    inputs.flags.writeable = labels.flags.writeable = False
    for x, targets, _ in Batches(Split(inputs, labels, scale=0.5), 2, classes=2).in_order():
        x.fill(-1)
        targets.fill(-1)
    batches = Batches(Split(inputs, labels, scale=0.5), 2, classes=2)
    assert [x.tolist() for x, _, _ in batches.in_order()] == [[[0, 0.5], [1, 1.5]], [[2, 2.5]]]


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
