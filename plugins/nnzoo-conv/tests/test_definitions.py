"""Layers against their definitions, written out as loops; and what they promise where several answers are possible."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo_conv import BatchNorm, Conv2d, Dropout, Flatten, MaxPool2d
from nnzoo_conv.strips import overlap

windows = st.tuples(st.integers(1, 4), st.integers(1, 4))  # size and stride
image_shapes = st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))


def forward(bind, layer, x, **parameters):
    plan, memory = bind(layer, x.shape[1:], len(x))
    for name, array in parameters.items():
        memory.parameters[name][...] = array
    out = np.full((len(x), *plan.output_shape), np.nan)
    layer.forward(x, out, memory)
    return out


# --- conv2d --------------------------------------------------------------------------------------------------------


def zeros_around(layer, length):
    """Before and after an axis of the image, by the definition of the layer's padding."""
    k, s = layer.kernel_size, layer.stride
    if layer.padding == "same":
        needed = max(0, (math.ceil(length / s) - 1) * s + k - length)
        return needed // 2, needed - needed // 2
    return (0, 0) if layer.padding == "valid" else (layer.padding, layer.padding)


def convolution(layer, x, weight, bias):
    """For a filter and a place at a time: the window's pixels times the filter's weights, and the bias."""
    k, s, f = layer.kernel_size, layer.stride, layer.filters
    padded = np.pad(x, ((0, 0), (0, 0), *(zeros_around(layer, length) for length in x.shape[2:])))
    rows, columns = ((length - k) // s + 1 for length in padded.shape[2:])
    y = np.empty((len(x), f, rows, columns))
    for u in range(rows):
        for v in range(columns):
            window = padded[:, :, s * u : s * u + k, s * v : s * v + k]
            for g in range(f):
                y[:, g, u, v] = bias[g] + (window * weight[g]).sum(axis=(1, 2, 3))
    return y


@given(
    shape=image_shapes,
    window=windows,
    padding=st.one_of(st.sampled_from(["valid", "same"]), st.integers(0, 5)),
    n=st.integers(1, 3),
    filters=st.integers(1, 3),
)
def test_conv2d(shape, window, padding, n, filters, bind):
    layer = Conv2d(filters, *window, padding)
    rng = np.random.default_rng(0)
    x, weight, bias = (
        rng.random((n, *shape)),
        rng.random((filters, shape[0], window[0], window[0])),
        rng.random(filters),
    )
    if any(length + sum(zeros_around(layer, length)) < window[0] for length in shape[1:]):
        with pytest.raises(ValueError, match="is smaller than the window"):
            layer.plan(shape)
        return
    ordered = weight.transpose(2, 1, 3, 0).reshape(window[0], -1, filters)
    expected = convolution(layer, x, weight, bias)
    np.testing.assert_allclose(forward(bind, layer, x, weight=ordered, bias=bias), expected, rtol=1e-12)
    last = Conv2d(filters, *window, padding, channels="last")
    in_last = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    np.testing.assert_allclose(forward(bind, last, in_last, weight=ordered, bias=bias), expected, rtol=1e-12)
    if shape[0] == 1:  # a sample of shape (h, w) is an image with one channel
        for one in (layer, last):
            np.testing.assert_allclose(forward(bind, one, x[:, 0], weight=ordered, bias=bias), expected, rtol=1e-12)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(-12, 12))
def test_overlap(count, length, step, offset):
    expected = [(v, step * v + offset) for v in range(count) if 0 <= step * v + offset < length]
    places, numbers = overlap(count, length, step, offset)
    assert list(zip(range(count)[places], range(length)[numbers], strict=True)) == expected


# --- maxpool2d -----------------------------------------------------------------------------------------------------


@given(shape=image_shapes, window=windows, seed=st.integers(0, 100))
def test_maxpool2d_with_ties(shape, window, seed, bind):
    """The first of the largest pixels takes the window's gradient; where windows overlap, gradients add up."""
    size, stride = window
    c, height, width = shape
    layer = MaxPool2d(size, stride)
    if min(height, width) < size:
        with pytest.raises(ValueError, match="is smaller than the window"):
            layer.plan(shape)
        return
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (2, *shape)).astype(float)
    rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
    upstream = rng.random((2, c, rows, columns))
    expected, expected_gradient = np.empty_like(upstream), np.zeros_like(x)
    for n, channel, u, v in np.ndindex(upstream.shape):
        pixels = [(stride * u + i, stride * v + j) for i in range(size) for j in range(size)]
        row, column = max(pixels, key=lambda pixel: x[n, channel, *pixel])  # the first, if there are several
        expected[n, channel, u, v] = x[n, channel, row, column]
        expected_gradient[n, channel, row, column] += upstream[n, channel, u, v]

    _, memory = bind(layer, shape, 2)
    out, grad_in = np.full_like(upstream, np.nan), np.full_like(x, np.nan)
    layer.forward(x, out, memory)
    layer.backward(x, out, upstream.copy(), grad_in, memory)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_allclose(grad_in, expected_gradient, rtol=1e-12)


def test_a_window_of_equal_pixels_has_one_gradient(bind):
    _, memory = bind(MaxPool2d(), (2, 2), 1)
    x, out, grad_in = np.zeros((1, 2, 2)), np.empty((1, 1, 1)), np.empty((1, 2, 2))
    MaxPool2d().forward(x, out, memory)
    MaxPool2d().backward(x, out, np.ones((1, 1, 1)), grad_in, memory)
    assert grad_in.tolist() == [[[1, 0], [0, 0]]]


