"""`WatchedLayer`: a wrapper that records the arrays that go through a layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast, final

import numpy as np

from nnzoo.kinds import AnyLayer, Floats, Graph, LayerMemory, LayerPlan, MergeLayer, Node
from nnzoo.nn import Network


@dataclass(frozen=True)
class Seen:
    """The arrays of the first sample of a batch, without the batch axis.

    Attributes
    ----------
    inputs : tuple of ndarray
        One, or several of a layer that merges them.
    out : ndarray
        The output.
    grad_out : ndarray or None
        ∂L/∂out; None if it was not computed.
    grads_in : tuple of (ndarray or None)
        The part of ∂L/∂(each input) that comes through this layer.
    gradients : dict of str to ndarray
        The part of ∂L/∂(each parameter) that comes from this place.
    """

    inputs: tuple[Floats, ...] = ()
    out: Floats = field(default_factory=lambda: np.zeros(0))
    grad_out: Floats | None = None
    grads_in: tuple[Floats | None, ...] = ()
    gradients: dict[str, Floats] = field(default_factory=dict)


@final
class WatchedLayer:
    """A layer that delegates to another layer, and records inputs, outputs and gradients.

    A network treats it as a layer; it is not a component, because it has a state besides hyperparameters. Nudges are 0
    except during finite differences. They change inputs and shared parameters for this layer alone: other layers that
    read the same output or use the same parameters are not affected.

    Parameters
    ----------
    layer : Layer or MergeLayer
        The wrapped layer.
    shares : bool
        Whether its parameters belong to another place, or another place uses them.

    Attributes
    ----------
    input_nudges : tuple of ndarray
        Added to each input of each sample.
    nudge : ndarray of shape output_shape
        Added to the output of each sample.
    parameter_nudges : dict of str to ndarray
        Added to each parameter, if the layer shares them; otherwise empty.
    seen : Seen
        The arrays of the last pass.
    """

    def __init__(self, layer: AnyLayer, *, shares: bool) -> None:
        self.layer: Any = layer  # a MergeLayer takes tuples where a Layer takes an array, and so does this one
        self.name = layer.name
        self.shares = shares
        self.input_nudges: tuple[Floats, ...] = ()
        self.nudge: Floats = np.zeros(0)
        self.parameter_nudges: dict[str, Floats] = {}
        self.seen = Seen()
        self._inputs: tuple[Floats, ...] = ()

    def plan(self, input_shape: Any) -> LayerPlan:
        """Plan the wrapped layer; see `Layer.plan`."""
        plan: LayerPlan = self.layer.plan(input_shape)
        shapes = input_shape if isinstance(self.layer, MergeLayer) else (input_shape,)
        self.input_nudges, self.nudge = tuple(map(np.zeros, shapes)), np.zeros(plan.output_shape)
        if self.shares:
            self.parameter_nudges = {name: np.zeros(parameter.shape) for name, parameter in plan.parameters.items()}
        return plan

    def forward(self, x: Any, out: Floats, memory: LayerMemory) -> None:
        """Run the wrapped layer; see `Layer.forward`."""
        self._inputs = tuple(each + nudge for each, nudge in zip(_several(x), self.input_nudges, strict=True))
        parameters = memory.parameters
        memory.parameters = parameters | {name: parameters[name] + by for name, by in self.parameter_nudges.items()}
        self.layer.forward(self._taken(), out, memory)
        memory.parameters = parameters
        out += self.nudge
        self.seen = Seen(
            tuple(each[0].copy() for each in self._inputs), out[0].copy(), None, (None,) * len(self._inputs)
        )

    def backward(self, x: Any, out: Floats, grad_out: Floats, grad_in: Any, memory: LayerMemory) -> None:
        """Run the wrapped layer; see `Layer.backward`."""
        kept_grad_out = grad_out[0].copy()
        self.layer.backward(self._taken(), out, grad_out, grad_in, memory)
        grads_in = tuple(None if each is None else each[0].copy() for each in _several(grad_in))
        gradients = {name: gradient.copy() for name, gradient in memory.gradients.items()}
        self.seen = Seen(self.seen.inputs, self.seen.out, kept_grad_out, grads_in, gradients)

    def _taken(self) -> Any:
        """The nudged inputs, as a tuple for a layer that merges several."""
        return self._inputs if isinstance(self.layer, MergeLayer) else self._inputs[0]


def _several(arrays: Any) -> tuple[Any, ...]:
    """The arrays as a tuple; a single array becomes a tuple of one."""
    return arrays if isinstance(arrays, tuple) else (arrays,)


def watched_copy(network: Network) -> tuple[Network, list[WatchedLayer]]:
    """Return a float64 copy of a network, and its layers, each of which is watched."""
    nodes = network.graph.nodes
    lent = {node.shared_with for node in nodes}
    watched = [
        WatchedLayer(node.layer, shares=node.shared_with is not None or place in lent)
        for place, node in enumerate(nodes)
    ]
    graph = Graph(
        [Node(cast(AnyLayer, layer), node.inputs, node.shared_with) for node, layer in zip(nodes, watched, strict=True)]
    )
    copy = Network(graph, network.input_shape, seed=network.seed, dtype=np.float64)
    np.copyto(copy.parameters.vector, network.parameters.vector)
    np.copyto(copy.state.vector, network.state.vector)
    return copy, watched
