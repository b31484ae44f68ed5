"""`WatchedLayer`: a layer in its place in a network, with copies of all that goes through it."""

from __future__ import annotations

from typing import cast, final

import numpy as np

from nnzoo.kinds import Floats, Layer, LayerMemory, LayerPlan, Shape
from nnzoo.nn import Network


@final
class WatchedLayer:
    """Does what a layer does, and keeps what came in and went out.

    To a network it is a layer, though no component: a component has hyperparameters only, and this one has a memory.

    Parameters
    ----------
    layer : Layer
        What does the work.

    Attributes
    ----------
    nudge : ndarray of shape output_shape
        Added to the output of each sample; 0 but for finite differences.
    x, out : ndarray
        Input and output of the first sample in the last forward pass.
    grad_out, grad_in : ndarray or None
        ∂L/∂out and ∂L/∂x of that sample in the last backward pass; None where there was none to compute.
    """

    def __init__(self, layer: Layer) -> None:
        self.layer, self.name = layer, layer.name
        self.nudge: Floats = np.zeros(0)
        self.x: Floats = np.zeros(0)
        self.out: Floats = np.zeros(0)
        self.grad_out: Floats | None = None
        self.grad_in: Floats | None = None

    def plan(self, input_shape: Shape) -> LayerPlan:
        """The layer's own; see `Layer.plan`."""
        plan = self.layer.plan(input_shape)
        self.nudge = np.zeros(plan.output_shape)
        return plan

    def forward(self, x: Floats, out: Floats, memory: LayerMemory) -> None:
        """The layer's own; see `Layer.forward`."""
        self.layer.forward(x, out, memory)
        out += self.nudge
        self.x, self.out = x[0].copy(), out[0].copy()

    def backward(self, x: Floats, out: Floats, grad_out: Floats, grad_in: Floats | None, memory: LayerMemory) -> None:
        """The layer's own; see `Layer.backward`."""
        self.grad_out = grad_out[0].copy()
        self.layer.backward(x, out, grad_out, grad_in, memory)
        self.grad_in = None if grad_in is None else grad_in[0].copy()


def watched_copy(network: Network) -> tuple[Network, list[WatchedLayer]]:
    """The same network in float64, with its layers watched; the network itself is left alone."""
    watched = [WatchedLayer(layer) for layer in network.layers]
    layers = [cast(Layer, layer) for layer in watched]
    copy = Network(layers, network.input_shape, seed=network.seed, dtype=np.float64)
    np.copyto(copy.parameters.vector, network.parameters.vector)
    np.copyto(copy.state.vector, network.state.vector)
    return copy, watched
