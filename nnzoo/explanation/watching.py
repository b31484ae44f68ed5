"""`WatchedLayer`: a layer in its place in a network, with copies of all that goes through it."""

from __future__ import annotations

from typing import Any, cast, final

import numpy as np

from nnzoo.kinds import AnyLayer, Floats, Graph, LayerMemory, LayerPlan, Node
from nnzoo.nn import Network


@final
class WatchedLayer:
    """Does what a layer does, and keeps what came in and went out.

    To a network it is a layer, though no component: a component has hyperparameters only, and this one has a memory.

    Parameters
    ----------
    layer : Layer or MergeLayer
        What does the work.

    Attributes
    ----------
    nudge : ndarray of shape output_shape
        Added to the output of each sample; 0 but for finite differences.
    inputs : tuple of ndarray
        Inputs of the first sample in the last forward pass: one, but for a layer that puts several together.
    out : ndarray
        Its output.
    grad_out : ndarray or None
        ∂L/∂out of that sample in the last backward pass; None where there was none to compute.
    grads_in : tuple of (ndarray or None)
        ∂L/∂(each input), as far as it comes through this layer.
    """

    def __init__(self, layer: AnyLayer) -> None:
        self.layer: Any = layer  # a MergeLayer takes tuples where a Layer takes an array, and so does this one
        self.name = layer.name
        self.nudge: Floats = np.zeros(0)
        self.inputs: tuple[Floats, ...] = ()
        self.out: Floats = np.zeros(0)
        self.grad_out: Floats | None = None
        self.grads_in: tuple[Floats | None, ...] = ()

    def plan(self, input_shape: Any) -> LayerPlan:
        """The layer's own; see `Layer.plan`."""
        plan: LayerPlan = self.layer.plan(input_shape)
        self.nudge = np.zeros(plan.output_shape)
        return plan

    def forward(self, x: Any, out: Floats, memory: LayerMemory) -> None:
        """The layer's own; see `Layer.forward`."""
        self.layer.forward(x, out, memory)
        out += self.nudge
        self.inputs, self.out = tuple(each[0].copy() for each in _several(x)), out[0].copy()
        self.grad_out, self.grads_in = None, (None,) * len(self.inputs)

    def backward(self, x: Any, out: Floats, grad_out: Floats, grad_in: Any, memory: LayerMemory) -> None:
        """The layer's own; see `Layer.backward`."""
        self.grad_out = grad_out[0].copy()
        self.layer.backward(x, out, grad_out, grad_in, memory)
        self.grads_in = tuple(None if each is None else each[0].copy() for each in _several(grad_in))


def _several(arrays: Any) -> tuple[Any, ...]:
    """What a layer with one input takes as a tuple, too."""
    return arrays if isinstance(arrays, tuple) else (arrays,)


def watched_copy(network: Network) -> tuple[Network, list[WatchedLayer]]:
    """The same network in float64, with its layers watched; the network itself is left alone."""
    watched = [WatchedLayer(layer) for layer in network.layers]
    nodes = zip(network.graph.nodes, watched, strict=True)
    graph = Graph([Node(cast(AnyLayer, layer), node.inputs, node.shared_with) for node, layer in nodes])
    copy = Network(graph, network.input_shape, seed=network.seed, dtype=np.float64)
    np.copyto(copy.parameters.vector, network.parameters.vector)
    np.copyto(copy.state.vector, network.state.vector)
    return copy, watched
