"""Architecture diagrams: what they say is what the network is, and no text hides another."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnzoo.api import Layer, LayerPlan, Parameter
from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.models import Mlp
from nnzoo.figures.architecture import architecture_figure, plot_architecture
from nnzoo.figures.style import figure_bytes, make_figure, styled
from nnzoo.nn import Network


def mlp(shape, *hidden, outputs=10, activation=None):
    return Network(Mlp(hidden=hidden).layers(shape, outputs, activation or Relu()), shape)


@dataclass(frozen=True)
class Filters(Layer):
    """A layer of somebody's plugin: from an image to images of several channels."""

    name: ClassVar[str] = "filters"

    channels: int = 6

    def plan(self, input_shape):
        height, width = input_shape[-2:]
        weight = Parameter((self.channels, 3, 3), is_weight=True)
        return LayerPlan((self.channels, height // 2, width // 2), {"weight": weight})

    def forward(self, x, out, memory):
        raise NotImplementedError

    def backward(self, x, out, grad_out, grad_in, memory):
        raise NotImplementedError


def drawn(network):
    with styled():
        return architecture_figure(network)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def blocks(figure):
    """The names of what is drawn for the input and the layers, from left to right."""
    named = [artist.get_gid() or "" for artist in figure.axes[0].collections]
    return [name for name in named if re.fullmatch(r"input|layer-\d+-[a-z0-9]+", name)]


def numbers(figure):
    """The parameters that stand below the blocks."""
    found = (re.fullmatch(r"([\d,]+) parameters?", text) for text in texts(figure))
    return [int(count[1].replace(",", "")) for count in found if count]


def overlaps(figure):
    """Pairs of texts of which one covers some of the other."""
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts]
    return [
        (a, b)
        for (a, box), (b, other) in combinations(boxes, 2)
        if min(box.x1, other.x1) - max(box.x0, other.x0) > 1 and min(box.y1, other.y1) - max(box.y0, other.y0) > 2
    ]


def outside(figure):
    """Texts that are cut off by the edge of the figure."""
    figure.canvas.draw()
    page = figure.bbox
    boxes = {text.get_text(): text.get_window_extent() for text in figure.axes[0].texts}
    return [t for t, b in boxes.items() if b.x0 < page.x0 or b.x1 > page.x1 or b.y0 < page.y0 or b.y1 > page.y1]


def test_it_says_what_each_layer_is_and_has():
    figure = drawn(mlp((28, 28), 64))
    assert blocks(figure) == ["input", "layer-0-dense", "layer-2-dense"]
    assert texts(figure) == [
        *("input", "28×28"),
        *("dense", "64 units", "50,240 parameters", "relu"),
        *("dense", "10 outputs", "650 parameters"),
        "input 28×28, 50,890 parameters, 203,560 bytes",
    ]


def test_a_unit_is_drawn_for_each_of_a_few_and_many_are_abbreviated():
    figure = drawn(mlp((4,), 12, 13, outputs=3))
    units = {artist.get_gid(): len(artist.get_paths()) for artist in figure.axes[0].collections}
    assert units["input"] == 4
    assert units["layer-0-dense"] == 12
    assert "layer-0-dense-dots" not in units
    assert units["layer-2-dense"] < 13
    assert units["layer-2-dense-dots"] == 3
    assert units["layer-4-dense"] == 3
    assert units["weights-of-layer-0-dense"] == 4 * 12  # a line for each weight


def test_images_of_several_channels_are_volumes_and_layers_nobody_knows_are_drawn_from_their_shapes():
    network = Network([Filters(), Activate(Relu()), Filters(16), Dense(10)], (28, 28))
    figure = drawn(network)
    assert blocks(figure) == ["input", "layer-0-filters", "layer-2-filters", "layer-3-dense"]
    faces = {artist.get_gid(): len(artist.get_paths()) for artist in figure.axes[0].collections}
    assert (faces["input"], faces["layer-0-filters"]) == (1, 3)  # a plane, and a box
    assert {"6×14×14", "54 parameters", "16×7×7", "144 parameters", "relu"} <= set(texts(figure))
    arrows = len(figure.axes[0].patches)
    assert arrows == 2  # filters have no weight for each pair of values; the last layer has


def test_equal_layers_of_a_deep_network_are_counted():
    figure = drawn(mlp((64,), *[64] * 23))
    assert "21 more of the same" in texts(figure)
    assert blocks(figure) == ["input", "layer-0-dense", "layer-44-dense", "layer-46-dense"]
    assert sum(numbers(figure)) == 23 * 65 * 64 + 650


def test_a_plugins_text_stays_text():
    @dataclass(frozen=True)
    class Odd(Layer):
        name: ClassVar[str] = "odd"
        mode: str = "$x^2$ \x1b[31m" + "long" * 20

        def plan(self, input_shape):
            return LayerPlan((3,), {"w": Parameter((2, 3), is_weight=True)})

        def forward(self, x, out, memory):
            raise NotImplementedError

        def backward(self, x, out, grad_out, grad_in, memory):
            raise NotImplementedError

    figure = drawn(Network([Odd(), Dense(2)], (2,)))
    (said,) = (text for text in texts(figure) if text.startswith("mode="))
    assert said.startswith("mode=$x^2$ \\x1b[31m")
    assert len(said) < 30
    figure_bytes(figure, "svg")


NETWORKS = {
    "2-2-2": mlp((2,), 2, outputs=2),
    "no hidden layer": mlp((64,)),
    "wide": mlp((28, 28), 256, 128),
    "eight layers": mlp((8, 8), 96, 80, 64, 48, 32, 24, 12, activation=Sigmoid()),
    "all different": mlp((64,), *range(70, 24, -2)),
    "one output": mlp((3,), 16, outputs=1),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_no_text_covers_another_or_is_cut_off(network):
    figure = drawn(network)
    assert overlaps(figure) == []
    assert outside(figure) == []
    assert sum(numbers(figure)) == len(network.parameters)


@settings(max_examples=12, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 100_000), max_size=30),
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=3),
)
def test_any_network_is_drawn_readably(hidden, shape):
    layers = [layer for units in hidden for layer in (Shrunk(units), Activate(Relu()))]
    network = Network([*layers, Shrunk(3)], tuple(shape))
    figure = drawn(network)
    assert overlaps(figure) == []
    assert outside(figure) == []
    assert sum(numbers(figure)) == len(network.parameters)


@dataclass(frozen=True)
class Shrunk(Layer):
    """Outputs by the thousand, but few parameters, so that large networks fit in memory."""

    name: ClassVar[str] = "shrunk"

    units: int = 1

    def plan(self, input_shape):
        return LayerPlan((self.units,), {"weight": Parameter((self.units,), is_weight=True)})

    def forward(self, x, out, memory):
        raise NotImplementedError

    def backward(self, x, out, grad_out, grad_in, memory):
        raise NotImplementedError


def test_it_goes_into_axes_of_any_size():
    network = mlp((28, 28), 256, 128)
    with styled():
        figure, (left, right) = make_figure(1, 2, width=9, height=3)
        assert plot_architecture(left, network) is left
        right.plot([0, 1])
    assert overlaps(figure) == []
    assert sum(numbers(figure)) == len(network.parameters)


def test_an_svg_has_every_block_by_name():
    network = mlp((8, 8), 16)
    tree = ElementTree.fromstring(figure_bytes(drawn(network), "svg"))
    names = {element.get("id") for element in tree.iter()}
    assert {"input", "layer-0-dense", "layer-2-dense", "weights-of-layer-0-dense"} <= names
    assert math.prod(network.input_shape) == 64
