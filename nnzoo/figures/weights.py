"""The distribution of a network's weights, before and after training."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from nnzoo.errors import UsageError
from nnzoo.figures.style import COLORS, legend_handles
from nnzoo.figures.words import plain
from nnzoo.kinds import Floats
from nnzoo.nn import Network

_BINS = 10, 60
"""The least and the largest number of bins."""
_MOST = 24
"""The most layers that are drawn."""
_ROW = 0.85
"""The height of the tallest bar, as a share of the distance between rows."""


def plot_weights(ax: Axes, before: Network, after: Network) -> Axes:
    """Draw histograms of the weights: a row for each layer, the first one on top.

    Bars are the trained weights, the line the initial ones, with the same bins; each row has its own scale. Of a very
    deep network, the last layers are left out, which the axis label says.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    before, after : Network
        The network with its initial and with its trained weights.

    Raises
    ------
    UsageError
        When the network has no weights.
    """
    every = weight_names(after)
    if not every:
        raise UsageError("the network has no weights to draw")
    names = every[:_MOST]
    for base, name in enumerate(reversed(names)):
        _draw_row(ax, base, before.parameters[name].ravel(), after.parameters[name].ravel())
    sizes = (f"{plain(name, 24)}\n{after.parameters[name].size:,} weights" for name in names)
    ax.set_yticks(range(len(names) - 1, -1, -1), sizes)
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    left_out = f" (the first {len(names)} layers of {len(every)})" if len(names) < len(every) else ""
    ax.set(title="Weights", xlabel=f"weight{left_out}", ylim=(-0.05, len(names)))
    handles = legend_handles(ax)
    ax.legend([handles["initial"], handles["trained"]], ["initial", "trained"], loc="upper right")
    return ax


def weights_size(layers: int) -> tuple[float, float]:
    """Return width and height, in inches, for this number of layers with weights."""
    return 6.4, 1.2 + 0.8 * min(max(2, layers), _MOST)


def _draw_row(ax: Axes, base: int, before: Floats, after: Floats) -> None:
    """Draw one layer's weights as two histograms with their baseline at the height ``base``."""
    low, high = min(before.min(), after.min()), max(before.max(), after.max())
    bins = int(np.clip(math.sqrt(after.size), *_BINS))
    edges = np.linspace(low, high, bins + 1) if low < high else np.array([low - 0.5, low + 0.5])
    old, new = (np.histogram(values, edges)[0] for values in (before, after))
    scale = _ROW / max(old.max(), new.max())
    widths = np.diff(edges)
    ax.bar(edges[:-1], new * scale, widths, bottom=base, align="edge", color=COLORS[0], label="trained")
    ax.stairs(old * scale + base, edges, baseline=base, color=COLORS[1], linewidth=1.2, label="initial")


def weight_names(network: Network) -> list[str]:
    """Return the names of weight arrays, such as ``0.dense.weight``, in the order of the layers."""
    return [name for name, parameter in network.parameters.layout.items() if parameter.is_weight]
