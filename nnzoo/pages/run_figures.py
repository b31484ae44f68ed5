"""The figures of a run as images, each with what it shows in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from nnzoo.errors import NnzooError
from nnzoo.figures.bars import MOST, importance_label
from nnzoo.figures.first_layer import is_in_colour
from nnzoo.figures.of_runs import draw_figure, figures_for, find_figure
from nnzoo.figures.weights import weight_names
from nnzoo.figures.words import capitalized
from nnzoo.model.importance import Importance
from nnzoo.pages.page import Image, figure_image
from nnzoo.terminal import one_line
from nnzoo.trained_run import TrainedRun

_NARROW = 4.4
"""Inches: a figure that is no wider has letters that can be read on a phone."""
_PARTS = {"train": "training", "validation": "validation", "test": "test"}


LeftOut = dict[str, list[str]]
"""What a report does not have, by the reason."""


def leave_out(what: str, error: NnzooError, left_out: LeftOut) -> None:
    """Add what is not available to what a report does not have."""
    reason = one_line(error.message).removesuffix(":")
    left_out.setdefault(reason, []).append(what)


def images(run: TrainedRun, names: Iterable[str], left_out: LeftOut) -> dict[str, Image]:
    """The figures of those names; what can't be drawn is added to ``left_out``.

    A name that is not among the figures that are known here is that of a metric.
    """
    found = {}
    for name in names:
        try:
            figure = draw_figure(name, [run])
            if name not in _AS_IT_IS:
                height = _HEIGHTS.get(name, figure.get_figheight()) if name in _ALTS else _CURVES
                figure.set_size_inches(_NARROW, height)
            found[name] = figure_image(figure, _ALTS[name](run) if name in _ALTS else _series_alt(run, name))
        except NnzooError as error:
            leave_out(name.replace("-", " "), error, left_out)
    return found


def photos(run: TrainedRun, names: Iterable[str]) -> list[str]:
    """Of these figures those in the colours of pictures, which dark pages leave as they are."""
    return [name for name in names if name == "first-layer" and is_in_colour(run.dnn.network)]


def plugin_images(run: TrainedRun, left_out: LeftOut) -> dict[str, Image]:
    """The figures of plugins that suit a run, by name; what they say of themselves stands for what they show."""
    found = {}
    own = figures_for([run])
    for name in figures_for([run], of_plugins=True):
        if name in own:
            continue
        try:
            found[name] = figure_image(draw_figure(name, [run]), find_figure(name, [run]).title)
        except NnzooError as error:
            leave_out(name, error, left_out)
    return found


def _series_alt(run: TrainedRun, figure: str) -> str:
    measure, told = run.measure(figure), []
    for part, words in _PARTS.items():
        epochs, values = run.series(f"{part}_{figure}")
        if len(epochs):
            first, last = (measure.show(float(value)) for value in (values[0], values[-1]))
            told.append(f"{words} from {first} to {last}")
    return f"{capitalized(measure.title)} by epoch, over {len(run.history)} epochs: {', '.join(told)}."


def _rate_alt(run: TrainedRun) -> str:
    _, rates = run.series("learning_rate")
    return f"Learning rate by step: at most about {rates.max():.3g}, in the end {rates[-1]:.3g}."


def _weights_alt(run: TrainedRun) -> str:
    names = weight_names(run.dnn.network)
    return f"Histograms of the weights of {', '.join(names)}, each before and after the training."


def _first_layer_alt(run: TrainedRun) -> str:
    return "What each unit of the first layer weighs in the input, as an image: warm colours above 0, blue below."


def _architecture_alt(run: TrainedRun) -> str:
    layers = " → ".join(str(layer) for layer in run.dnn.network.layers)
    return f"The layers of the network: {layers}."


def _predicted_alt(run: TrainedRun) -> str:
    values = ", ".join(run.problem.names[:8]) or "values"
    return (
        f"Predicted against true {values} of {int(run.counted.sum()):,} test samples; on the diagonal they are equal."
    )


def _labels_alt(run: TrainedRun) -> str:
    return "Precision, recall and frequency of each label; the table of labels has the same numbers."


def _importance_alt(run: TrainedRun) -> str:
    found = run.importance
    told = [f"{name} {mean} {spread}" for name, mean, spread in importance_rows(found)]
    return f"{capitalized(importance_label(found))} when a column is shuffled: {', '.join(told[:MOST])}."


def importance_rows(importance: Importance) -> list[tuple[str, str, str]]:
    """Each column, how much it counts, and the spread of that; all with as many decimals as suit the largest."""
    factor = importance.factor
    largest = factor * float(np.abs(importance.means).max(initial=0))
    decimals = min(max(0, 2 - math.floor(math.log10(largest))), 12) if largest else 2
    return [
        (name, f"{factor * mean:z,.{decimals}f}", f"± {factor * spread:,.{decimals}f}")
        for name, (mean, spread) in importance.by_column.items()
    ]


_CURVES = 3.1
"""Inches: how high curves are."""
_AS_IT_IS = ("architecture", "predicted")
_HEIGHTS = {"loss": _CURVES, "learning-rate": _CURVES, "first-layer": 4.1}
"""Inches, of figures that are made narrower; the others keep their height."""
_ALTS: dict[str, Callable[[TrainedRun], str]] = {
    "loss": lambda run: _series_alt(run, "loss"),
    "learning-rate": _rate_alt,
    "weights": _weights_alt,
    "first-layer": _first_layer_alt,
    "architecture": _architecture_alt,
    "predicted": _predicted_alt,
    "labels": _labels_alt,
    "importance": _importance_alt,
}
