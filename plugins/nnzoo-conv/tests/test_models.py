"""The models beside lenet5: what they are made of, and which samples they take."""

import numpy as np
import pytest
from nnzoo.api import InputPart, Network, Problem, UsageError
from nnzoo.builtin.activations import Relu

from nnzoo_conv import ConvSmall, ResnetSmall, TinyConv


def network(model, shape, outputs=10):
    if isinstance(model, ResnetSmall):
        return Network(model.graph(Problem(shape, (outputs,), ()), Relu()), shape)
    return Network(model.layers(shape, outputs, Relu()), shape)


@pytest.mark.parametrize(
    ("model", "shape", "parameters"),
    [
        (ResnetSmall(), (28, 28), 78_090),
        (TinyConv(), (28, 28), 562),
        (ConvSmall(batchnorm=False), (40,), 25 * 6 + 2 * (25 * 25 * 5 + 25) + 125 * 10 + 10),
    ],
    ids=str,
)
def test_how_many_parameters_they_have(model, shape, parameters):
    assert len(network(model, shape).parameters) == parameters


def test_a_block_of_a_resnet_adds_what_goes_around_it():
    graph = ResnetSmall((4, 6), blocks=2).graph(Problem((8, 8), (3,), ()), Relu())
    adds = [(place, node) for place, node in enumerate(graph.nodes) if node.layer.name == "add"]
    before = [graph.nodes[node.inputs[0]].layer.name for _, node in adds]
    assert before == ["activate", "activate", "batchnorm", "activate"]  # a 1 × 1 convolution where channels change
    assert all(graph.nodes[node.inputs[1]].layer.name == "batchnorm" for _, node in adds)


def test_each_stage_of_a_resnet_but_the_first_halves_the_image():
    plans = network(ResnetSmall((2, 3, 4)), (28, 27)).plans
    shapes = [plan.output_shape for plan in plans if len(plan.output_shape) == 3]
    assert list(dict.fromkeys(shapes)) == [(2, 28, 27), (3, 14, 14), (4, 7, 7)]


SAMPLES = [(8, 8), (1, 1, 40), (40,), (2, 3), (3, 16, 15)]


@pytest.mark.parametrize("shape", SAMPLES, ids=str)
@pytest.mark.parametrize("model", [ResnetSmall((3, 4)), ConvSmall((3, 4))], ids=str)
def test_they_take_images_of_any_size_and_signals(model, shape):
    built = network(model, shape, 7)
    x = np.random.default_rng(0).random((2, *shape), np.float32)
    assert np.isfinite(built.forward(x)).all()
    rows = {len(built.parameters[name]) for name in built.parameters.layout if name.endswith("conv2d.weight")}
    assert (rows == {1}) == (shape in [(1, 1, 40), (40,)])  # no window looks for rows that are not there


def test_a_signal_is_an_image_of_one_row():
    signals = [network(ResnetSmall((3, 4)), shape).parameters.vector for shape in ((40,), (1, 40), (1, 1, 40))]
    assert len({vector.size for vector in signals}) == 1


@pytest.mark.parametrize("model", [ResnetSmall((3, 4), channels="last"), ConvSmall((3,), channels="last")], ids=str)
def test_channels_last(model):
    assert network(model, (8, 9, 3)).output_shape == (10,)


@pytest.mark.parametrize(("side", "pooled"), [(28, 2), (8, 2), (7, 1), (4, 1), (3, 0)])
def test_tiny_conv_halves_what_is_large_enough(side, pooled):
    layers = TinyConv((2, 3, 4)).layers((side, side), 3, Relu())
    assert [layer.name for layer in layers].count("maxpool2d") == pooled
    assert network(TinyConv((2, 3, 4)), (side, side)).output_shape == (10,)


def test_what_they_can_not_take_is_refused():
    with pytest.raises(UsageError, match="takes images"):
        TinyConv().layers((784,), 10, Relu())
    with pytest.raises(UsageError, match="takes images"):
        ConvSmall().layers((2, 3, 4, 5), 10, Relu())
    several = Problem((6,), (3,), (), inputs=(InputPart("a", 0, (2,)), InputPart("b", 2, (4,))))
    with pytest.raises(UsageError, match="takes one input"):
        ResnetSmall().graph(several, Relu())
