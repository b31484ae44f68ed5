"""`Figure`: a drawing of runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component, plugin_bug, require_returned
from nnzoo.kinds.arrays import Floats
from nnzoo.kinds.dataset import Dataset, Split
from nnzoo.kinds.task import Problem

if TYPE_CHECKING:
    import matplotlib.figure


LARGEST = 100
"""Greatest width and height of a figure in inches."""


class FigureRun(Protocol):
    """A run as a figure sees it; each part is read or computed on first use.

    Attributes
    ----------
    path : Path
        The run's directory.
    name : str
        The directory's name.
    history : list of dict
        The figures of each epoch: ``epoch``, ``learning_rate``, ``train_loss``, ``test_accuracy``, …
    epoch : int or None
        In a frame of an animation, the number of epochs trained so far; None at the end of the run.
    """

    path: Path
    name: str
    history: list[dict[str, Any]]
    epoch: int | None

    def series(self, name: str) -> tuple[Floats, Floats]:
        """The epochs that have a figure of that name, such as ``test_loss``, and the figure; both of shape (n,)."""

    @property
    def problem(self) -> Problem:
        """The shapes and names of its inputs and outputs."""

    @property
    def task_figures(self) -> tuple[str, ...]:
        """The figures that suit its task, see `Task.figures`."""

    @property
    def dnn(self) -> Any:
        """The trained `DeepNeuralNetwork`: ``dnn.predict`` accepts raw data, ``dnn.network`` is the `Network`.

        Raises
        ------
        StorageError
            When the run has not finished.
        """

    @property
    def dataset(self) -> Dataset:
        """The raw data set that it was trained on."""

    @property
    def test(self) -> Split:
        """The test samples as the network sees them: inputs preprocessed, targets encoded."""

    @property
    def outputs(self) -> Floats:
        """Its predictions for the test samples, one row per position: probabilities or values, of shape (m, k)."""

    @property
    def answers(self) -> NDArray[Any]:
        """The task's answers from `outputs`: class numbers of shape (m,), or labels or values of shape (m, k)."""

    @property
    def targets(self) -> NDArray[Any]:
        """The right answers, with the shape of `answers`; values are in the user's units."""

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which positions of the test samples are not masked, of shape (m,)."""


@dataclass(frozen=True)
class Figure(Component):
    """A drawing of runs, for ``nnzoo plot RUN --what NAME``.

    Attributes
    ----------
    overlays : bool
        Whether one figure shows any number of runs; if not, each run gets its own.
    animates : bool
        Whether ``nnzoo plot --animate`` animates it: in each frame `draw` draws the run as it was after an epoch. Axes
        and colours should not depend on the epoch, or they jump.
    """

    kind: ClassVar[str] = "figure"
    overlays: ClassVar[bool] = False
    animates: ClassVar[bool] = False

    @abstractmethod
    def plan(self, run: FigureRun) -> tuple[float, float]:
        """Width and height in inches. Use only the problem and the history: nothing is drawn yet.

        Raises
        ------
        UsageError
            When it does not suit this run; the message says which runs it suits.
        """

    @abstractmethod
    def draw(self, figure: matplotlib.figure.Figure, runs: Sequence[FigureRun]) -> None:
        """Draw on an empty figure, inside nnzoo's style; change no other state of Matplotlib.

        Parameters
        ----------
        figure : matplotlib.figure.Figure
            Of the planned size, without a window. ``figure.subplots()`` makes axes.
        runs : sequence of FigureRun
            One; or several, if it overlays them.

        Raises
        ------
        UsageError
            When a run has nothing to draw; the message says why.
        """


def planned_size(component: Figure, run: FigureRun) -> tuple[float, float]:
    """The width and height in inches that a figure plans for a run; PluginError unless they are valid, see `plan`."""
    size: Any = require_returned(component, "plan", component.plan(run), tuple, "a width and a height in inches")
    if len(size) != 2 or not all(isinstance(x, Real) and 0 < float(x) <= LARGEST for x in size):
        raise plugin_bug(component, f"plan returns {size!r}, not a width and a height of up to {LARGEST} inches")
    return float(size[0]), float(size[1])
