"""Losses against values computed another way: decimals of fifty digits, and fractions."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.builtin.losses import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy
from nnzoo.errors import UsageError

CROSS_ENTROPY, BINARY, MSE = SoftmaxCrossEntropy(), BinaryCrossEntropy(), MeanSquaredError()

rows_of_logits = st.integers(1, 4).flatmap(
    lambda k: st.lists(st.lists(st.floats(-300, 300, width=32), min_size=k, max_size=k), min_size=1, max_size=4)
)


def softmax_in_decimals(row):
    with localcontext() as context:
        context.prec = 50
        powers = [Decimal(value).exp() for value in row]
        return [power / sum(powers) for power in powers]


def cross_entropy_in_decimals(rows, labels):
    with localcontext() as context:
        context.prec = 50
        losses = [-softmax_in_decimals(row)[label].ln() for row, label in zip(rows, labels, strict=True)]
        return float(sum(losses) / len(losses))


def value_and_gradient(loss, logits, targets):
    """The mean loss of the rows, and its gradient."""
    losses, grad = losses_and_gradients(loss, np.array(logits, np.float64), np.array(targets))
    return float(losses.mean()), grad / len(losses)


def losses_and_gradients(loss, outputs, targets):
    n, k = outputs.shape
    workspace = {
        name: np.full((n, *buffer.shape), buffer.fill, buffer.dtype or outputs.dtype)
        for name, buffer in loss.plan(k).items()
    }
    losses, grad = np.full(n, np.nan, outputs.dtype), np.full((n, k), np.nan, outputs.dtype)
    loss.losses(outputs, targets, losses, grad, workspace)
    return losses, grad


@given(rows=rows_of_logits, data=st.data())
def test_cross_entropy_against_decimals(rows, data):
    k = len(rows[0])
    labels = [data.draw(st.integers(0, k - 1)) for _ in rows]
    value, grad = value_and_gradient(CROSS_ENTROPY, rows, np.eye(k)[labels])
    assert value == pytest.approx(cross_entropy_in_decimals(rows, labels), rel=1e-12, abs=1e-12)
    for row, label, actual in zip(rows, labels, grad, strict=True):
        expected = [(float(p) - (place == label)) / len(rows) for place, p in enumerate(softmax_in_decimals(row))]
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-14)


@given(rows=rows_of_logits)
def test_predicted_probabilities_against_decimals(rows):
    probabilities = np.array(rows, np.float64)
    CROSS_ENTROPY.predict(probabilities)
    expected = [[float(p) for p in softmax_in_decimals(row)] for row in rows]
    np.testing.assert_allclose(probabilities, expected, rtol=1e-11, atol=1e-300)


@given(rows=rows_of_logits)
def test_predicted_rows_sum_to_one_in_float32(rows):
    probabilities = np.array(rows, np.float32)
    CROSS_ENTROPY.predict(probabilities)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert (probabilities >= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_row_has_its_own_maximum(dtype):
    # With the largest logit of the whole batch in place of each row's, the second row would be 0/0.
    logits = np.array([[1000, 999], [-1000, -1001], [0, -1]], dtype)
    targets = np.array([[1, 0]] * 3, dtype)
    tolerance = 1e-6 if dtype is np.float32 else 1e-12
    p = math.e / (1 + math.e)
    losses, grad = losses_and_gradients(CROSS_ENTROPY, logits, targets)
    np.testing.assert_allclose(losses, -math.log(p), rtol=tolerance)
    np.testing.assert_allclose(grad, [[p - 1, 1 - p]] * 3, rtol=tolerance)
    CROSS_ENTROPY.predict(logits)
    np.testing.assert_allclose(logits, [[p, 1 - p]] * 3, rtol=tolerance)


@pytest.mark.parametrize("k", [2, 10, 1000])
def test_knowing_nothing_costs_log_k(k):
    value, _ = value_and_gradient(CROSS_ENTROPY, np.zeros((3, k)), np.eye(k)[[0, 1, 0]])
    assert value == pytest.approx(math.log(k), rel=1e-12)


def test_cross_entropy_of_soft_targets():
    value, grad = value_and_gradient(CROSS_ENTROPY, [[0, math.log(3)]], [[0.5, 0.5]])  # softmax is ¼, ¾
    assert value == pytest.approx(-0.5 * math.log(1 / 4) - 0.5 * math.log(3 / 4), rel=1e-14)
    np.testing.assert_allclose(grad, [[-1 / 4, 1 / 4]], rtol=1e-14)


def test_mean_squared_error_in_fractions():
    logits, targets = [[1, 2], [3, -4], [0, 5]], [[0, 4], [3, -1], [2, 5]]
    differences = [[Fraction(z - t) for z, t in zip(*rows, strict=True)] for rows in zip(logits, targets, strict=True)]
    count = sum(map(len, differences))
    mean = sum(d * d for row in differences for d in row) / count
    assert mean == 3  # (1 + 4 + 0 + 9 + 4 + 0) / 6
    value, grad = value_and_gradient(MSE, logits, targets)
    assert value == pytest.approx(float(mean), rel=1e-15)
    np.testing.assert_allclose(grad, [[float(2 * d / count) for d in row] for row in differences], rtol=1e-15)


def test_mean_squared_error_predicts_what_it_is_given():
    values = np.array([[1.5, -2.0]], np.float32)
    MSE.predict(values)
    assert values.tolist() == [[1.5, -2.0]]


@pytest.mark.parametrize("loss", [CROSS_ENTROPY, MSE], ids=str)
def test_loss_is_a_mean_over_samples(loss):
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((5, 3)), np.eye(3)[rng.integers(3, size=5)]
    once, grad = value_and_gradient(loss, logits, targets)
    twice, halved = value_and_gradient(loss, np.tile(logits, (2, 1)), np.tile(targets, (2, 1)))
    assert twice == pytest.approx(once, rel=1e-13)
    np.testing.assert_allclose(halved, np.tile(grad, (2, 1)) / 2, rtol=1e-13)


def test_only_cross_entropy_gives_probabilities():
    assert CROSS_ENTROPY.gives_probabilities
    assert not MSE.gives_probabilities


@pytest.mark.parametrize("loss", [CROSS_ENTROPY, MSE], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_class_number_is_a_row_with_one_1(loss, dtype):
    rng = np.random.default_rng(0)
    outputs, labels = rng.standard_normal((7, 4)).astype(dtype), rng.integers(4, size=7)
    losses, grad = losses_and_gradients(loss, outputs, labels)
    again, same = losses_and_gradients(loss, outputs, np.eye(4, dtype=dtype)[labels])
    np.testing.assert_allclose(losses, again, rtol=1e-6)
    np.testing.assert_array_equal(grad, same)


@given(rows=rows_of_logits, data=st.data())
def test_binary_cross_entropy_against_decimals(rows, data):
    k = len(rows[0])
    targets = [[data.draw(st.integers(0, 1)) for _ in range(k)] for _ in rows]
    losses, grad = losses_and_gradients(BINARY, np.array(rows, np.float64), np.array(targets, np.float64))
    with localcontext() as context:
        context.prec = 400
        for row, wanted, loss, slopes in zip(rows, targets, losses, grad, strict=True):
            p = [1 / (1 + (-Decimal(z)).exp()) for z in row]
            expected = sum(-(q if t else 1 - q).ln() for q, t in zip(p, wanted, strict=True)) / k
            assert loss == pytest.approx(float(expected), rel=1e-12, abs=1e-15)
            np.testing.assert_allclose(slopes, [float(q - t) / k for q, t in zip(p, wanted, strict=True)], atol=1e-15)


def test_binary_cross_entropy_refuses_class_numbers():
    with pytest.raises(UsageError, match="not for classes"):
        losses_and_gradients(BINARY, np.zeros((2, 3)), np.array([0, 1]))
