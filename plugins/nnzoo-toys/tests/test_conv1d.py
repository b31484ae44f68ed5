"""The layer `conv1d` and the model `conv-1d`: by definition, by what the kit asks, and by what they learn."""

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, load_dataset
from nnzoo.api import LayerMemory, UsageError
from nnzoo.builtin.activations import Relu
from nnzoo.testing import parametrize_with_checks

from nnzoo_toys import Conv1d, ConvNet1d

LAYERS = [Conv1d(), Conv1d(3, 5, 2, 1), Conv1d(2, 4, 3, 2), Conv1d(2, 1)]


@parametrize_with_checks([*LAYERS, ConvNet1d()])
def test_conformance(check):
    check()


@pytest.mark.parametrize("shape", [(7,), (1, 9), (3, 8)], ids=str)
@pytest.mark.parametrize("layer", [*LAYERS, Conv1d(2, 3, 2, 5)], ids=str)
def test_it_is_what_its_equation_says(layer, shape):
    rng, n = np.random.default_rng(0), 4
    plan, x = layer.plan(shape), rng.standard_normal((n, *shape))
    parameters = {name: rng.standard_normal(parameter.shape) for name, parameter in plan.parameters.items()}
    workspace = {name: np.full((n, *buffer.shape), np.nan) for name, buffer in plan.workspace.items()}
    out = np.full((n, *plan.output_shape), np.nan)
    memory = LayerMemory(parameters, {}, {}, workspace, training=True, rng=rng)
    layer.forward(x, out, memory)

    k, s, p = layer.kernel_size, layer.stride, layer.padding
    padded = np.pad(x.reshape(n, -1, shape[-1]), ((0, 0), (0, 0), (p, p)))
    weight = parameters["weight"].reshape(padded.shape[1], k, layer.filters)
    expected = np.empty_like(out)
    for v in range(out.shape[2]):
        window = padded[:, :, s * v : s * v + k, None]
        expected[:, :, v] = parameters["bias"] + (window * weight).sum(axis=(1, 2))
    np.testing.assert_allclose(out, expected, atol=1e-12)


def test_shapes_that_do_not_fit_are_refused_with_a_cure():
    for refused, shape in ((Conv1d(4, 9), (8,)), (Conv1d(), (2, 8, 8)), (Conv1d(), ())):
        with pytest.raises(UsageError) as caught:
            refused.plan(shape)
        assert caught.value.hint
    with pytest.raises(UsageError, match="conv-1d takes curves of 8 points or more"):
        ConvNet1d().layers((5,), 10, Relu())


def test_it_learns_curves_that_a_dense_network_does_not():
    data = load_dataset("mnist-1d:samples=1500")
    accuracy = {}
    for model in ("conv-1d", "mlp:hidden=64"):
        dnn = DeepNeuralNetwork.for_dataset(data, model=model)
        dnn.train(data, epochs=15, batch_size=25, learning_rate=0.3, verbose=False)
        accuracy[model] = dnn.history[-1].test_accuracy
    assert dnn.network.input_shape == (40,)
    assert accuracy["conv-1d"] > accuracy["mlp:hidden=64"] + 0.15
