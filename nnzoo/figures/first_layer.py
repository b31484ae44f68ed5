"""The weights of the first layer as images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nnzoo.errors import UsageError
from nnzoo.figures.pictures import as_picture, is_picture, square_columns, square_mosaic
from nnzoo.figures.style import SIGNED, add_colorbar
from nnzoo.kinds import Floats, LayerMemory, Shape
from nnzoo.nn import Network

_MOST = 64
"""The most units that are drawn."""
_PALE = 0.995
"""The share of weights within the colour scale; a few very large weights would make all others pale."""


def plot_first_layer(ax: Axes, network: Network) -> Axes:
    """Draw the weights of each unit or filter of the first layer with weights, as an image.

    The ones with the largest weights come first; of very many, only these are drawn.

    Raises
    ------
    UsageError
        When the inputs are not images, or the first layer has neither units nor filters.
    """
    patterns = first_layer_patterns(network)
    kind = "units" if patterns[0].size == math.prod(network.input_shape) else "filters"
    order = np.argsort(-np.square(patterns.reshape(len(patterns), -1)).sum(axis=1), kind="stable")
    shown = [as_picture(patterns[place]) for place in order[:_MOST]]
    whole = square_mosaic(shown)
    limit = float(np.quantile(np.abs(shown), _PALE)) or 1.0
    if whole.ndim == 2:
        image = ax.imshow(whole, cmap=SIGNED, vmin=-limit, vmax=limit)
        add_colorbar(ax, image, label="weight", shrink=0.8, extend="both")
    else:
        ax.imshow(np.clip(0.5 + whole / (2 * limit), 0, 1))
    few = f"{len(shown)} of {len(patterns)} {kind}, those with the largest weights"
    label = f"{len(shown)} {kind}, by size of weights" if len(shown) == len(patterns) else few
    ax.set(title="First layer", xlabel=label, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def first_layer_size(network: Network) -> tuple[float, float]:
    """Return width and height, in inches; raise the errors of `plot_first_layer`."""
    patterns = first_layer_patterns(network)
    height, width = as_picture(patterns[0]).shape[:2]
    shown = min(len(patterns), _MOST)
    columns = square_columns(shown)
    return 6.4, 0.7 + min(5.2 * -(-shown // columns) * height / (columns * width), 10.4)


def is_in_colour(network: Network) -> bool:
    """Whether the figure has the colours of the input images; raise the errors of `plot_first_layer`."""
    return as_picture(first_layer_patterns(network)[0]).ndim == 3


def first_layer_patterns(network: Network) -> Floats:
    """Return the weights of each unit or filter of the first layer with weights, in the shape of the input.

    They are computed as the gradient of a unit's output with respect to the input, which works for any layer: for a
    fully connected layer it is a column of the weight matrix, for a convolution the filter, without its zero margin.

    Returns
    -------
    ndarray of shape (units, *picture)

    Raises
    ------
    UsageError
        When the inputs are not images, or the layer has neither units nor filters.
    """
    place, shape = _first_weights(network)
    plan = network.plans[place]
    layer: Any = network.layers[place]  # a Layer: it has one input
    out_shape = plan.output_shape
    if len(out_shape) not in (1, 3):
        raise UsageError(f"the outputs of {layer.label} have shape {out_shape}: neither units nor filters")
    units = out_shape[0]
    grad_out = np.zeros((units, *out_shape), network.dtype)
    middle = [size // 2 for size in out_shape[1:]]  # one position of a filter is enough
    for unit in range(units):
        grad_out[(unit, unit, *middle)] = 1
    layer_input = network.plans[place - 1].output_shape if place else network.input_shape
    x = np.zeros((units, *layer_input), network.dtype)
    out, grad_in = np.zeros_like(grad_out), grad_out if plan.gradient_in_place else np.zeros_like(x)
    memory = _memory(network, place, units)
    layer.forward(x, out, memory)
    layer.backward(x, out, grad_out, grad_in, memory)
    patterns: Floats = grad_in.reshape(units, *shape)
    return patterns if len(out_shape) == 1 else _cut_out(patterns)


def _first_weights(network: Network) -> tuple[int, Shape]:
    """The place of the first layer with weights, and the shape of its input images."""
    shape = network.input_shape
    for place, (node, plan) in enumerate(zip(network.graph.nodes, network.plans, strict=True)):
        if node.inputs != (place - 1,):
            raise UsageError(f"before the first weights the network branches, at {network.graph.name(place)}")
        if not any(parameter.is_weight for parameter in plan.parameters.values()):
            if math.prod(plan.output_shape) != math.prod(shape):
                shape = plan.output_shape
            continue
        if not is_picture(shape):
            break
        return place, shape
    source = "network" if shape == network.input_shape else "first layer with weights"
    raise UsageError(f"the input of the {source}, of shape {shape}, is not an image")


def _memory(network: Network, place: int, n: int) -> LayerMemory:
    """Arrays for n samples of one layer, with the network's parameters; its gradients are not read."""
    layer, plan = network.layers[place], network.plans[place]
    prefix = f"{place}.{layer.name}."
    parameters = {name: network.parameters[prefix + name] for name in plan.parameters}
    return LayerMemory(
        parameters=parameters,
        gradients={name: np.empty_like(array) for name, array in parameters.items()},
        state={name: network.state[prefix + name].copy() for name in plan.state},
        workspace={
            name: np.full((n, *buffer.shape), buffer.fill, buffer.dtype or network.dtype)
            for name, buffer in plan.workspace.items()
        },
    )


def _cut_out(patterns: NDArray[Any]) -> NDArray[Any]:
    """The smallest window that contains everything but zeros."""
    window = [slice(None)]
    for axis in range(1, patterns.ndim):
        others = tuple(other for other in range(patterns.ndim) if other != axis)
        used = np.flatnonzero(patterns.any(axis=others))
        window.append(slice(used[0], used[-1] + 1) if len(used) else slice(None))
    return patterns[tuple(window)]
