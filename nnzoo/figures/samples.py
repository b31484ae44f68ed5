"""Figures of a data set: samples of each class, or the distribution of its features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnzoo.figures.pictures import as_picture, as_shades, evenly_spaced, is_picture, mosaic, mosaic_gap
from nnzoo.figures.style import COLORS, FAINT, make_figure, styled
from nnzoo.figures.table import plot_table, table_size
from nnzoo.figures.words import plain
from nnzoo.kinds import Columns, Dataset, Rows, Split

Indices: TypeAlias = NDArray[np.intp]

COLUMNS = 12
"""The default number of samples of a class."""
_MOST = 30
"""The most classes or features."""
_MOST_READ = 20_000
"""The most samples that are read of data outside memory, evenly spaced."""
_GROUPS = 8
"""Rows of images if the targets are values instead of classes."""
_NAME = 24
"""The longest class name, in characters."""


def dataset_figure(dataset: Dataset, name: str) -> Figure:
    """Return a new figure of the training part of a data set, with its name: images, rows of a table, or features."""
    train = dataset.train.examples()
    with styled():
        if isinstance(dataset.train.inputs, Columns):
            width, height = table_size(dataset.train.inputs)
            figure, (ax,) = make_figure(width=width, height=height)
            plot_table(ax, dataset)
        elif is_picture(dataset.input_shape):
            width, height = _sheet_size(train, dataset.class_names)
            figure, (ax,) = make_figure(width=width, height=height)
            plot_samples(ax, train, dataset.class_names)
        else:
            features = int(np.prod(dataset.input_shape))
            figure, (ax,) = make_figure(height=1.2 + 0.2 * min(_MOST, features))
            plot_features(ax, train)
        ax.set_title(f"{plain(name)}, {len(dataset.train):,} training samples")
    return figure


def plot_samples(ax: Axes, split: Split, class_names: Sequence[str], *, columns: int = COLUMNS) -> Axes:
    """Draw a sheet of images: for each class its size, and a row of evenly spaced samples.

    If the targets are values instead of classes, a row has samples of similar values.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    split : Split
        Its inputs must be images, in greyscale or colour; see `is_picture`.
    class_names : sequence of str
        The names of classes; empty if the targets are values.
    columns : int
        The most images in a row.
    """
    rows = _rows(split, class_names, columns)
    sheet, middles = _sheet([split.samples[chosen] for _, chosen in rows])
    ax.imshow(sheet, cmap="gray", vmin=0, vmax=1)
    ax.set_yticks(middles, [label for label, _ in rows])
    ax.set_xticks([])
    ax.tick_params(left=False)
    ax.spines[:].set_visible(False)
    ax.set_anchor("W")  # next to the labels
    ax.grid(visible=False)
    rest = f"\nthe first {_MOST} of {len(class_names):,}" if len(class_names) > _MOST else ""
    ax.set(title="Samples")
    target = ("class" if split.targets.ndim == 1 else "label") if class_names else "value to predict"
    if split.targets.dtype.names:
        target = split.targets.dtype.names[0]
    ax.set_xlabel(f"beside each row: {target} (samples){rest}", loc="left")
    return ax


def plot_features(ax: Axes, split: Split) -> Axes:
    """Draw the distribution of the finite values of each feature, scaled as for a network.

    Inputs may have any shape; of many features, the first are drawn.
    """
    split = split.examples()
    if isinstance(split.samples, Rows) and len(split) > _MOST_READ:
        split = split.take(evenly_spaced(len(split), _MOST_READ))
    values = split.array.reshape(len(split), -1)
    shown = min(values.shape[1], _MOST)
    for feature in range(shown):
        column = values[:, feature].astype(np.float64) * split.scale
        column = column[np.isfinite(column)]
        if not len(column):
            continue
        low, first, middle, third, high = np.quantile(column, (0, 0.25, 0.5, 0.75, 1))
        ax.hlines(feature + 1, low, high, color=FAINT, linewidth=1)
        ax.hlines(feature + 1, first, third, color=COLORS[0], linewidth=5)
        ax.plot(middle, feature + 1, linestyle="none", marker="o", color="white", markeredgecolor=COLORS[0])
    few = f", the first {shown} of {values.shape[1]:,}" if shown < values.shape[1] else ""
    ax.set(title="Features", ylabel=f"feature{few}", xlabel="value (line: all, bar: the middle half, dot: median)")
    ax.set_yticks(range(1, shown + 1))
    ax.set_ylim(shown + 0.6, 0.4)
    return ax


def _rows(split: Split, class_names: Sequence[str], columns: int) -> list[tuple[str, Indices]]:
    """The label of each row of a sheet, and the indices of its samples."""
    targets = split.targets
    if targets.dtype.names:  # the first of several targets
        targets = targets[targets.dtype.names[0]]
        if targets.dtype.kind != "f":
            names, targets = np.unique(targets, return_inverse=True)
            class_names = [*map(str, names)]
    if class_names:
        groups = [
            (plain(name, _NAME), np.flatnonzero(targets == label if targets.ndim == 1 else targets[:, label]))
            for label, name in enumerate(class_names)
        ]
    else:
        values = targets.reshape(len(split), -1)[:, 0]  # the first of several values
        parts = np.array_split(np.argsort(values, kind="stable"), min(_GROUPS, len(values)))
        groups = [(f"{values[part[0]]:.3g} … {values[part[-1]]:.3g}".replace("-", "−"), part) for part in parts]
    return [
        (f"{label} ({len(members):,})", members[evenly_spaced(len(members), columns)])
        for label, members in groups[:_MOST]
    ]


def _sheet_size(split: Split, class_names: Sequence[str]) -> tuple[float, float]:
    """Width and height of a sheet with its labels, in inches."""
    rows = _rows(split, class_names, COLUMNS)
    labels = 0.4 + 0.08 * max(len(label) for label, _ in rows)
    height, width = as_picture(split.samples[0]).shape[:2]
    columns = max(len(chosen) for _, chosen in rows)
    picture = min(0.6, (7.2 - labels) / columns)
    return max(labels + picture * columns, labels + 2.6), 0.8 + picture * len(rows) * height / width


def _sheet(rows: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], list[float]]:
    """Rows of images on white, from 0 (black) to 1, and the vertical middle of each row."""
    shades = as_shades(np.concatenate(rows))
    ends = np.cumsum([len(samples) for samples in rows])[:-1]
    height, width = shades.shape[1:3]
    pitch = height + mosaic_gap(width)
    sheet = mosaic([list(row) for row in np.split(shades, ends)], background=1)
    return sheet, [row * pitch + (height - 1) / 2 for row in range(len(rows))]
