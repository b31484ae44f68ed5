"""The figures of a run as images, each with what it shows in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nnzoo.errors import NnzooError
from nnzoo.figures.of_runs import draw_figure
from nnzoo.figures.weights import weight_names
from nnzoo.pages.page import Image, figure_image
from nnzoo.plugins.discovery import one_line
from nnzoo.trained_run import TrainedRun

_NARROW = 4.4
"""Inches: a figure that is no wider has letters that can be read on a phone."""
_PARTS = {"train": "training", "validation": "validation", "test": "test"}


LeftOut = dict[str, list[str]]
"""What a report does not have, by the reason."""


def leave_out(what: str, error: NnzooError, left_out: LeftOut) -> None:
    """Add what can't be had to what a report does not have."""
    reason = one_line(error.message).removesuffix(":")
    left_out.setdefault(reason, []).append(what)


def images(run: TrainedRun, names: Iterable[str], left_out: LeftOut) -> dict[str, Image]:
    """The figures of those names; what can't be drawn is added to ``left_out``."""
    found = {}
    for name in names:
        try:
            figure = draw_figure(name, [run])
            if name in _HEIGHTS:
                figure.set_size_inches(_NARROW, _HEIGHTS[name] or figure.get_figheight())
            found[name] = figure_image(figure, _ALTS[name](run))
        except NnzooError as error:
            leave_out(name.replace("-", " "), error, left_out)
    return found


def _series_alt(figure: str, form: str) -> Callable[[TrainedRun], str]:
    def alt(run: TrainedRun) -> str:
        told = []
        for part, words in _PARTS.items():
            epochs, values = run.series(f"{part}_{figure}")
            if len(epochs):
                told.append(f"{words} from {values[0]:{form}} to {values[-1]:{form}}")
        return f"{figure.capitalize()} by epoch, over {len(run.history)} epochs: {', '.join(told)}."

    return alt


def _rate_alt(run: TrainedRun) -> str:
    _, rates = run.series("learning_rate")
    return f"Learning rate by step: at most about {rates.max():.3g}, in the end {rates[-1]:.3g}."


def _weights_alt(run: TrainedRun) -> str:
    names = weight_names(run.dnn.network)
    return f"Histograms of the weights of {', '.join(names)}, each before and after the training."


def _first_layer_alt(run: TrainedRun) -> str:
    return "What each unit of the first layer weighs in the input, as a picture: yellow above 0, blue below."


def _architecture_alt(run: TrainedRun) -> str:
    layers = " → ".join(str(layer) for layer in run.dnn.network.layers)
    return f"The layers of the network: {layers}."


def _predictions_alt(run: TrainedRun) -> str:
    return f"Predicted against true values of {len(run.dataset.test):,} test samples; on the diagonal they are equal."


_HEIGHTS = {"loss": 3.1, "accuracy": 3.1, "learning-rate": 3.1, "weights": None, "first-layer": 4.1, "predictions": 4.2}
"""Inches, of the figures that are made narrower; None where the figure's own is right."""
_ALTS: dict[str, Callable[[TrainedRun], str]] = {
    "loss": _series_alt("loss", ".4f"),
    "accuracy": _series_alt("accuracy", ".2%"),
    "learning-rate": _rate_alt,
    "weights": _weights_alt,
    "first-layer": _first_layer_alt,
    "architecture": _architecture_alt,
    "predictions": _predictions_alt,
}