# --- flatten, dropout ----------------------------------------------------------------------------------------------


def test_flatten_keeps_the_order(bind):
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    np.testing.assert_array_equal(forward(bind, Flatten(), x), np.arange(24.0).reshape(2, 12))


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_silences_its_share_and_keeps_the_mean(rate, bind):
    x = np.random.default_rng(1).uniform(1, 2, (500, 400))
    y = forward(bind, Dropout(rate), x)
    silent = y == 0
    assert silent.mean() == pytest.approx(rate, abs=4 * math.sqrt(rate * (1 - rate) / x.size))
    np.testing.assert_allclose(y[~silent], x[~silent] / (1 - rate), rtol=1e-6)
    assert y.mean() == pytest.approx(x.mean(), rel=0.02)
    share_by_sample = silent.mean(axis=1)  # each sample has a mask of its own
    assert np.ptp(share_by_sample) > 0 or rate == 0


def test_dropout_draws_anew_from_the_generator_it_is_given(bind):
    _, memory = bind(Dropout(), (50,), 4)
    x, outs = np.ones((4, 50)), np.empty((4, 4, 50))
    for out, seed in zip(outs, (0, 1, 0, 1), strict=True):
        memory.rng = np.random.default_rng(seed)
        Dropout().forward(x, out, memory)
    np.testing.assert_array_equal(outs[:2], outs[2:])
    assert (outs[0] != outs[1]).any()


def test_dropout_leaves_a_prediction_alone(bind):
    x, out = np.random.default_rng(0).random((2, 3, 4)), np.empty((3, 4))
    _, memory = bind(Dropout(0.9), (4,), 3, training=False)
    memory.rng = None
    Dropout(0.9).forward(x[0], out, memory)
    np.testing.assert_array_equal(out, x[0])


# --- batchnorm -----------------------------------------------------------------------------------------------------


every_shape = pytest.mark.parametrize("shape", [(5,), (4, 3), (3, 2, 4)], ids=str)


def per_channel(x):
    """The batch as (channels, values); a sample of one axis has a channel for each value, one of two axes has one."""
    channels = 1 if x.ndim == 3 else x.shape[1]
    return x.reshape(len(x), channels, -1).swapaxes(0, 1).reshape(channels, -1)


@every_shape
def test_batchnorm_normalizes_with_the_biased_variance(shape, bind):
    x = 3 * np.random.default_rng(0).standard_normal((6, *shape)) + 7
    scale, shift = (np.random.default_rng(seed).random(len(per_channel(x))) for seed in (1, 2))
    y = per_channel(forward(bind, BatchNorm(epsilon=0.5), x, scale=scale, shift=shift))
    variance = per_channel(x).var(axis=1)
    np.testing.assert_allclose(y.mean(axis=1), shift, rtol=1e-12)
    np.testing.assert_allclose(y.var(axis=1), scale**2 * variance / (variance + 0.5), rtol=1e-12)


@every_shape
def test_batchnorm_remembers_the_unbiased_variance_and_predicts_from_what_it_remembers(shape, bind):
    layer = BatchNorm(momentum=0.75, epsilon=0.5)
    rng = np.random.default_rng(0)
    batches = 3 * rng.standard_normal((5, 6, *shape)) + 7
    _, memory = bind(layer, shape, 6)
    memory.parameters["scale"][...], memory.parameters["shift"][...] = 1, 0
    out, mean, variance = np.empty((6, *shape)), 0, 1
    for x in batches:
        layer.forward(x, out, memory)
        mean = 0.75 * mean + 0.25 * per_channel(x).mean(axis=1)
        variance = 0.75 * variance + 0.25 * per_channel(x).var(axis=1, ddof=1)
        np.testing.assert_allclose(memory.state["mean"], mean, rtol=1e-12)
        np.testing.assert_allclose(memory.state["variance"], variance, rtol=1e-12)
    memory.training = False
    layer.forward(x, out, memory)
    expected = (per_channel(x) - mean[:, None]) / np.sqrt(variance[:, None] + 0.5)
    np.testing.assert_allclose(per_channel(out), expected, rtol=1e-12)
    np.testing.assert_allclose(memory.state["variance"], variance, rtol=1e-12)  # a prediction moves nothing


def test_batchnorm_learns_nothing_of_the_variance_from_a_single_value(bind):
    _, memory = bind(BatchNorm(momentum=0.5), (2,), 1)
    memory.parameters["shift"][...] = (3, 4)
    out = np.empty((1, 2))
    BatchNorm(momentum=0.5).forward(np.array([[10.0, 20.0]]), out, memory)
    assert out.tolist() == [[3, 4]]
    assert memory.state["mean"].tolist() == [5, 10]
    assert memory.state["variance"].tolist() == [1, 1]


@pytest.mark.parametrize("epsilon", [1e-5, 1e-30])
def test_batchnorm_of_a_channel_that_never_changes_is_finite_in_float32(epsilon, bind):
    layer = BatchNorm(epsilon=epsilon)
    _, memory = bind(layer, (2, 3, 3), 4, np.float32)
    x, out = np.full((4, 2, 3, 3), 0.5, np.float32), np.empty((4, 2, 3, 3), np.float32)
    layer.forward(x, out, memory)
    np.testing.assert_array_equal(per_channel(out), np.broadcast_to(memory.parameters["shift"][:, None], (2, 36)))
    grad = np.ones_like(x)
    layer.backward(x, out, grad, grad, memory)
    assert np.isfinite(grad).all()
