"""Every activation, loss, layer and whole network: its derivative against central differences, in float64."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from nnzoo.api import LayerMemory
from nnzoo.builtin.activations import Relu, Sigmoid, nnzoo_activations
from nnzoo.builtin.layers import Activate, Dense, nnzoo_layers
from nnzoo.builtin.losses import BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy, nnzoo_losses
from nnzoo.builtin.models import Mlp
from nnzoo.nn import Network

ACTIVATIONS = [activation() for activation in nnzoo_activations()]
LOSSES = [loss() for loss in nnzoo_losses()]
LAYERS = [Dense(3), Dense(1), *(Activate(activation) for activation in ACTIVATIONS)]

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=str)


def away_from_zero(rng, shape):
    """Values at which no activation has a kink: 0.05 ≤ |z|."""
    return np.where(rng.random(shape) < 0.5, -1, 1) * (0.05 + np.abs(3 * rng.standard_normal(shape)))


def targets_for(loss, rng, n, k):
    if isinstance(loss, BinaryCrossEntropy):
        return rng.integers(0, 2, (n, k)).astype(np.float64)
    return rng.integers(k, size=n) if isinstance(loss, SoftmaxCrossEntropy) else rng.standard_normal((n, k))


def mean_loss(loss, outputs, targets, grad):
    """The mean loss of the rows; its gradient goes into ``grad``."""
    n, k = outputs.shape
    workspace = {
        name: np.full((n, *buffer.shape), buffer.fill, buffer.dtype or outputs.dtype)
        for name, buffer in loss.plan(k).items()
    }
    losses = np.full(n, np.nan, outputs.dtype)
    loss.losses(outputs, targets, losses, grad, workspace)
    grad /= n
    return float(losses.mean())


# --- activations -------------------------------------------------------------------------------------------------


@every_activation
@given(shape=array_shapes(min_dims=1, max_dims=4, max_side=5), seed=st.integers(0, 1000))
def test_activation_derivative(activation, shape, seed):
    rng = np.random.default_rng(seed)
    z, upstream = away_from_zero(rng, shape), rng.standard_normal(shape)

    def f(z):
        out = np.full_like(z, np.nan)
        activation.forward(z, out)
        return out

    a, grad, step = f(z), upstream.copy(), 1e-6
    activation.backward(z, a, grad)
    np.testing.assert_allclose(grad, upstream * (f(z + step) - f(z - step)) / (2 * step), rtol=1e-6, atol=1e-8)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(shape=array_shapes(min_dims=1, max_dims=4, max_side=5))
def test_activation_leaves_its_input_alone_and_writes_into_out(activation, dtype, shape):
    z = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    original, whole = z.copy(), np.full((2, *shape), np.nan, dtype)
    out, grad = whole  # two views of one array, as the network's workspaces are
    activation.forward(z, out)
    assert not np.isnan(whole[0]).any()
    assert np.isnan(whole[1]).all()
    grad[...] = 1
    activation.backward(z, out, grad)
    assert np.isfinite(whole[1]).all()
    np.testing.assert_array_equal(z, original)


@every_activation
def test_activation_allocates_nothing_that_grows_with_the_batch(activation):
    z = np.random.default_rng(0).standard_normal((500, 1000)).astype(np.float32)
    out, grad = np.empty_like(z), np.ones_like(z)
    tracemalloc.start()
    try:
        activation.forward(z, out)
        activation.backward(z, out, grad)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < z.nbytes / 20


@every_activation
def test_activation_survives_extremes_in_float32(activation):
    z = np.array([-1e4, -100.0, -88.8, -1e-38, -0.0, 0.0, 1e-38, 88.8, 100.0, 1e4], np.float32)
    out, grad = np.empty_like(z), np.ones_like(z)
    activation.forward(z, out)
    assert np.isfinite(out).all()
    activation.backward(z, out, grad)
    assert np.isfinite(grad).all()
    assert grad.dtype == np.float32


def test_relu_lets_no_gradient_through_where_its_input_was_not_positive():
    z = np.array([-1e4, -1.0, -1e-30, -0.0, 0.0, 1e-30, 1.0, 1e4], np.float32)
    a, grad = np.empty_like(z), np.full_like(z, 7)
    Relu().forward(z, a)
    assert a.tolist() == [0, 0, 0, 0, 0, z[5], 1, 1e4]
    Relu().backward(z, a, grad)
    assert grad.tolist() == [0, 0, 0, 0, 0, 7, 7, 7]


def test_sigmoid_at_known_points():
    z = np.array([-np.log(3), 0.0, np.log(3)])
    a, grad = np.empty_like(z), np.ones_like(z)
    Sigmoid().forward(z, a)
    np.testing.assert_allclose(a, [0.25, 0.5, 0.75], rtol=1e-15)
    Sigmoid().backward(z, a, grad)
    np.testing.assert_allclose(grad, [3 / 16, 1 / 4, 3 / 16], rtol=1e-15)


# --- losses ------------------------------------------------------------------------------------------------------


@every_loss
@given(n=st.integers(1, 5), k=st.integers(1, 5), seed=st.integers(0, 1000))
def test_loss_gradient(loss, n, k, seed, central_differences):
    rng = np.random.default_rng(seed)
    logits, targets = 3 * rng.standard_normal((n, k)), targets_for(loss, rng, n, k)
    grad, scratch = np.full((n, k), np.nan), np.empty((n, k))
    mean_loss(loss, logits, targets, grad)
    slope = central_differences(lambda: mean_loss(loss, logits, targets, scratch), logits)
    np.testing.assert_allclose(grad, slope, rtol=1e-5, atol=1e-8)


@given(seed=st.integers(0, 1000))
def test_cross_entropy_gradient_for_soft_targets(seed, central_differences):
    rng = np.random.default_rng(seed)
    logits, targets = rng.standard_normal((4, 3)), rng.dirichlet(np.ones(3), size=4)
    grad, scratch, loss = np.empty((4, 3)), np.empty((4, 3)), SoftmaxCrossEntropy()
    mean_loss(loss, logits, targets, grad)
    slope = central_differences(lambda: mean_loss(loss, logits, targets, scratch), logits)
    np.testing.assert_allclose(grad, slope, rtol=1e-5, atol=1e-8)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_leaves_logits_and_targets_alone(loss, dtype):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((4, 3)).astype(dtype)
    targets = targets_for(loss, rng, 4, 3)
    targets = targets if targets.ndim == 1 else targets.astype(dtype)
    before, out = (logits.copy(), targets.copy()), np.full((4, 3), np.nan, dtype)
    value = mean_loss(loss, logits, targets, out)
    assert type(value) is float
    assert np.isfinite(out).all()
    np.testing.assert_array_equal(logits, before[0])
    np.testing.assert_array_equal(targets, before[1])


@every_loss
def test_loss_survives_extremes_in_float32(loss):
    logits = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], np.float32)
    targets, grad = np.eye(3, dtype=np.float32)[[1, 0, 2]], np.empty((3, 3), np.float32)
    assert np.isfinite(mean_loss(loss, logits, targets, grad))
    assert np.isfinite(grad).all()
    loss.predict(logits)
    assert np.isfinite(logits).all()


# --- layers ------------------------------------------------------------------------------------------------------


def bind(layer, input_shape, n, rng):
    """A layer's memory in float64; all that it must fill in is NaN at first."""
    plan = layer.plan(input_shape)
    memory = LayerMemory(
        parameters={name: rng.standard_normal(p.shape) for name, p in plan.parameters.items()},
        gradients={name: np.full(p.shape, np.nan) for name, p in plan.parameters.items()},
        state={name: np.ones(p.shape) for name, p in plan.state.items()},
        workspace={name: np.full((n, *b.shape), b.fill, b.dtype or np.float64) for name, b in plan.workspace.items()},
        training=True,
        rng=np.random.default_rng(0),
    )
    return plan, memory


