"""Bind the layers of a graph to the arrays of their forward and backward passes, for one batch size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Buffer, Floats, Graph, LayerMemory, LayerPlan, Shape
from nnzoo.nn.parameters import FlatParameters
from nnzoo.nn.plans import input_shapes

Arrays: TypeAlias = dict[tuple[int, str], NDArray[Any]]
"""By place and name: ``out``; ``grad_out``, unless another array serves; ``workspace.<name>`` as planned;
``added.<number>`` for the gradient of an input that another layer reads, too; ``shared.<name>`` for the gradients of
parameters that another place owns."""

Write: TypeAlias = Callable[[Floats, Floats], object]


@dataclass
class BoundLayer:
    """One layer with its arrays for one batch size.

    ``x`` and ``grad_in`` are tuples for a layer with several inputs. ``then`` lists writes of gradients after its
    backward pass: a function, the target, and the source; None stands for ``grad_out``.
    """

    layer: Any  # a Layer takes one array as x and grad_in, a MergeLayer tuples
    memory: LayerMemory
    x: Any
    out: Floats
    grad_out: Any = None
    grad_in: Any = None
    then: list[tuple[Write, Floats, Floats | None]] = field(default_factory=list)


@dataclass
class BoundGraph:
    """All layers with their arrays for one batch size.

    Attributes
    ----------
    steps : list of BoundLayer
        In order.
    backward_steps : list of BoundLayer
        The layers that take part in the backward pass, last first.
    learning : frozenset of int
        The places of layers whose ``memory.training`` is True.
    first : list of (BoundLayer, int or None)
        The layers that read the network's input; for a layer with several inputs, the number of that input.
    last : list of (BoundLayer, bool)
        The layers whose ``grad_out`` is the gradient of the outputs, and whether ``grad_in`` is that array, too.
    """

    steps: list[BoundLayer]
    backward_steps: list[BoundLayer] = field(default_factory=list)
    first: list[tuple[BoundLayer, int | None]] = field(default_factory=list)
    last: list[tuple[BoundLayer, bool]] = field(default_factory=list)
    learning: frozenset[int] = frozenset()

    def learn_at(self, places: frozenset[int]) -> None:
        """Set the layers at these places to training, and all others to prediction."""
        self.learning = places
        for place, b in enumerate(self.steps):
            b.memory.training = place in places
            b.memory.rng = None

    def take_input(self, x: Floats) -> None:
        """Pass the batch to the layers that read it."""
        for b, number in self.first:
            b.x = x if number is None else (*b.x[:number], x, *b.x[number + 1 :])

    def take_gradient(self, grad: Floats) -> None:
        """Pass the gradient of the outputs to the layers that start with it."""
        for b, in_place in self.last:
            b.grad_out = grad
            if in_place:
                b.grad_in = grad


def allocate(
    graph: Graph, plans: Sequence[LayerPlan], input_shape: Shape, samples: int, dtype: np.dtype[Any]
) -> Arrays:
    """All arrays for at most ``samples`` samples, with the batch axis in front; ``shared.<name>`` has none."""
    needed: dict[tuple[int, str], Buffer] = {}
    arrays: Arrays = {}
    flow = _GradientFlow(graph, plans)
    for place, (node, plan) in enumerate(zip(graph.nodes, plans, strict=True)):
        needed[place, "out"] = Buffer(plan.output_shape)
        needed |= {(place, f"workspace.{name}"): buffer for name, buffer in plan.workspace.items()}
        if flow.owner[place] == place and place in flow.trained and place != len(plans) - 1:
            needed[place, "grad_out"] = Buffer(plan.output_shape)
        shapes = input_shapes(node.inputs, plans, input_shape)
        needed |= {(place, f"added.{n}"): Buffer(shape) for n, shape in enumerate(shapes) if (place, n) in flow.added}
        if node.shared_with is not None:
            arrays |= {(place, f"shared.{name}"): np.zeros(p.shape, dtype) for name, p in plan.parameters.items()}
    return arrays | {key: np.full((samples, *b.shape), b.fill, b.dtype or dtype) for key, b in needed.items()}


def bind(
    graph: Graph,
    plans: Sequence[LayerPlan],
    parameters: FlatParameters,
    gradients: FlatParameters,
    state: FlatParameters,
    arrays: Arrays,
    samples: int,
) -> BoundGraph:
    """Every layer with its arrays for a batch size: views of the arrays from `allocate`."""

    def array(place: int, name: str) -> Any:
        return arrays[place, name] if name.startswith("shared.") else arrays[place, name][:samples]

    flow = _GradientFlow(graph, plans)
    bound = BoundGraph([])
    for place, (node, plan) in enumerate(zip(graph.nodes, plans, strict=True)):
        shared = node.shared_with is not None
        prefix = f"{graph.name(place if node.shared_with is None else node.shared_with)}."
        memory = LayerMemory(
            parameters={name: parameters[prefix + name] for name in plan.parameters},
            gradients={
                name: array(place, f"shared.{name}") if shared else gradients[prefix + name] for name in plan.parameters
            },
            state={name: state[prefix + name] for name in plan.state},
            workspace={name: array(place, f"workspace.{name}") for name in plan.workspace},
        )
        xs = tuple(None if source == graph.input else array(source, "out") for source in node.inputs)
        b = BoundLayer(node.layer, memory, xs if len(xs) > 1 else xs[0], array(place, "out"))
        numbers = [number for number, source in enumerate(node.inputs) if source == graph.input]
        bound.first += [(b, number if len(xs) > 1 else None) for number in numbers]
        bound.steps.append(b)

    last = len(plans) - 1

    def gradient(place: int) -> Any:
        """The array of ∂L/∂out of a place; None if it is the gradient of the outputs."""
        return None if flow.owner[place] == last else array(flow.owner[place], "grad_out")

    for place in reversed(range(len(plans))):
        if place not in flow.trained:
            continue
        node, plan, b = graph.nodes[place], plans[place], bound.steps[place]
        b.grad_out = gradient(place)
        grads: list[Any] = []
        for number, source in enumerate(node.inputs):
            if (write := flow.added.get((place, number))) and not plan.gradient_in_place:
                grads.append(array(place, f"added.{number}"))
            elif source in flow.trained:
                grads.append(b.grad_out if plan.gradient_in_place else gradient(source))
            else:
                grads.append(None)
            if write:
                b.then.append((write, gradient(source), None if plan.gradient_in_place else grads[-1]))
        b.grad_in = tuple(grads) if len(grads) > 1 else grads[0]
        if flow.owner[place] == last:
            bound.last.append((b, plan.gradient_in_place and node.inputs[0] in flow.trained))
        bound.backward_steps.append(b)
    for place, node in enumerate(graph.nodes):
        if node.shared_with is not None:
            owner = bound.steps[node.shared_with]
            total, part = owner.memory.gradients, bound.steps[place].memory.gradients
            owner.then += [(_add, total[name], part[name]) for name in total]
    return bound


class _GradientFlow:
    """The path of the gradient through a graph.

    Attributes
    ----------
    trained : set of int
        The places that the gradient must reach: they, or places before them, have parameters.
    owner : list of int
        For each place, the place whose ``grad_out`` array it uses: another one if layers that work in place follow.
    added : dict of (int, int) to Write
        By place and number of the input: gradients that need an extra array, because another layer has written to
        their target before, and the function that copies or adds them to it.
    """

    def __init__(self, graph: Graph, plans: Sequence[LayerPlan]) -> None:
        self.trained: set[int] = set()
        for place, (node, plan) in enumerate(zip(graph.nodes, plans, strict=True)):
            if plan.parameters or self.trained.intersection(node.inputs):
                self.trained.add(place)
        readers, written = graph.readers(), set[int]()
        self.owner = list(range(len(plans)))
        self.added: dict[tuple[int, int], Write] = {}
        for place in reversed(range(len(plans))):
            in_place = plans[place].gradient_in_place
            for number, source in enumerate(graph.nodes[place].inputs):
                if source not in self.trained:
                    continue
                if in_place and readers[source] == 1:
                    self.owner[source] = self.owner[place]
                elif source in written:
                    self.added[place, number] = _add
                elif in_place:
                    self.added[place, number] = np.copyto
                written.add(source)


def _add(total: Floats, part: Floats) -> None:
    total += part
