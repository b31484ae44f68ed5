"""Architecture diagrams: the layers of any network from left to right, with their shapes and parameters."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.figures.architecture_blocks import architecture_blocks
from nnzoo.figures.architecture_drawing import draw
from nnzoo.figures.architecture_layout import fitting_layout, natural_layout
from nnzoo.nn import Network
from nnzoo.nn.summary import totals

POINTS_PER_INCH = 72
LARGEST_SCALE = 1.4
"""Letters grow no more than this in large axes."""


def plot_architecture(ax: Axes, network: Network) -> Axes:
    """Draw the layers of a network, from left to right, in as many rows as fit best.

    Values in a row are a column of units, of which many are abbreviated by dots; an image is a plane, and images of
    several channels are a volume. Lines between units stand for a weight each, an arrow for any other layer. Below each
    layer stand its shape, its parameters and its hyperparameters, and what is done to its values in place (activation,
    dropout). Layers without parameters are grey, the last one is red. In a graph, an arc leads from a layer to one that
    does not stand beside it, and branches come together in a circle.

    Parameters
    ----------
    ax : Axes
        Where to draw. Letters are as large as its present size allows; `architecture_figure` has the right size.
    network : Network
        Any: layers of plugins are drawn from their shapes.

    Returns
    -------
    Axes
        The same.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    box, points = ax.get_window_extent(), POINTS_PER_INCH / figure.dpi
    width, height = box.width * points, box.height * points
    footer = totals(network)
    layout = fitting_layout(architecture_blocks(network), footer, width, height)
    scale = min(width / layout.size[0], height / layout.size[1], LARGEST_SCALE)
    draw(ax, layout, footer, scale, (width / scale, height / scale))
    return ax


def architecture_figure(network: Network) -> Figure:
    """The diagram of a network, as a figure as large as it needs; use it inside `styled`.

    Parameters
    ----------
    network : Network
        Any: see `plot_architecture`.

    Returns
    -------
    Figure
        It holds the diagram alone.
    """
    footer = totals(network)
    layout = natural_layout(architecture_blocks(network), footer)
    figure = Figure(figsize=(layout.size[0] / POINTS_PER_INCH, layout.size[1] / POINTS_PER_INCH))
    draw(figure.add_axes((0, 0, 1, 1)), layout, footer, 1, layout.size)
    return figure
