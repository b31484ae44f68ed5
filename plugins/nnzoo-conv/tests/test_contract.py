"""What every layer owes to the network: shapes, errors, memory; and the conformance kit."""

import tracemalloc

import numpy as np
import pytest
from nnzoo.api import HyperparameterError, UsageError
from nnzoo.builtin.activations import Relu
from nnzoo.builtin.layers import Dense
from nnzoo.nn import Network
from nnzoo.testing import parametrize_with_checks

from nnzoo_conv import (
    BatchNorm,
    Conv2d,
    ConvSmall,
    Depthwise2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Lenet5,
    MaxPool2d,
    ResnetSmall,
    TinyConv,
    Upsample2d,
)

LAYERS = [
    Conv2d(),
    Conv2d(3, kernel_size=2, stride=3, padding=1),
    Conv2d(4, kernel_size=5, padding="same", channels="last"),
    Conv2d(3, kernel_size=3, padding="same", kernel_height=1),
    Depthwise2d(),
    Depthwise2d(2, stride=3, padding=1),
    MaxPool2d(),
    MaxPool2d(3, stride=2),
    GlobalAveragePool(),
    Upsample2d(),
    Flatten(),
    Dropout(),
    BatchNorm(),
]


MODELS = [
    Lenet5(),
    Lenet5(batchnorm=True, channels="last"),
    ResnetSmall((4, 6)),
    ConvSmall((4, 6)),
    TinyConv(),
]


@parametrize_with_checks([*LAYERS, *MODELS])
def test_conformance(check):
    check()


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Conv2d(6, 5), (28, 28), (6, 24, 24)),
        (Conv2d(6, 5, padding=2), (1, 28, 28), (6, 28, 28)),
        (Conv2d(6, 5, padding="same"), (3, 9, 8), (6, 9, 8)),
        (Conv2d(6, 4, stride=3, padding="same"), (3, 9, 8), (6, 3, 3)),
        (Conv2d(6, 3, stride=2), (3, 9, 8), (6, 4, 3)),
        (Conv2d(6, 3, channels="last"), (9, 8, 3), (6, 7, 6)),
        (Conv2d(6, 5, stride=2, padding="same", kernel_height=1), (3, 1, 40), (6, 1, 20)),
        (Conv2d(6, 2, kernel_height=3), (3, 9, 8), (6, 7, 7)),
        (Depthwise2d(), (3, 9, 8), (3, 9, 8)),
        (Depthwise2d(4, stride=3), (3, 9, 8), (3, 3, 3)),
        (Depthwise2d(2, padding="valid"), (9, 8), (1, 8, 7)),
        (GlobalAveragePool(), (3, 9, 8), (3,)),
        (GlobalAveragePool(), (9, 8), (1,)),
        (Upsample2d(), (3, 9, 8), (3, 18, 16)),
        (Upsample2d(3), (9, 8), (27, 24)),
        (MaxPool2d(), (28, 28), (14, 14)),
        (MaxPool2d(), (6, 28, 29), (6, 14, 14)),
        (MaxPool2d(3, 2), (6, 28, 28), (6, 13, 13)),
        (Flatten(), (6, 5, 4), (120,)),
        (Flatten(), (7,), (7,)),
        (Dropout(), (6, 5, 4), (6, 5, 4)),
        (BatchNorm(), (6, 5, 4), (6, 5, 4)),
    ],
    ids=str,
)
def test_output_shapes(layer, shape, expected):
    assert layer.plan(shape).output_shape == expected


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2d(), (784,), "layer conv2d takes images, not samples of shape (784,)"),
        (Conv2d(), (1, 2, 3, 4), "takes images"),
        (Conv2d(4, 5), (3, 4, 28), "layer conv2d: an image of 4 × 28 pixels is smaller than the window, 5 × 5"),
        (Conv2d(4, 5, channels="last"), (28, 4, 3), "an image of 28 × 4 pixels"),
        (Conv2d(4, 2, kernel_height=5), (3, 4, 28), "smaller than the window, 5 × 2"),
        (Depthwise2d(5, padding="valid"), (3, 4, 28), "an image of 4 × 28 pixels is smaller than the window, 5 × 5"),
        (Depthwise2d(), (784,), "layer depthwise2d takes images"),
        (GlobalAveragePool(), (784,), "layer global-average-pool takes images"),
        (Upsample2d(), (784,), "layer upsample2d takes images"),
        (MaxPool2d(), (10,), "layer maxpool2d takes images"),
        (MaxPool2d(3), (16, 2, 2), "layer maxpool2d: an image of 2 × 2 pixels is smaller than the window, 3 × 3"),
        (BatchNorm(), (1, 2, 3, 4), "layer batchnorm takes images"),
        (BatchNorm(), (), "layer batchnorm takes images"),
    ],
    ids=str,
)
def test_samples_that_do_not_fit_are_refused_with_a_way_out(layer, shape, message):
    with pytest.raises(UsageError) as error:
        layer.plan(shape)
    assert message in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (Conv2d, {"filters": 0}),
        (Conv2d, {"kernel_size": 0}),
        (Conv2d, {"stride": 0}),
        (Conv2d, {"padding": -1}),
        (Conv2d, {"padding": "full"}),
        (Conv2d, {"padding": True}),
        (Conv2d, {"padding": 0.5}),
        (Conv2d, {"channels": "middle"}),
        (Conv2d, {"kernel_height": 0}),
        (Depthwise2d, {"kernel_size": 0}),
        (Upsample2d, {"size": 0}),
        (ResnetSmall, {"filters": ()}),
        (MaxPool2d, {"size": 0}),
        (MaxPool2d, {"stride": -1}),
        (Dropout, {"rate": 1}),
        (Dropout, {"rate": -0.1}),
        (BatchNorm, {"momentum": 1}),
        (BatchNorm, {"epsilon": 0}),
    ],
)
def test_hyperparameters_out_of_range_are_refused(layer, options):
    with pytest.raises(HyperparameterError, match="is not allowed"):
        layer(**options)


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("0", 0), ("same", "same"), ("valid", "valid")])
def test_padding_is_a_number_or_a_word(text, value):
    assert Conv2d.from_options({"padding": text}).padding == value


