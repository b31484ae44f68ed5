"""Figures with one mistake each: the kit finds and names it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import Figure, UsageError


@dataclass(frozen=True)
class RightFigure(Figure):
    """The base of the wrong figures: it draws the losses of each epoch, and passes."""

    name: ClassVar[str] = "wrong"
    overlays: ClassVar[bool] = True
    animates: ClassVar[bool] = True

    def plan(self, run):
        if not run.problem.has_classes or len(run.problem.input_shape) > 1:
            raise UsageError("it is for rows with classes")
        return 4.0, 3.0

    def draw(self, figure, runs):
        ax = figure.subplots()
        for run in runs:
            ax.plot(*run.series("train_loss"))


@dataclass(frozen=True)
class ForNothing(RightFigure):
    """Is for no run."""

    def plan(self, run):
        raise UsageError("it is for ships")


@dataclass(frozen=True)
class NoSize(RightFigure):
    """Forgets to return."""

    def plan(self, run):
        pass


@dataclass(frozen=True)
class Huge(RightFigure):
    """Counts in pixels."""

    def plan(self, run):
        return 640, 480


@dataclass(frozen=True)
class NoAxes(RightFigure):
    """Draws nothing."""

    def draw(self, figure, runs):
        pass


@dataclass(frozen=True)
class EmptyAxes(RightFigure):
    """Draws axes alone."""

    def draw(self, figure, runs):
        figure.subplots()


@dataclass(frozen=True)
class OfItsOwn(RightFigure):
    """Draws on another figure."""

    def draw(self, figure, runs):
        from matplotlib import pyplot

        pyplot.plot(*runs[0].series("train_loss"))
        figure.subplots().plot(*runs[0].series("train_loss"))


@dataclass(frozen=True)
class Closes(RightFigure):
    """Closes what others have opened."""

    def draw(self, figure, runs):
        from matplotlib import pyplot

        pyplot.close("all")
        super().draw(figure, runs)


@dataclass(frozen=True)
class Restyles(RightFigure):
    """Changes the style of all figures."""

    def draw(self, figure, runs):
        import matplotlib as mpl

        mpl.rcParams["font.size"] = 20
        super().draw(figure, runs)


@dataclass(frozen=True)
class Jitters(RightFigure):
    """Draws something else each time."""

    def draw(self, figure, runs):
        figure.subplots().plot(np.random.default_rng().random(5))


@dataclass(frozen=True)
class OneOnly(RightFigure):
    """Says that it overlays runs, and can't."""

    def draw(self, figure, runs):
        (run,) = runs
        super().draw(figure, [run])


@dataclass(frozen=True)
class NeedsEpochs(RightFigure):
    """Says that it is animated, and can't draw a run before its first epoch."""

    def plan(self, run):
        if not run.history:
            raise UsageError("nothing was trained")
        return super().plan(run)


@dataclass(frozen=True)
class Grows(RightFigure):
    """Has frames of different sizes."""

    def plan(self, run):
        width, height = super().plan(run)
        return width, height + len(run.history)


@dataclass(frozen=True)
class Returns(RightFigure):
    """Returns a figure of its own."""

    def draw(self, figure, runs):
        super().draw(figure, runs)
        return figure


@pytest.mark.parametrize(
    ("component", "check", "said"),
    [
        (ForNothing, "plan", "it is for ships"),
        (NoSize, "plan", "plan returned None"),
        (Huge, "plan", "640"),
        (NoAxes, "draws", "no axes"),
        (EmptyAxes, "draws", "nothing is drawn"),
        (OfItsOwn, "leaves-matplotlib-alone", "pyplot"),
        (Closes, "leaves-matplotlib-alone", "pyplot"),
        (Restyles, "leaves-matplotlib-alone", "font.size"),
        (Jitters, "same-again", "differs"),
        (OneOnly, "overlays", "ValueError"),
        (NeedsEpochs, "animates", "nothing was trained"),
        (Grows, "animates", "differs in size"),
        (Returns, "draws", "draw returns a Figure"),
    ],
)
def test_the_mistake_is_found(verdict_of, component, check, said):
    assert said in verdict_of(component, check)


def test_a_correct_figure_passes_and_leaves_no_figure_open(verdicts_of):
    assert not any(verdicts_of(RightFigure).values())
    from matplotlib import pyplot

    assert pyplot.get_fignums() == []
