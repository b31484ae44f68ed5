"""The figures of runs, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.errors import UsageError, did_you_mean
from nnzoo.figures.architecture import architecture_figure
from nnzoo.figures.confusion import confusion_size, plot_confusion
from nnzoo.figures.curves import curves_size, plot_accuracy, plot_learning_rate, plot_loss
from nnzoo.figures.first_layer import first_layer_size, plot_first_layer
from nnzoo.figures.mistakes import mistakes_size, plot_mistakes
from nnzoo.figures.regression import plot_predictions
from nnzoo.figures.style import make_figure, styled
from nnzoo.figures.weights import plot_weights, weight_names, weights_size
from nnzoo.trained_run import TrainedRun

Task: TypeAlias = Literal["classification", "regression"]
MISTAKES = 12
"""Mistakes that are drawn."""


@dataclass(frozen=True)
class RunFigure:
    """A kind of figure that runs have.

    Attributes
    ----------
    name : str
        As ``nnzoo plot --what`` takes it.
    title : str
        What it shows, in a line.
    draw : callable
        Makes it of runs, inside `styled`.
    overlays : bool
        Whether one figure shows any number of runs; else there is one for each.
    task : str or None
        The only task whose runs have such a figure.
    """

    name: str
    title: str
    draw: Callable[[Sequence[TrainedRun]], Figure]
    overlays: bool = False
    task: Task | None = None


def draw_figure(name: str, runs: Sequence[TrainedRun]) -> Figure:
    """A figure of runs, in this project's style.

    Parameters
    ----------
    name : str
        One of `RUN_FIGURES`.
    runs : sequence of TrainedRun
        One; or several, where the figure overlays them.

    Raises
    ------
    UsageError
        When there is no such figure, or not of these runs; it says why.
    NnzooError
        When a model file, the data or a plugin that it takes can't be had.
    """
    kind = find_figure(name)
    if not runs or (len(runs) > 1 and not kind.overlays):
        raise UsageError(f"the figure {name} takes {'at least' if kind.overlays else 'exactly'} one run")
    with styled():
        return kind.draw(runs)


def find_figure(name: str) -> RunFigure:
    """The kind of figure that is called so.

    Raises
    ------
    UsageError
    """
    if name not in RUN_FIGURES:
        known = ", ".join(RUN_FIGURES)
        raise UsageError(f"there is no figure {name!r}", hint=f"{did_you_mean(name, RUN_FIGURES)}figures are {known}")
    return RUN_FIGURES[name]


def _curves(plot: Callable[[Axes, Sequence[TrainedRun]], Axes]) -> Callable[[Sequence[TrainedRun]], Figure]:
    def draw(runs: Sequence[TrainedRun]) -> Figure:
        figure, (ax,) = _sized(curves_size(len(runs)))
        plot(ax, runs)
        return figure

    return draw


def _of_one(draw: Callable[[TrainedRun], Figure]) -> Callable[[Sequence[TrainedRun]], Figure]:
    return lambda runs: draw(runs[0])


def _weights(run: TrainedRun) -> Figure:
    figure, (ax,) = _sized(weights_size(len(weight_names(run.dnn.network))))
    plot_weights(ax, run.initial, run.dnn.network)
    return figure


def _first_layer(run: TrainedRun) -> Figure:
    figure, (ax,) = _sized(first_layer_size(run.dnn.network))
    plot_first_layer(ax, run.dnn.network)
    return figure


def _architecture(run: TrainedRun) -> Figure:
    return architecture_figure(run.dnn.network)


def _confusion(run: TrainedRun) -> Figure:
    counts = run.evaluation.confusion
    if counts is None:
        raise UsageError(f"{run.path} has no confusion matrix: it predicts values", hint="see the figure predictions")
    figure, (ax,) = _sized(confusion_size(len(counts)))
    plot_confusion(ax, counts, run.dataset.class_names)
    return figure


def _mistakes(run: TrainedRun) -> Figure:
    if not run.dataset.class_names:
        raise UsageError(f"{run.path} mistakes no class: it predicts values", hint="see the figure predictions")
    worst, test = run.worst_mistakes[:MISTAKES], run.dataset.test
    if not len(worst):
        raise UsageError(f"{run.path} makes no mistake on its {len(test):,} test samples")
    figure, (ax,) = _sized(mistakes_size(len(worst)))
    plot_mistakes(ax, test.inputs[worst], test.targets[worst], run.outputs[worst], run.dataset.class_names)
    return figure


def _predictions(run: TrainedRun) -> Figure:
    if run.dataset.class_names:
        raise UsageError(f"{run.path} predicts classes, not values", hint="see the figures confusion and mistakes")
    figure, (ax,) = _sized((4.8, 4.6))
    plot_predictions(ax, run.dataset.test.targets.astype(np.float32), run.outputs)
    return figure


def _sized(size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    return make_figure(width=size[0], height=size[1])


_CLASSES: Task = "classification"
_VALUES: Task = "regression"
RUN_FIGURES = {
    figure.name: figure
    for figure in (
        RunFigure("loss", "the loss of each epoch", _curves(plot_loss), overlays=True),
        RunFigure("accuracy", "the accuracy after each epoch", _curves(plot_accuracy), overlays=True, task=_CLASSES),
        RunFigure("learning-rate", "the learning rate of each step", _curves(plot_learning_rate), overlays=True),
        RunFigure("weights", "how the weights of each layer are distributed, before and after", _of_one(_weights)),
        RunFigure("first-layer", "what the first layer looks for, as pictures", _of_one(_first_layer)),
        RunFigure("architecture", "the layers, their shapes and parameters", _of_one(_architecture)),
        RunFigure("confusion", "how many of each class were taken for each", _of_one(_confusion), task=_CLASSES),
        RunFigure("mistakes", "the worst mistakes, with their probabilities", _of_one(_mistakes), task=_CLASSES),
        RunFigure("predictions", "predicted against true values", _of_one(_predictions), task=_VALUES),
    )
}
"""Every figure of a run by its name, in the order in which they tell of it."""


def figures_for(runs: Sequence[TrainedRun]) -> list[str]:
    """The names of all figures that runs of these tasks can have."""
    tasks = {run.task for run in runs}
    return [name for name, figure in RUN_FIGURES.items() if figure.task is None or figure.task in tasks]