def test_conv2d_weights_start_as_suits_what_a_filter_sees_and_feeds():
    weight = Conv2d(4, 3, initialization="he").plan((2, 9, 9)).parameters["weight"]
    assert (weight.fan_in, weight.fan_out, weight.is_weight) == (2 * 9, 4 * 9, True)
    network = Network([Conv2d(64, 5, initialization="he")], (8, 9, 9))
    assert network.parameters["0.conv2d.weight"].var() == pytest.approx(2 / (8 * 25), rel=0.05)
    assert not network.parameters["0.conv2d.bias"].any()


# --- memory --------------------------------------------------------------------------------------------------------

NUMPYS_OWN = 3 * 8192 * 8 + 10_000
"""Bytes: NumPy works on what is not contiguous through up to three buffers of 8192 numbers, whatever its size."""


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_nothing_that_grows_with_the_batch_is_allocated_after_the_first_step(layer, bind):
    shape, n = (8, 24, 24), 256
    plan, memory = bind(layer, shape, n, np.float32)
    x = np.random.default_rng(0).random((n, *shape), np.float32)
    out = np.empty((n, *plan.output_shape), np.float32)
    grad_out = np.ones_like(out)
    grad_in = grad_out if plan.gradient_in_place else np.empty_like(x)

    def step():
        layer.forward(x, out, memory)
        layer.backward(x, out, grad_out, grad_in, memory)
        memory.training = not memory.training

    step()
    step()
    tracemalloc.start()
    try:
        step()
        step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert x.nbytes > 20 * NUMPYS_OWN
    assert peak < NUMPYS_OWN


@pytest.mark.parametrize("batchnorm", [False, True])
def test_lenet5_allocates_nothing_after_the_first_step(batchnorm):
    network = Network(Lenet5(batchnorm=batchnorm).layers((28, 28), 10, Relu()), (28, 28))
    x, grad = np.random.default_rng(0).random((256, 28, 28), np.float32), np.ones((256, 10), np.float32)
    for n in (256, 100):
        network.forward(x[:n], step=0)
        network.backward(grad[:n])
    tracemalloc.start()
    try:
        for n in (256, 100):  # the last batch of an epoch is short
            network.forward(x[:n], step=1)
            network.backward(grad[:n])
        network.forward(x)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < NUMPYS_OWN  # the smallest array between two convolutions has four times as much


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_batches_of_any_size_in_any_order_do_not_disturb_each_other(layer):
    """Nor do predictions: padding stays zero, and nothing of an earlier batch is left."""
    shape, rng = (2, 9, 8), np.random.default_rng(0)
    x, grad = rng.standard_normal((7, *shape)), rng.standard_normal((7, 3))

    def network():
        return Network([Conv2d(2, 1), layer, Dense(3)], shape, dtype=np.float64)

    old = network()
    for step, n in enumerate((7, 2, 7, 1, 5)):
        fresh = network()
        fresh.state.vector[...] = old.state.vector
        logits = [one.forward(x[-n:], step=step).copy() for one in (old, fresh)]
        np.testing.assert_allclose(*logits, rtol=1e-12)
        for one in (old, fresh):
            one.backward(grad[-n:].copy())
        np.testing.assert_allclose(old.gradients.vector, fresh.gradients.vector, rtol=1e-12)
        old.forward(x)


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_writes_only_into_out_and_keeps_the_type(layer, dtype, bind):
    shape, n = (3, 7, 6), 3
    plan, memory = bind(layer, shape, n, dtype)
    x = np.random.default_rng(0).random((n, *shape)).astype(dtype)
    before = x.copy(), {name: array.copy() for name, array in memory.parameters.items()}
    outs = np.full((n + 1, *plan.output_shape), np.nan, dtype)
    grads_in, grad_out = np.full((n + 1, *shape), np.nan, dtype), np.ones((n, *plan.output_shape), dtype)
    layer.forward(x, outs[:n], memory)
    assert np.isfinite(outs[:n]).all()
    layer.backward(x, outs[:n], grad_out, grads_in[:n], memory)
    assert np.isfinite(grads_in[:n]).all()
    assert np.isnan(outs[n]).all()
    assert np.isnan(grads_in[n]).all()
    np.testing.assert_array_equal(x, before[0])
    for name, array in memory.parameters.items():
        np.testing.assert_array_equal(array, before[1][name])
        assert np.isfinite(memory.gradients[name]).all()
    everything = [*memory.gradients.values(), *memory.state.values()]
    assert {array.dtype for array in everything} <= {np.dtype(dtype)}
