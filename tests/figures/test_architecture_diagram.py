"""Architecture diagrams: what they say is what the network is, and no text hides another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import ClassVar
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.transforms import Bbox

from nnzoo.api import Graph, Layer, LayerPlan, Parameter
from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add, Concatenate, Slice
from nnzoo.builtin.models import Mlp
from nnzoo.figures.architecture import architecture_figure, plot_architecture
from nnzoo.figures.architecture_blocks import architecture_blocks
from nnzoo.figures.style import figure_bytes, make_figure, styled
from nnzoo.nn import Network


def mlp(shape, *hidden, outputs=10, activation=None):
    return Network(Mlp(hidden=hidden).layers(shape, outputs, activation or Relu()), shape)


@dataclass(frozen=True)
class Filters(Layer):
    """A layer of somebody's plugin: from an image to images of several channels."""

    name: ClassVar[str] = "filters"

    channels: int = 6
    stride: int = 2

    def plan(self, input_shape):
        height, width = input_shape[-2:]
        weight = Parameter((self.channels, 3, 3), is_weight=True)
        return LayerPlan((self.channels, height // self.stride, width // self.stride), {"weight": weight})

    def forward(self, x, out, memory):
        raise NotImplementedError

    def backward(self, x, out, grad_out, grad_in, memory):
        raise NotImplementedError


@dataclass(frozen=True)
class Scale(Layer):
    """A layer of somebody's plugin: each value by itself."""

    name: ClassVar[str] = "scale"

    rate: float = 0.5

    def plan(self, input_shape):
        return LayerPlan(input_shape, {"factor": Parameter(input_shape[:1])}, gradient_in_place=True)

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


def text_boxes(figure):
    figure.draw_without_rendering()
    return [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts]


def assert_readable(figure):
    """No text covers some of another, is cut off, or has an arrow through it."""
    boxes = text_boxes(figure)
    assert overlaps(boxes) == []
    page = figure.bbox
    assert [t for t, b in boxes if b.x0 < page.x0 or b.x1 > page.x1 or b.y0 < page.y0 or b.y1 > page.y1] == []
    # all arrows are made of level and upright pieces
    paths = [arrow.get_path().transformed(arrow.get_transform()) for arrow in figure.axes[0].patches]
    pieces = [Bbox([a, b]) for path in paths for line in path.to_polygons(closed_only=False) for a, b in pairwise(line)]
    assert [text for text, box in boxes if any(box.overlaps(piece) for piece in pieces)] == []


def overlaps(boxes):
    """Pairs of texts of which one covers some of the other."""
    return [
        (a, b)
        for (a, box), (b, other) in combinations(boxes, 2)
        if min(box.x1, other.x1) - max(box.x0, other.x0) > 1 and min(box.y1, other.y1) - max(box.y0, other.y0) > 2
    ]


def test_labels_have_the_name_shape_and_parameters_of_each_layer():
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


def test_a_layer_that_works_in_place_is_a_note_at_the_layer_before():
    network = Network([Dense(5), Scale(), Activate(Sigmoid()), Dense(2)], (3,))
    figure = drawn(network)
    assert blocks(figure) == ["input", "layer-0-dense", "layer-3-dense"]
    assert texts(figure)[2:9] == ["dense", "5 units", "20 parameters", "scale", "rate=0.5", "5 parameters", "sigmoid"]
    assert numbers(figure) == [20, 5, 12]


def test_an_image_whose_channels_come_last_is_a_volume_of_its_channels():
    figure = drawn(mlp((32, 20, 3)))
    faces = next(artist for artist in figure.axes[0].collections if artist.get_gid() == "input").get_paths()
    width, height = (faces[0].vertices.max(axis=0) - faces[0].vertices.min(axis=0)).tolist()
    assert height / width == pytest.approx(32 / 20)
    assert len(faces) == 3
    assert "32×20×3" in texts(figure)


def test_images_of_several_channels_are_volumes_and_unknown_layers_are_drawn_from_their_shapes():
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


def test_the_middle_of_very_many_layers_is_counted():
    network = mlp((64,), *range(20, 120))
    figure = drawn(network)
    assert len(blocks(figure)) == 40
    assert "62 more layers" in texts(figure)
    assert sum(numbers(figure)) == len(network.parameters)


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


def residual(blocks):
    graph = Graph()
    stem = graph.add(Dense(16))
    for _ in range(blocks):
        branch = graph.add(Activate(Relu()), Dense(16), after=stem)
        stem = graph.add(Add(), after=(stem, branch))
    graph.add(Dense(10))
    return Network(graph, (8, 8))


def towers():
    graph = Graph()
    one = graph.add(Slice(0, (32,)), Dense(4), Activate(Relu()))
    left = graph.add(Slice(32, (32,)), after=graph.input)
    two = graph.add(Dense(4), Activate(Relu()), after=left, shared_with=one)
    ends = [graph.add(Dense(units), after=two) for units in (2, 3)]
    graph.add(Concatenate(), after=(one, *ends))
    return Network(graph, (64,))


def connections(network):
    return {block.name: block.sources for block in architecture_blocks(network)}


def test_arrows_go_where_outputs_go():
    assert connections(residual(1)) == {
        "input": (),
        "layer-0-dense": ("input",),
        "layer-1-activate": ("layer-0-dense",),  # no note: the sum takes the values as they were
        "layer-2-dense": ("layer-1-activate",),
        "layer-3-add": ("layer-0-dense", "layer-2-dense"),
        "layer-4-dense": ("layer-3-add",),
    }
    figure = drawn(residual(1))
    assert len(figure.axes[0].patches) == 4  # to relu, along the skip, to the sum, and to the last layer
    assert {"relu", "+", "add"} <= set(texts(figure))


def test_shared_parameters_are_noted_and_counted_once():
    network = towers()
    figure = drawn(network)
    assert {"1.dense", "parameters of 1.dense"} <= set(texts(figure))
    assert sum(numbers(figure)) == len(network.parameters)
    assert connections(network)["layer-8-concatenate"] == ("layer-1-dense", "layer-6-dense", "layer-7-dense")
    assert connections(network)["layer-3-slice"] == ("input",)


def test_connections_of_omitted_blocks_end_at_their_replacement():
    found = connections(residual(40))
    assert len(found) == 41
    assert found["layer-19-activate-and-more"] == ("layer-18-add",)
    assert found["layer-102-add"] == ("layer-19-activate-and-more",)
    assert all(source in found for sources in found.values() for source in sources)


NETWORKS = {
    "residual": residual(7),
    "towers": towers(),
    "2-2-2": mlp((2,), 2, outputs=2),
    "no hidden layer": mlp((64,)),
    "wide": mlp((28, 28), 256, 128),
    "eight layers": mlp((8, 8), 96, 80, 64, 48, 32, 24, 12, activation=Sigmoid()),
    "all different": mlp((64,), *range(70, 24, -2)),
    "one output": mlp((3,), 16, outputs=1),
    "images in rows": Network([layer for n in range(1, 14) for layer in (Filters(n, 1), Scale())], (2, 20, 12)),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_every_text_is_readable(network):
    figure = drawn(network)
    assert_readable(figure)
    assert figure.get_figwidth() < 11.2
    assert sum(numbers(figure)) == len(network.parameters)


@settings(max_examples=6, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 100_000), max_size=30),
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=3),
)
def test_any_network_is_drawn_readably(hidden, shape):
    layers = [layer for units in hidden for layer in (Shrunk(units), Activate(Relu()))]
    network = Network([*layers, Shrunk(3)], tuple(shape))
    figure = drawn(network)
    assert_readable(figure)
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
    assert overlaps(text_boxes(figure)) == []
    assert sum(numbers(figure)) == len(network.parameters)


def test_an_svg_has_every_block_by_name_and_every_text():
    figure = drawn(mlp((8, 8), 16))
    svg = figure_bytes(figure, "svg").decode()
    names = [element.get("id") for element in ElementTree.fromstring(svg).iter() if element.get("id")]
    assert {"input", "layer-0-dense", "layer-2-dense", "weights-of-layer-0-dense"} <= set(names)
    assert len(names) == len(set(names))
    assert re.findall("<!-- (.*) -->", svg) == texts(figure)


@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_it_is_written_in_other_formats_too(format, start):
    assert figure_bytes(drawn(mlp((2,), 2, outputs=2)), format).startswith(start)
