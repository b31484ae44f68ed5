"""The figures of runs, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnzoo.component import parse_spec, plugin_bug
from nnzoo.errors import UsageError, did_you_mean
from nnzoo.figures.architecture import architecture_figure
from nnzoo.figures.bars import bars_size, plot_importance, plot_labels
from nnzoo.figures.confusion import confusion_size, plot_confusion
from nnzoo.figures.curves import curves_size, plot_learning_rate, plot_loss, plot_metric
from nnzoo.figures.first_layer import first_layer_size, plot_first_layer
from nnzoo.figures.mistakes import ROW_LINES, mistakes_size, plot_mistakes
from nnzoo.figures.pictures import is_picture
from nnzoo.figures.predicted import predicted_figure
from nnzoo.figures.style import lay_out, make_figure, styled
from nnzoo.figures.weights import plot_weights, weight_names, weights_size
from nnzoo.kinds import Columns, planned_size
from nnzoo.kinds import Figure as FigureComponent
from nnzoo.trained_run import TrainedRun
from nnzoo.training.by_output import by_label

MISTAKES = 12
"""The most mistakes that are drawn."""


@dataclass(frozen=True)
class RunFigure:
    """A figure of runs.

    Attributes
    ----------
    name : str
        The name for ``nnzoo plot --what``.
    title : str
        A description in one line.
    draw : callable
        Draws the figure of runs; call it inside `styled`.
    overlays : bool
        Whether one figure shows any number of runs; otherwise there is one for each run.
    animates : bool
        Whether it can be drawn after each epoch.
    suits : callable
        Whether a run can have this figure.
    """

    name: str
    title: str
    draw: Callable[[Sequence[TrainedRun]], Figure]
    overlays: bool = False
    animates: bool = False
    suits: Callable[[TrainedRun], bool] = lambda run: True


def draw_figure(name: str, runs: Sequence[TrainedRun]) -> Figure:
    """Draw a figure of runs in nnzoo's style.

    Parameters
    ----------
    name : str
        One of `figures_of`, or a figure of a plugin, which may have hyperparameters: ``decision:resolution=50``.
    runs : sequence of TrainedRun
        One run; or several, if the figure overlays them.

    Raises
    ------
    UsageError
        When there is no figure of that name, or these runs can't have it.
    NnzooError
        When a model file, data or a plugin is not available.
    """
    kind = find_figure(name, runs)
    if not runs or (len(runs) > 1 and not kind.overlays):
        raise UsageError(f"the figure {name} needs {'at least' if kind.overlays else 'exactly'} one run")
    with styled():
        return kind.draw(runs)


def find_figure(name: str, runs: Sequence[TrainedRun]) -> RunFigure:
    """Return the figure of that name; each metric of the runs is one. Other names are looked up in plugins.

    Raises
    ------
    UsageError
        When there is no figure of that name.
    """
    known = figures_of(runs)
    name = name.replace("-", "_") if name not in known and name.replace("-", "_") in known else name
    if name in known:
        return known[name]
    registry, (short, options) = runs[0].registry, parse_spec(name)
    if short in known:
        raise UsageError(f"the figure {short} has no hyperparameters, but {', '.join(options)} is given")
    if "/" in short or short in registry.names("figure"):
        return _plugin_figure(name, registry.build("figure", name))
    names = [*known, *registry.names("figure")]
    raise UsageError(f"there is no figure {name!r}", hint=f"{did_you_mean(short, names)}figures are {', '.join(names)}")


def figures_of(runs: Sequence[TrainedRun]) -> dict[str, RunFigure]:
    """Return all built-in figures by name, with those of the runs' metrics, in the order in which a report has them."""
    measured = dict.fromkeys(figure for run in runs for figure in run.figures if figure not in _FIXED)
    loss, *others = _FIXED.values()
    metrics = [
        _curves(name, f"the {name.replace('_', ' ')} after each epoch", partial(plot_metric, figure=name))
        for name in measured
    ]
    return {figure.name: figure for figure in (loss, *metrics, *others)}


def figures_for(runs: Sequence[TrainedRun], *, of_plugins: bool = False) -> list[str]:
    """Return the names of all figures that suit at least one of these runs, if wanted with those of plugins."""
    figures = figures_of(runs)
    if of_plugins:
        registrations = runs[0].registry.find("figure", lambda figure: True)
        counts = Counter(each.component.name for each in registrations)
        for each in registrations:
            component, name = each.component, each.component.name
            if name in figures or counts[name] > 1:
                name = each.full_name
            if issubclass(component, FigureComponent) and not any(h.required for h in component.hyperparameters()):
                figures[name] = _plugin_figure(name, component())
    return [name for name, figure in figures.items() if any(map(figure.suits, runs))]


def _plugin_figure(name: str, component: FigureComponent) -> RunFigure:
    """A figure of a plugin."""

    def suits(run: TrainedRun) -> bool:
        try:
            component.plan(run)
        except UsageError:
            return False
        return True

    def draw(runs: Sequence[TrainedRun]) -> Figure:
        width, height = planned_size(component, runs[0])
        figure = Figure(figsize=(width, height), layout="constrained")
        component.draw(figure, tuple(runs))
        if not runs[0].epoch:  # for an animation, checking the first frame is enough
            _require_drawable(component, figure)
        return figure

    overlays, animates = component.overlays, component.animates
    return RunFigure(name, component.summary(), draw, overlays=overlays, animates=animates, suits=suits)


