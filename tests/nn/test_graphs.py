"""Networks that branch: their gradients, memory, copies, and the errors of graphs that can't be."""

import copy
import itertools
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.api import Graph, UsageError
from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add, Concatenate, Multiply, Slice
from nnzoo.nn import Network

WIDTH = 3


@st.composite
def graphs(draw):
    """Layers in any order, each on any outputs; what nothing takes comes together at the end."""
    graph, ends, dense = Graph(), {-1}, []
    widths = {-1: WIDTH}

    def add(layer, width, *sources, **options):
        place = graph.add(layer, after=sources if len(sources) > 1 else sources[0], **options)
        widths[place] = width
        ends.difference_update(sources)
        ends.add(place)
        return place

    for _ in range(draw(st.integers(1, 7))):
        source = draw(st.sampled_from(sorted(widths)))
        equal = [place for place in widths if widths[place] == widths[source]]
        several = draw(st.lists(st.sampled_from(equal), min_size=1, max_size=3))
        kind = draw(st.sampled_from(["dense", "shared", "activate", "add", "multiply", "concatenate", "slice"]))
        if kind == "dense" or (kind == "shared" and not dense):
            dense.append((add(Dense(WIDTH), WIDTH, source), widths[source]))
        elif kind == "shared":
            owner, width = draw(st.sampled_from(dense))
            fitting = [place for place in widths if widths[place] == width]
            dense.append((add(Dense(WIDTH), WIDTH, draw(st.sampled_from(fitting)), shared_with=owner), width))
        elif kind == "activate":
            add(Activate(Sigmoid()), widths[source], source)
        elif kind == "slice":
            start = draw(st.integers(0, widths[source] - 1))
            add(Slice(start, (widths[source] - start,)), widths[source] - start, source)
        elif kind == "concatenate":
            others = draw(st.lists(st.sampled_from(sorted(widths)), min_size=1, max_size=2))
            add(Concatenate(), sum(widths[place] for place in (source, *others)), source, *others)
        else:
            add(Add() if kind == "add" else Multiply(), widths[source], source, *several)
    if len(ends) > 1:
        add(Concatenate(), 0, *sorted(ends))
    if draw(st.booleans()):
        graph.add(Dense(2))
    return graph


def formula(network, x):
    """The output, by the layers' formulas."""
    outputs = {-1: x}
    for place, node in enumerate(network.graph.nodes):
        first, *others = inputs = [outputs[source] for source in node.inputs]
        owner = place if node.shared_with is None else node.shared_with
        match node.layer:
            case Dense():
                weight, bias = (network.parameters[f"{owner}.dense.{name}"] for name in ("weight", "bias"))
                outputs[place] = first @ weight + bias
            case Activate():
                outputs[place] = 1 / (1 + np.exp(-first))
            case Add():
                outputs[place] = first + sum(others)
            case Multiply():
                outputs[place] = np.prod(inputs, axis=0)
            case Concatenate():
                outputs[place] = np.concatenate(inputs, axis=1)
            case Slice(start, shape):
                outputs[place] = first[:, start : start + shape[0]]
    return outputs[len(network.layers) - 1]


def slopes(f, array, step=1e-5):
    """Central differences in every entry."""
    found = np.empty_like(array)
    for place in np.ndindex(array.shape):
        value = array[place]
        sides = []
        for array[place] in (value + step, value - step):
            sides.append(f())
        array[place] = value
        found[place] = (sides[0] - sides[1]) / (2 * step)
    return found


@given(graph=graphs(), seed=st.integers(0, 100))
def test_any_graph_computes_its_formula_and_the_gradient_of_it(graph, seed):
    rng = np.random.default_rng(seed)
    network = Network(graph, (WIDTH,), dtype=np.float64)
    network.parameters.vector[...] = 0.7 * rng.standard_normal(len(network.parameters))
    x, before = rng.standard_normal((2, WIDTH)), network.parameters.vector.copy()
    given = x.copy()
    np.testing.assert_allclose(network.forward(x, step=0), formula(network, x), rtol=1e-9, atol=1e-12)
    weights = rng.standard_normal((2, *network.output_shape))
    for _ in range(2):  # the second time nothing of the first is left
        network.forward(x, step=0)
        network.backward(weights.copy())
    expected = slopes(lambda: float((network.forward(x, step=0) * weights).sum()), network.parameters.vector)
    size = 1 + np.abs(expected).max(initial=0)
    np.testing.assert_allclose(network.gradients.vector / size, expected / size, atol=1e-7)
    np.testing.assert_array_equal(x, given)
    np.testing.assert_array_equal(network.parameters.vector, before)


def branching(width=100):
    """A block that is skipped, twice through the same weights, and one gate."""
    graph = Graph()
    start = graph.add(Dense(width), Activate(Relu()))
    block = graph.add(Dense(width), Activate(Sigmoid()))
    again = graph.add(Dense(width), Activate(Sigmoid()), after=block, shared_with=block)
    gated = graph.add(Multiply(), after=(block, again))
    total = graph.add(Add(), Activate(Relu()), after=(start, gated, again))
    graph.add(Concatenate(), Dense(10), after=(total, start, graph.add(Slice(5, (width - 8,)), after=gated)))
    return graph


def test_a_batch_size_seen_before_allocates_nothing():
    network = Network(branching(), (300,))
    x, grad = np.ones((1024, 300), np.float32), np.ones((1024, 10), np.float32)
    network.forward(x, step=0)
    network.backward(grad)
    tracemalloc.start()
    try:
        network.forward(x, step=1)
        network.backward(grad)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1024 * 10 * 4  # the smallest array of a batch; NumPy has a buffer of its own


