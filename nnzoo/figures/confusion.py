"""The confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nnzoo.figures.style import INK, SEQUENTIAL, add_colorbar
from nnzoo.figures.words import plain

_MOST = 40
"""The most classes with counts and names."""
_NAME = 18
"""The longest class name, in characters."""


def plot_confusion(ax: Axes, counts: NDArray[np.integer[Any]], class_names: Sequence[str]) -> Axes:
    """Draw a confusion matrix: counts in the cells, except zeros; the colour is the share of the row.

    Beyond 40 classes there are no counts, and not every class is named.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    counts : ndarray of shape (k, k)
        The number of samples of each class (row) that were taken for each class (column).
    class_names : sequence of str
        The k names.
    """
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros(counts.shape), where=sums > 0)
    image = ax.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1)
    if len(counts) <= _MOST:
        _write_counts(ax, counts, shares)
    names = [plain(name, _NAME) for name in class_names]
    places = range(0, len(names), -(-len(names) // _MOST))
    shown = [names[place] for place in places]
    ax.set_xticks(places, shown, rotation=90 if len("".join(shown)) > 40 else 0)
    ax.set_yticks(places, shown)
    ax.set(title="Confusion matrix", xlabel="taken for", ylabel="class")
    ax.grid(visible=False)
    add_colorbar(ax, image, label="share of the class", shrink=0.8)
    return ax


def confusion_size(classes: int) -> tuple[float, float]:
    """Return width and height, in inches, for this number of classes."""
    side = 2.2 + 0.33 * max(classes, 4) if classes <= _MOST else 9.0
    return side + 0.9, side


def _write_counts(ax: Axes, counts: NDArray[np.integer[Any]], shares: NDArray[np.float64]) -> None:
    for row, column in np.argwhere(counts).tolist():
        color = "white" if shares[row, column] > 0.5 else INK
        text: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7, "color": color}
        ax.text(column, row, str(counts[row, column]), **text)