def test_every_built_in_layer_is_checked_here():
    assert {layer.name for layer in LAYERS} == {layer.name for layer in nnzoo_layers()}


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@pytest.mark.parametrize("input_shape", [(4,), (2, 3), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("n", [1, 3])
def test_layer_gradients(layer, input_shape, n, central_differences):
    rng = np.random.default_rng(1)
    plan, memory = bind(layer, input_shape, n, rng)
    x = away_from_zero(rng, (n, *input_shape))
    out = np.full((n, *plan.output_shape), np.nan)
    upstream = rng.standard_normal(out.shape)  # L = Σ out · upstream, so that ∂L/∂out = upstream

    def value():
        layer.forward(x, out, memory)
        return float(np.vdot(out, upstream))

    expected = {name: central_differences(value, array) for name, array in memory.parameters.items()}
    expected_input = central_differences(value, x)
    value()
    before, grad_out = x.copy(), upstream.copy()
    grad_in = grad_out if plan.gradient_in_place else np.full_like(x, np.nan)
    layer.backward(x, out, grad_out, grad_in, memory)

    assert memory.gradients.keys() == plan.parameters.keys()
    for name, gradient in memory.gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-6, atol=1e-7, err_msg=name)
    np.testing.assert_allclose(grad_in, expected_input, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("layer", [Dense(3)], ids=str)
def test_layer_without_input_gradient_still_fills_its_own(layer):
    rng = np.random.default_rng(0)
    _, memory = bind(layer, (4,), 5, rng)
    x, out, grad = rng.standard_normal((5, 4)), np.empty((5, 3)), np.ones((5, 3))
    layer.forward(x, out, memory)
    layer.backward(x, out, grad, None, memory)
    np.testing.assert_allclose(memory.gradients["weight"], np.repeat(x.sum(axis=0)[:, None], 3, axis=1))
    assert memory.gradients["bias"].tolist() == [5, 5, 5]


# --- networks ----------------------------------------------------------------------------------------------------


@every_activation
@every_loss
@pytest.mark.parametrize("hidden", [(), (5,), (5, 4, 3)], ids=str)
@pytest.mark.parametrize("input_shape", [(4,), (2, 3)], ids=str)
def test_network_gradient(activation, loss, hidden, input_shape, central_differences):
    rng = np.random.default_rng(2)
    network = Network(Mlp(hidden).layers(input_shape, 3, activation), input_shape, dtype=np.float64)
    parameters = network.parameters.vector
    parameters[...] = rng.standard_normal(parameters.shape)  # biases too
    x, targets, grad = rng.standard_normal((6, *input_shape)), targets_for(loss, rng, 6, 3), np.empty((6, 3))

    def value():
        return mean_loss(loss, network.forward(x, step=0), targets, grad)

    slope = central_differences(value, parameters)
    network.gradients.vector.fill(np.nan)
    value()
    network.backward(grad)
    np.testing.assert_allclose(network.gradients.vector, slope, rtol=1e-5, atol=1e-7)


def test_targets_are_known_for_all_the_losses_there_are():
    known = {BinaryCrossEntropy, MeanSquaredError, SoftmaxCrossEntropy}  # `targets_for` knows these
    assert {type(loss) for loss in LOSSES} == known