def trained(graph, steps=3):
    """A network, all its outputs and gradients in a few steps of descent."""
    network, rng, seen = Network(graph, (4,), seed=3), np.random.default_rng(0), []
    for step in range(steps):
        x, weights = (rng.standard_normal((n, k)).astype(np.float32) for n, k in ((5, 4), (5, 10)))
        seen.append(network.forward(x, step=step).copy())
        network.backward(weights)
        seen.append(network.gradients.vector.copy())
        network.parameters.vector -= 0.1 * network.gradients.vector
    return network, seen


def test_a_sequence_has_the_same_bits_as_list_and_as_graph():
    layers = [Dense(6), Activate(Relu()), Dense(6), Activate(Sigmoid()), Dense(10)]
    graph = Graph()
    for place, layer in enumerate(layers):
        graph.add(layer, after=place - 1)
    assert graph == Graph.of(layers)
    for one, other in zip(trained(layers)[1], trained(graph)[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_that_share_have_one_set_of_parameters():
    network = Network(branching(16), (4,))
    names = [name for name in network.parameters.layout if name.endswith("weight")]
    assert names == ["0.dense.weight", "2.dense.weight", "11.dense.weight"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_a_copy_trains_as_the_original_and_leaves_it_alone(copied):
    network, _ = trained(branching(16))
    other, x = copied(network), np.ones((3, 4), np.float32)
    before = network.parameters.vector.copy()
    for one in (other, network):
        one.forward(x, step=9)
        one.backward(np.ones((3, 10), np.float32))
        one.parameters.vector[...] -= one.gradients.vector
        assert not np.array_equal(one.parameters.vector, before)
        if one is other:
            np.testing.assert_array_equal(network.parameters.vector, before)
    np.testing.assert_array_equal(network.parameters.vector, other.parameters.vector)


def test_many_threads_get_the_answers_of_one():
    network = Network(branching(64), (4,))
    pieces = [np.full((n, 4), value, np.float32) for n, value in itertools.product((1, 7, 64, 600), range(10))]
    expected = [network.predict(piece) for piece in pieces]
    with ThreadPoolExecutor(8) as pool:
        for found, one in zip(pool.map(network.predict, pieces), expected, strict=True):
            np.testing.assert_array_equal(found, one)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda graph: graph.add(), "needs a layer"),
        (lambda graph: graph.add(Dense(2), after=2), "no place 2"),
        (lambda graph: graph.add(Dense(2), after=-2), "no place -2"),
        (lambda graph: graph.add(Dense(2), after=(0, 1)), "takes one input, but gets 2"),
        (lambda graph: graph.add(Add()), "gets 1"),
        (lambda graph: graph.add(Add(), after=()), "gets 0"),
        (lambda graph: graph.add(Dense(2), shared_with=0), "can't share"),
        (lambda graph: graph.add(Dense(3), shared_with=1), "can't share"),
        (lambda graph: graph.add(Dense(3), shared_with=7), "no place 7"),
        (lambda graph: graph.add(Dense(3), shared_with=graph.input), "can't share"),
        (lambda graph: graph.add(Dense(9), Dense(3), after=1, shared_with=0), "can't share"),
    ],
)
def test_invalid_graphs_are_refused(add, message):
    graph = Graph()
    graph.add(Dense(3), Activate(Sigmoid()))
    before = repr(graph)
    with pytest.raises(UsageError) as refused:
        add(graph)
    assert message in refused.value.message
    assert repr(graph) == before


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Add()], "can't merge samples of the shapes (3,), (4,)"),
        ([Concatenate(axis=1)], "axis 1"),
        ([Concatenate(), Dense(2), Slice(1, (2,))], "needs values 1 … 2"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layers, message):
    graph = Graph()
    one, other = graph.add(Dense(3), after=graph.input), graph.add(Dense(4), after=graph.input)
    graph.add(*layers, after=(one, other))
    with pytest.raises(UsageError) as refused:
        Network(graph, (5,))
    assert message in refused.value.message


def test_layers_that_share_get_samples_of_one_shape():
    graph = Graph()
    first = graph.add(Dense(3))
    graph.add(Dense(3), after=graph.input, shared_with=first)
    graph.add(Add(), after=(first, 1))
    Network(graph, (5,))
    graph.add(Dense(3), shared_with=first)
    with pytest.raises(UsageError, match=r"3\.dense can't share the arrays of 0\.dense"):
        Network(graph, (5,))


def test_an_unused_output_is_refused():
    graph = Graph()
    graph.add(Dense(3))
    graph.add(Dense(2), after=graph.input)
    with pytest.raises(UsageError, match=r"no layer takes the output of 0\.dense"):
        Network(graph, (5,))


def test_a_network_keeps_its_layers_when_the_graph_grows():
    graph = Graph()
    graph.add(Dense(3), after=np.int64(-1))
    network = Network(graph, (5,))
    graph.add(Dense(2))
    assert len(network.graph.nodes) == 1
    assert network.predict(np.ones((2, 5), np.float32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("layer", "after", "message"),
    [
        (Dense(3), -1.0, "-1.0 is not a place"),
        (Dense(3), "input", "'input' is not a place"),
        (Add(), (-1, None), "None is not a place"),
        (Dense, None, "takes layers, not the class Dense"),
        ("dense", None, "takes layers, not 'dense'"),
    ],
)
def test_an_invalid_layer_or_place_is_refused(layer, after, message):
    graph = Graph()
    with pytest.raises(UsageError) as refused:
        graph.add(layer, after=after)
    assert message in refused.value.message
    assert graph.nodes == []
