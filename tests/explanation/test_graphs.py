"""A step through a graph: forks, several inputs, shared weights; each gradient confirmed where it is shown."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnzoo.builtin.activations import Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add, Concatenate, Multiply, Slice
from nnzoo.explanation.as_json import to_json
from nnzoo.explanation.story import story
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.walk import walk
from nnzoo.kinds import Graph, MergeLayer, Problem
from nnzoo.nn import Network
from nnzoo.pages.explanation import explanation_page
from nnzoo.plugins.registry import default_registry
from nnzoo.testing.check import CheckFailed
from nnzoo.testing.layers import check_explained
from nnzoo.training.batches import Batch
from nnzoo.training.recipe import resolve_recipe


def everything(multiply=None):
    """Two inputs, a fork of a dense layer and of an activation, shared weights, and every layer that merges."""
    graph = Graph()
    first = graph.add(Slice(0, (2,)), Dense(2))  # 0, 1
    active = graph.add(Activate(Sigmoid()))  # 2
    second = graph.add(Slice(2, (2,)), Dense(2), after=graph.input)  # 3, 4
    one = graph.add(Dense(2), after=active)  # 5
    two = graph.add(Dense(2), after=second, shared_with=one)  # 6
    total = graph.add(Add(), after=(first, one, two))  # 7
    square = graph.add(multiply or Multiply(), after=(total, total))  # 8
    graph.add(Concatenate(), after=(square, active))  # 9
    graph.add(Dense(2))  # 10
    return graph


def explained(graph):
    recipe = resolve_recipe(default_registry(), schedule="constant")
    network = Network(graph, (4,), seed=2, dtype=np.float64)
    problem, batch = Problem((4,), (2,), ()), Batch(np.array([[0.3, -0.7, 1.1, 0.4]]), np.array([1]))
    subject = Subject("a sample", network, recipe, problem, batch)
    return subject, walk(network, recipe, problem, batch)


@pytest.fixture(scope="module")
def told():
    """What is explained, the step, and its sections by part and layer."""
    subject, taken = explained(everything())
    return subject, taken, {(section.part, section.layer): section for section in story(subject, taken)}


def test_every_gradient_is_confirmed_where_it_is_shown(told):
    _, taken, _ = told
    checked = {name: gradient for name, _, gradient in taken.checked()}
    assert (taken.agreement().confirmed, taken.culprit()) == (taken.agreement().checked, None)
    assert {"1.dense.output", "2.activate.output", "7.add.output", "8.multiply.input.1"} <= set(checked)
    for output, parts in {
        "1.dense.output": ("7.add.input.0", "2.activate.input"),
        "2.activate.output": ("9.concatenate.input.1", "5.dense.input"),
        "7.add.output": ("8.multiply.input.0", "8.multiply.input.1"),
        "5.dense.weight": ("5.dense.weight at 6.dense", "5.dense.weight at 5.dense"),
    }.items():
        np.testing.assert_allclose(checked[output].values, sum(checked[part].values for part in parts), rtol=1e-12)
    assert np.array_equal(checked["5.dense.weight"].values, taken.update.gradient["5.dense.weight"])


def test_each_section_says_where_everything_comes_from(told):
    _, _, sections = told
    came = {
        layer: [a.meaning for a in section.arrays if a.symbol[0] in "xz"]
        for (part, layer), section in sections.items()
        if part == "Forward"
    }
    assert came["3.slice"] == ["the sample"]
    assert came["7.add"] == ["y of 1.dense", "y of 5.dense", "y of 6.dense"]
    assert came["9.concatenate"] == ["y of 8.multiply", "a of 2.activate"]
    assert sections["Forward", "6.dense"].title == "6.dense, units = 2, parameters of 5.dense"
    assert "∂L/∂y = ∂L/∂x₁ of 7.add + ∂L/∂z of 2.activate" in sections["Backward", "1.dense"].equation
    assert "∂L/∂W = ∂L/∂W at 6.dense + ∂L/∂W at 5.dense" in sections["Backward", "5.dense"].equation


def test_each_line_can_be_recomputed_from_the_numbers_in_it(told):
    _, _, sections = told
    worked = [line.split(" = ")[1:] for (part, _), s in sections.items() if part == "Forward" for line in s.workings]
    worked = [pair for pair in worked if not pair[0].startswith("f(")]
    for (part, layer), section in sections.items():
        if part == "Backward" and layer != "":
            worked += [row.cells[1:3] for table in section.tables for row in table.rows]
    assert len(worked) > 60
    for written, result in worked:
        value = eval(written.replace("−", "-").replace("·", "*"), {"__builtins__": {}})
        assert value == pytest.approx(float(result.replace("−", "-")), rel=1e-6, abs=1e-9), written


def test_a_wrong_gradient_of_one_input_is_named():
    @dataclass(frozen=True)
    class Halved(Multiply):
        """Whose second input gets half its gradient."""

        name: ClassVar[str] = "halved"

        def backward(self, inputs, out, grad_out, grads_in, memory):
            super().backward(inputs, out, grad_out, grads_in, memory)
            grads_in[1][...] /= 2

    _, taken = explained(everything(Halved()))
    wrong = [name for name, _, gradient in taken.checked() if "not confirmed" in gradient.verdicts()]
    assert (wrong[0], taken.culprit()) == ("8.halved.input.1", Halved())
    assert "8.halved.input.0" not in wrong


def test_json_has_the_same_numbers(told):
    subject, taken, _ = told
    answer = to_json(subject, taken)
    assert answer["forward"][7]["takes"] == ["1.dense", "5.dense", "6.dense"]
    assert answer["forward"][6]["shared_with"] == "5.dense"
    np.testing.assert_allclose(np.sum(answer["forward"][7]["inputs"], axis=0), answer["forward"][7]["output"])
    backward = {each["layer"]: each for each in answer["backward"]}
    assert len(backward["7.add"]["input_gradients"]) == 3
    parts = [backward[name]["gradients"]["bias"] for name in ("5.dense", "6.dense")]
    np.testing.assert_allclose(backward["5.dense"]["shared_gradients"]["bias"], np.sum(parts, axis=0))


@pytest.mark.usefixtures("unpainted")
def test_a_page_shows_what_comes_back_from_each_reader():
    graph = Graph()
    twice = graph.add(Dense(2))
    graph.add(Multiply(), after=(twice, twice))
    subject, taken = explained(graph)
    page = explanation_page(subject, taken, story(subject, taken))
    assert "∂L/∂y = ∂L/∂x₁ of 1.multiply + ∂L/∂x₂ of 1.multiply" in page


def test_the_kit_finds_a_wrong_explanation():
    @dataclass(frozen=True)
    class Forgetful(Dense):
        """Leaves its bias out."""

        name: ClassVar[str] = "forgetful"

        def output_terms(self, entry, sample):
            return replace(super().output_terms(entry, sample), plus=None)

    @dataclass(frozen=True)
    class Twice(Activate):
        """Tells that it does no more than apply its activation."""

        name: ClassVar[str] = "twice"

        def forward(self, x, out, memory):
            super().forward(x, out, memory)
            out *= 2

    with pytest.raises(CheckFailed, match="output_terms, entry"):
        check_explained(Forgetful(3))
    with pytest.raises(CheckFailed, match="is not identity of its input"):
        check_explained(Twice())


def test_terms_of_a_product_whose_inputs_have_fewer_axes():
    graph = Graph()
    gate = graph.add(Dense(4))
    image = graph.add(Slice(0, (4, 1)), after=graph.input)
    wide = graph.add(Concatenate(axis=1), after=(image, image))
    product = graph.add(Multiply(), after=(gate, wide))
    graph.add(Dense(2), after=product)
    _, taken = explained(graph)
    step = taken.layers[product]
    for entry in range(4):
        terms = step.layer.gradient_terms(0, entry, step.sample, step.grad_out)
        assert terms.value == pytest.approx(step.grads_in[0].values[entry])
    assert step.grads_in[1] is None
    assert taken.culprit() is None


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_gradients_of_any_graph_are_confirmed(data):
    graph, sizes, dense = Graph(), {Graph.input: 4}, []
    for kind in data.draw(st.lists(st.sampled_from(["dense", "share", "activate", "slice", "merge"]), max_size=10)):
        place = data.draw(st.sampled_from(list(sizes)))
        size = sizes[place]
        alike = [other for other in sizes if sizes[other] == size]
        lenders = [other for other, width in dense if width == size]
        if kind == "dense" or (kind == "share" and not lenders):
            added = graph.add(Dense(data.draw(st.integers(1, 3))), after=place)
            dense.append((added, size))
        elif kind == "share":
            lender = data.draw(st.sampled_from(lenders))
            added = graph.add(graph.nodes[lender].layer, after=place, shared_with=lender)
        elif kind == "activate":
            added = graph.add(Activate(Sigmoid()), after=place)
        elif kind == "slice":
            added = graph.add(Slice(size - 1, (1,)), after=place)
        else:
            merged = (place, data.draw(st.sampled_from(alike)))
            added = graph.add(data.draw(st.sampled_from([Add(), Multiply(), Concatenate()])), after=merged)
        layer = graph.nodes[added].layer
        shapes = tuple((sizes[source],) for source in graph.nodes[added].inputs)
        sizes[added] = layer.plan(shapes if isinstance(layer, MergeLayer) else shapes[0]).output_shape[0]
    ends = [place for place, readers in enumerate(graph.readers()) if not readers]
    graph.add(*([Concatenate()] if len(ends) > 1 else []), Dense(2), after=ends or Graph.input)
    _, taken = explained(graph)
    assert (taken.agreement().not_confirmed, taken.agreement().kinks) == (0, 0)