def _require_drawable(component: FigureComponent, figure: Figure) -> None:
    """Raise a PluginError that names the component if its figure can't be written, say because of a bad formula."""
    try:
        lay_out(figure)
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise plugin_bug(component, f"its figure can't be written: {reason}") from error


def _curves(name: str, title: str, plot: Callable[[Axes, Sequence[TrainedRun]], Axes]) -> RunFigure:
    """A figure with curves of any number of runs."""

    def draw(runs: Sequence[TrainedRun]) -> Figure:
        figure, (ax,) = _sized(curves_size(len(runs)))
        plot(ax, runs)
        return figure

    return RunFigure(name, title, draw, overlays=True)


def _of_one(draw: Callable[[TrainedRun], Figure]) -> Callable[[Sequence[TrainedRun]], Figure]:
    return lambda runs: draw(runs[0])


def _of_task(name: str, draw: Callable[[TrainedRun], Figure]) -> RunFigure:
    """A figure that only some tasks have."""

    def draw_for_task(runs: Sequence[TrainedRun]) -> Figure:
        run = runs[0]
        if name not in run.task_figures:
            task = run.record.component("task").short_name
            figures = f"has {', '.join(run.task_figures)}" if run.task_figures else "has none"
            hint = None if run.task_or_none else "the task comes from a plugin that is not installed"
            raise UsageError(f"{run.path} has no figure {name}: its task, {task}, {figures}", hint=hint)
        return draw(run)

    return RunFigure(name, _TASK_TITLES[name], draw_for_task, suits=lambda run: name in run.task_figures)


def _weights(run: TrainedRun) -> Figure:
    figure, (ax,) = _sized(weights_size(len(weight_names(run.dnn.network))))
    plot_weights(ax, run.initial, run.dnn.network)
    return figure


def _first_layer(run: TrainedRun) -> Figure:
    figure, (ax,) = _sized(first_layer_size(run.dnn.network))
    plot_first_layer(ax, run.dnn.network)
    return figure


def _confusion(run: TrainedRun) -> Figure:
    counts = run.evaluation.confusion
    if counts is None:
        raise UsageError(f"{run.path} has no confusion matrix: {_classes(run)}")
    figure, (ax,) = _sized(confusion_size(len(counts)))
    plot_confusion(ax, counts, [run.problem.name(place) for place in range(len(counts))])
    return figure


def _mistakes(run: TrainedRun) -> Figure:
    if not run.problem.has_classes:
        raise UsageError(f"{run.path} has no mistakes to draw: {_classes(run)}")
    worst, test = run.worst_mistakes[:MISTAKES], run.dataset.test
    if not len(worst):
        raise UsageError(f"{run.path} makes no mistake on its {len(test):,} test samples")
    samples, is_table = test.take(worst // run.problem.positions).loaded, isinstance(test.inputs, Columns)
    figure, (ax,) = _sized(mistakes_size(len(worst), is_table=is_table))
    names = [run.problem.name(place) for place in range(run.problem.width)]
    columns = run.telling_columns(ROW_LINES) if is_table else ()
    plot_mistakes(ax, samples, run.evaluation.targets[worst], run.outputs[worst], names, columns)
    return figure


def _predicted(run: TrainedRun) -> Figure:
    if run.problem.has_classes:
        raise UsageError(f"{run.path} predicts classes, not values")
    shown = run.counted
    return predicted_figure(run.evaluation.targets[shown], run.outputs[shown], run.problem.names)


def _labels(run: TrainedRun) -> Figure:
    if run.problem.has_classes:
        raise UsageError(f"{run.path} predicts one class for each sample, not labels")
    shown = run.counted
    rates = by_label(run.answers[shown], run.evaluation.targets[shown])
    figure, (ax,) = _sized(bars_size(len(rates), legend=True))
    plot_labels(ax, [run.problem.name(place) for place in range(len(rates))], rates, int(shown.sum()))
    return figure


def _importance(run: TrainedRun) -> Figure:
    figure, (ax,) = _sized(bars_size(len(run.importance.columns)))
    plot_importance(ax, run.importance)
    return figure


def _classes(run: TrainedRun) -> str:
    """The reason why a run has no confusion matrix."""
    return "it has too many classes" if run.problem.has_classes else "its samples do not have one class each"


def _sized(size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    return make_figure(width=size[0], height=size[1])


_TASK_TITLES = {
    "confusion": "how many of each class were taken for each",
    "mistakes": "the worst mistakes, with their probabilities",
    "predicted": "predicted against true values",
    "labels": "precision and recall of each label",
}
_FIXED = {
    figure.name: figure
    for figure in (
        _curves("loss", "the loss of each epoch", plot_loss),
        _curves("learning-rate", "the learning rate of each step", plot_learning_rate),
        RunFigure("weights", "the distribution of each layer's weights, before and after", _of_one(_weights)),
        RunFigure(
            "first-layer",
            "the weights of the first layer, as images",
            _of_one(_first_layer),
            suits=lambda run: is_picture(run.problem.input_shape),
        ),
        RunFigure(
            "architecture",
            "the layers, their shapes and parameters",
            _of_one(lambda run: architecture_figure(run.dnn.network)),
        ),
        _of_task("confusion", _confusion),
        _of_task("mistakes", _mistakes),
        _of_task("predicted", _predicted),
        _of_task("labels", _labels),
        RunFigure(
            "importance",
            "the importance of a table's columns",
            _of_one(_importance),
            suits=lambda run: bool(run.columns),
        ),
    )
}
"""The figures that do not depend on the metrics."""
