"""Every layer and the model: derivatives against central differences, in float64."""

import numpy as np
import pytest
from nnzoo.builtin.activations import Sigmoid
from nnzoo.nn import Network

from nnzoo_conv import (
    BatchNorm,
    Conv2d,
    Depthwise2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Lenet5,
    MaxPool2d,
    Upsample2d,
    nnzoo_layers,
)

IMAGES = [(5, 6), (2, 4, 5)]
CASES = [
    *(
        (Conv2d(3, k, s, p), shape)
        for k in (1, 2, 3, 4)
        for s in (1, 2, 3)
        for p in ("valid", "same", 1)
        for shape in IMAGES
    ),
    *((Conv2d(2, 3, 2, "same", channels="last"), shape) for shape in ((5, 4), (5, 4, 3))),
    (Conv2d(2, 3, padding=4), (2, 3)),
    (Conv2d(1, 5), (1, 5, 5)),
    *((Conv2d(2, 3, s, "same", kernel_height=k), (2, 3, 6)) for k in (1, 2) for s in (1, 2)),
    (Conv2d(2, 3, kernel_height=1, channels="last"), (2, 5, 3)),
    *((Depthwise2d(k, s, p), shape) for k in (2, 3) for s in (1, 2) for p in ("valid", "same", 1) for shape in IMAGES),
    *((GlobalAveragePool(), shape) for shape in IMAGES),
    *((Upsample2d(size), shape) for size in (1, 2, 3) for shape in IMAGES),
    *((MaxPool2d(size, stride), shape) for size in (1, 2, 3) for stride in (0, 1, 2, 4) for shape in IMAGES),
    *((BatchNorm(epsilon=0.1), shape) for shape in ((4,), (3, 3), (2, 3, 2))),
    *((Dropout(rate), shape) for rate in (0, 0.3) for shape in ((6,), (2, 3, 2))),
    *((Flatten(), shape) for shape in ((4,), (2, 3), (2, 3, 2))),
]


def central_differences(f, array, step=1e-6):
    slope = np.empty_like(array)
    for place in np.ndindex(array.shape):
        value = array[place]
        array[place] = value + step
        above = f()
        array[place] = value - step
        slope[place] = (above - f()) / (2 * step)
        array[place] = value
    return slope


def spread_out(rng, shape):
    """Numbers that no two of lie near each other, so that no maximum changes hands."""
    return 0.05 * rng.permutation(np.prod(shape)).reshape(shape) - 1


def test_every_layer_is_checked_here():
    assert {layer.name for layer, _ in CASES} == {layer.name for layer in nnzoo_layers()}


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("layer", "shape"), CASES, ids=str)
def test_gradients(layer, shape, n, bind):
    rng = np.random.default_rng(0)
    plan, memory = bind(layer, shape, n)
    x, out = spread_out(rng, (n, *shape)), np.full((n, *plan.output_shape), np.nan)
    upstream = rng.standard_normal(out.shape)  # L = Σ out · upstream, so that ∂L/∂out = upstream

    def value():
        memory.rng = np.random.default_rng(3)
        layer.forward(x, out, memory)
        return float(np.vdot(out, upstream))

    expected = {name: central_differences(value, array) for name, array in memory.parameters.items()}
    expected_input = central_differences(value, x)
    value()
    before, grad_in = x.copy(), np.full_like(x, np.nan)
    layer.backward(x, out, upstream.copy(), grad_in, memory)
    for name, gradient in memory.gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-6, atol=1e-7, err_msg=name)
    np.testing.assert_allclose(grad_in, expected_input, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(x, before)

    value()
    in_place, alone = upstream.copy(), {name: np.full_like(g, np.nan) for name, g in memory.gradients.items()}
    if plan.gradient_in_place:
        layer.backward(x, out, in_place, in_place, memory)
        np.testing.assert_array_equal(in_place, grad_in)
    value()
    gradients, memory.gradients = memory.gradients, alone
    layer.backward(x, out, upstream.copy(), None, memory)  # as in the first layer of a network
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(alone[name], gradient)


@pytest.mark.parametrize("layer", [BatchNorm(epsilon=0.1), Dropout(0.5)], ids=str)
def test_gradients_in_a_prediction(layer, bind):
    """Nobody trains on predictions, but what `backward` does there is right all the same."""
    rng = np.random.default_rng(0)
    _, memory = bind(layer, (2, 3, 2), 4, training=False)
    for array in memory.state.values():
        array += rng.random(array.shape)
    x, upstream = rng.standard_normal((2, 4, 2, 3, 2))
    out, grad_in = np.empty_like(x), np.empty_like(x)

    def value():
        layer.forward(x, out, memory)
        return float(np.vdot(out, upstream))

    expected = central_differences(value, x)
    value()
    layer.backward(x, out, upstream, grad_in, memory)
    np.testing.assert_allclose(grad_in, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("model", [Lenet5(), Lenet5(batchnorm=True)], ids=str)
def test_gradients_of_the_whole_model(model):
    network = Network(model.layers((12, 12), 3, Sigmoid()), (12, 12), dtype=np.float64)
    rng = np.random.default_rng(0)
    network.parameters.vector += 0.1 * rng.standard_normal(len(network.parameters))
    x, upstream = rng.standard_normal((4, 12, 12)), rng.standard_normal((4, 3))
    direction = rng.standard_normal(len(network.parameters))

    def value():
        return float(np.vdot(network.forward(x, step=0), upstream))

    value()
    network.backward(upstream.copy())
    found, here, step = float(network.gradients.vector @ direction), network.parameters.vector.copy(), 1e-6
    network.parameters.vector[...] = here + step * direction
    above = value()
    network.parameters.vector[...] = here - step * direction
    assert found == pytest.approx((above - value()) / (2 * step), rel=1e-6)
