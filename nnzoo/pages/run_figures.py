"""The figures of a run as images, with descriptions in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from nnzoo.errors import NnzooError
from nnzoo.figures.bars import MOST, importance_label
from nnzoo.figures.first_layer import is_in_colour
from nnzoo.figures.of_runs import draw_figure, figures_for, find_figure
from nnzoo.figures.weights import weight_names
from nnzoo.figures.words import PARTS, capitalized
from nnzoo.model.importance import Importance
from nnzoo.pages.page import Image, figure_image
from nnzoo.terminal import one_line
from nnzoo.trained_run import TrainedRun

_NARROW = 4.4
"""The width of figures, in inches, with text that is legible on a phone."""

LeftOut = dict[str, list[str]]
"""The missing parts of a report, by the reason."""


def leave_out(part: str, error: NnzooError, left_out: LeftOut) -> None:
    """Add a missing part of a report to ``left_out``."""
    reason = one_line(error.message).removesuffix(":")
    left_out.setdefault(reason, []).append(part)


def images(run: TrainedRun, names: Iterable[str], left_out: LeftOut) -> dict[str, Image]:
    """Draw figures, by name; those that can't be drawn are added to ``left_out``.

    A name that is not in `_ALTS` is that of a metric.
    """
    drawn = {}
    for name in names:
        try:
            figure = draw_figure(name, [run])
            if name not in _AS_IT_IS:
                height = _HEIGHTS.get(name, figure.get_figheight()) if name in _ALTS else _CURVES
                figure.set_size_inches(_NARROW, height)
            drawn[name] = figure_image(figure, _ALTS[name](run) if name in _ALTS else _series_alt(run, name))
        except NnzooError as error:
            leave_out(name.replace("-", " "), error, left_out)
    return drawn


def photos(run: TrainedRun, names: Iterable[str]) -> list[str]:
    """Return the names of figures with the colours of input images, which dark pages must not invert."""
    return [name for name in names if name == "first-layer" and is_in_colour(run.dnn.network)]


def plugin_images(run: TrainedRun, left_out: LeftOut) -> dict[str, Image]:
    """Draw the figures of plugins that suit a run, by name; their titles are the descriptions."""
    drawn = {}
    built_in = figures_for([run])
    for name in figures_for([run], of_plugins=True):
        if name in built_in:
            continue
        try:
            drawn[name] = figure_image(draw_figure(name, [run]), find_figure(name, [run]).title)
        except NnzooError as error:
            leave_out(name, error, left_out)
    return drawn


def _series_alt(run: TrainedRun, figure: str) -> str:
    measure, parts = run.measure(figure), []
    for part, words in PARTS.items():
        epochs, values = run.series(f"{part}_{figure}")
        if len(epochs):
            first, last = (measure.show(float(value)) for value in (values[0], values[-1]))
            parts.append(f"{words} from {first} to {last}")
    return f"{capitalized(measure.title)} by epoch, over {len(run.history)} epochs: {', '.join(parts)}."


def _rate_alt(run: TrainedRun) -> str:
    _, rates = run.series("learning_rate")
    return f"Learning rate by step: at most about {rates.max():.3g}, in the end {rates[-1]:.3g}."


def _weights_alt(run: TrainedRun) -> str:
    names = weight_names(run.dnn.network)
    return f"Histograms of the weights of {', '.join(names)}, each before and after training."


def _architecture_alt(run: TrainedRun) -> str:
    layers = " → ".join(str(layer) for layer in run.dnn.network.layers)
    return f"The layers of the network: {layers}."


def _predicted_alt(run: TrainedRun) -> str:
    values = ", ".join(run.problem.names[:8]) or "values"
    return (
        f"Predicted against true {values} of {int(run.counted.sum()):,} test samples; on the diagonal they are equal."
    )


def _importance_alt(run: TrainedRun) -> str:
    label = capitalized(importance_label(run.importance))
    return f"{label} when a column is shuffled: {', '.join(map(' '.join, importance_rows(run.importance)[:MOST]))}."


def importance_rows(importance: Importance) -> list[tuple[str, str, str]]:
    """Return each column, its importance, and the spread; the number of decimals suits the largest importance."""
    factor = importance.factor
    largest = factor * float(np.abs(importance.means).max(initial=0))
    decimals = min(max(0, 2 - math.floor(math.log10(largest))), 12) if largest else 2
    return [
        (name, f"{factor * mean:z,.{decimals}f}", f"± {factor * spread:,.{decimals}f}")
        for name, (mean, spread) in importance.by_column.items()
    ]


_CURVES = 3.1
"""The height of curves, in inches."""
_AS_IT_IS = ("architecture", "predicted")
"""Figures that keep their size."""
_HEIGHTS = {"loss": _CURVES, "learning-rate": _CURVES, "first-layer": 4.1}
"""The heights of narrower figures, in inches; others keep their height."""
_ALTS: dict[str, Callable[[TrainedRun], str]] = {
    "loss": lambda run: _series_alt(run, "loss"),
    "learning-rate": _rate_alt,
    "weights": _weights_alt,
    "first-layer": lambda run: "The weights of each unit of the first layer as an image: warm above 0, blue below.",
    "architecture": _architecture_alt,
    "predicted": _predicted_alt,
    "labels": lambda run: "Precision, recall and frequency of each label; the table of labels has the same numbers.",
    "importance": _importance_alt,
}
