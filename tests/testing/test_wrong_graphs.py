"""The kit on layers with several inputs and on graphs: ours pass, and typical mistakes are found."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from nnzoo.api import Component, Graph, GraphModel, LayerPlan, MergeLayer, UsageError
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add, Concatenate, Multiply, Slice
from nnzoo.testing import checks_for


@dataclass(frozen=True)
class Residual(GraphModel):
    """A block that is skipped, too."""

    name: ClassVar[str] = "residual"

    def depth(self):
        return 2

    def graph(self, problem, activation):
        graph = Graph()
        start = graph.add(Dense(8), Activate(activation), after=graph.input)
        block = graph.add(Dense(8), Activate(activation))
        graph.add(Add(), Dense(math.prod(problem.output_shape)), after=(start, block))
        return graph


@dataclass(frozen=True)
class Towers(GraphModel):
    """One tower for each of several inputs; none for problems with one."""

    name: ClassVar[str] = "towers"

    def depth(self):
        return 1

    def graph(self, problem, activation):
        if not problem.inputs:
            raise UsageError("model towers takes samples with several inputs")
        graph = Graph()
        ends = [
            graph.add(Slice(part.start, part.shape), Dense(8), Activate(activation), after=graph.input)
            for part in problem.inputs
        ]
        graph.add(Concatenate(), Dense(math.prod(problem.output_shape)), after=ends)
        return graph


@pytest.mark.parametrize(
    "component", [Concatenate(axis=2), Slice(start=2, shape=(2, 2)), Residual(), Towers()], ids=str
)
def test_built_in_components_pass(component, failures_of):
    assert failures_of(check for check in checks_for(component) if check.name != "cheap-import") == {}


@dataclass(frozen=True)
class _Product(MergeLayer):
    """x y, for two inputs."""

    name: ClassVar[str] = "wrong"

    def plan(self, input_shapes):
        if len(input_shapes) != 2:
            raise UsageError("layer wrong takes two inputs")
        return Multiply().plan(input_shapes)

    def forward(self, inputs, out, memory):
        Multiply().forward(inputs, out, memory)

    def backward(self, inputs, out, grad_out, grads_in, memory):
        Multiply().backward(inputs, out, grad_out, grads_in, memory)


@dataclass(frozen=True)
class GradientOfOneInput(_Product):
    """Forgets the factor in the second gradient."""

    def backward(self, inputs, out, grad_out, grads_in, memory):
        Multiply().backward(inputs, out, grad_out, (grads_in[0], None), memory)
        Add().backward(inputs, out, grad_out, (None, grads_in[1]), memory)


@dataclass(frozen=True)
class EveryGradientIsWanted(_Product):
    """Takes for granted that there is an array for each gradient."""

    def backward(self, inputs, out, grad_out, grads_in, memory):
        for grad_in in grads_in:
            grad_in[...] = 0
        super().backward(inputs, out, grad_out, grads_in, memory)


@dataclass(frozen=True)
class AllOrNothing(_Product):
    """Where one gradient is not wanted, gives none."""

    def backward(self, inputs, out, grad_out, grads_in, memory):
        if all(grad_in is not None for grad_in in grads_in):
            super().backward(inputs, out, grad_out, grads_in, memory)


@dataclass(frozen=True)
class InItsFirstInput(_Product):
    """Computes in its first input."""

    def forward(self, inputs, out, memory):
        x, y = inputs
        x *= y.reshape(*y.shape, *(x.ndim - y.ndim) * (1,)) if x.ndim >= y.ndim else 1
        out[...] = x.reshape(*x.shape, *(out.ndim - x.ndim) * (1,))


@dataclass(frozen=True)
class AddsToGradients(_Product):
    """Adds to what is in the arrays for gradients."""

    def backward(self, inputs, out, grad_out, grads_in, memory):
        before = [grad_in.copy() for grad_in in grads_in]
        super().backward(inputs, out, grad_out, grads_in, memory)
        for grad_in, there in zip(grads_in, before, strict=True):
            grad_in += there


@dataclass(frozen=True)
class KeepsTheSecondInput(_Product):
    """Keeps an input in a list of its own."""

    kept: ClassVar[list] = []

    def forward(self, inputs, out, memory):
        self.kept[:] = [inputs[1]]
        super().forward(inputs, out, memory)


@dataclass(frozen=True)
class Allocates(_Product):
    """Right, with a new array for each input."""

    def forward(self, inputs, out, memory):
        super().forward([x * 1 for x in inputs], out, memory)


@dataclass(frozen=True)
class InPlace(_Product):
    """Plans for gradients in place."""

    def plan(self, input_shapes):
        return replace(super().plan(input_shapes), gradient_in_place=True)


@dataclass(frozen=True)
class TakesNothing(_Product):
    """Refuses whatever comes."""

    def plan(self, input_shapes) -> LayerPlan:
        raise UsageError("not these")


@dataclass(frozen=True)
class OtherGraph(GraphModel):
    """Makes other graphs every second time."""

    name: ClassVar[str] = "wrong"
    calls: ClassVar[list] = []

    def depth(self):
        return 1

    def graph(self, problem, activation):
        self.calls.append(1)
        return Graph.of([Dense(4 + len(self.calls) % 2), Activate(activation), Dense(math.prod(problem.output_shape))])


@dataclass(frozen=True)
class ListForGraph(OtherGraph):
    """Returns a list."""

    def graph(self, problem, activation):
        return [Dense(3)]


@dataclass(frozen=True)
class DeafToWiring(NumpyScript):
    """Writes all arrays, and takes layers for a row whatever they are."""

    name: ClassVar[str] = "wrong"

    def export(self, trained):
        row = tuple(replace(layer, inputs=None) for layer in trained.layers if not layer.input_shapes)
        return super().export(replace(trained, layers=row))


@pytest.mark.parametrize(
    ("component", "check", "message"),
    [
        (GradientOfOneInput(), "gradients", "the gradient of the input 1, for samples of shape"),
        (EveryGradientIsWanted(), "first-layer", "it raises TypeError"),
        (AllOrNothing(), "first-layer", "with None for some of grads_in"),
        (InItsFirstInput(), "in-place", "it changes its input 0"),
        (AddsToGradients(), "in-place", "grads_in[0] unwritten, or adds to its old values"),
        (KeepsTheSecondInput(), "keeps-nothing", "it keeps a view of its input 1"),
        (Allocates(), "no-allocation", "allocates"),
        (InPlace(), "plan", "which only a layer with one input can"),
        (TakesNothing(), "plan", "not these"),
        (OtherGraph(), "layers", "graph returns other layers the second time"),
        (ListForGraph(), "layers", "graph returns a list"),
        (DeafToWiring(), "graphs", "reads the output of"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Component) else "",
)
def test_the_mistake_is_found(verdict_of, component, check, message):
    assert message in verdict_of(component, check)


def test_every_check_ends_in_a_verdict(verdicts_of):
    for component in (EveryGradientIsWanted(), TakesNothing(), ListForGraph()):
        assert any(verdicts_of(component).values())
