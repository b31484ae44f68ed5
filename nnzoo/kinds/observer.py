"""`Observer`: code that watches a training, and may influence it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Shape

Ending: TypeAlias = Literal["finished", "interrupted", "diverged", "failed"]
"""How a training ends."""


@dataclass
class Moment:
    """The current position of a training; the same object each time, updated.

    Attributes
    ----------
    epoch : int
        The current epoch, 1 for the first; in `EpochObserver.after_epoch` the one that has just ended.
    step, total_steps : int
        How many steps came before the current one, and how many there are in all.
    loss : float
        The mean loss of the current batch.
    learning_rate : float
        The learning rate of the current step.
    parameters, gradient : ndarray of shape (p,)
        All parameters, weights first, and the gradient of the mean loss with respect to each.
    arrays, gradients : mapping of str to ndarray
        Views of the same by the names of model files, such as ``0.dense.weight``.
    figures : mapping of str to bool
        The names of what is measured (``loss``, ``accuracy``, …), and whether higher is better.
    has_validation : bool
        Whether validation data are measured after each epoch.
    run_dir : Path or None
        The run's directory; None if there is none.
    """

    total_steps: int
    parameters: Floats
    gradient: Floats
    arrays: Mapping[str, Floats]
    gradients: Mapping[str, Floats]
    figures: Mapping[str, bool] = field(default_factory=dict)
    has_validation: bool = False
    run_dir: Path | None = None
    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    learning_rate: float = 0.0


@dataclass(frozen=True)
class ObserverPlan:
    """The arrays that an observer needs, by name: all of the network's floating-point type, and 0 at first.

    Attributes
    ----------
    state : mapping of str to shape
        What it remembers from step to step; kept in checkpoints.
    workspace : mapping of str to shape
        Scratch arrays, whose contents mean nothing at the next call.
    """

    state: Mapping[str, Shape] = field(default_factory=dict)
    workspace: Mapping[str, Shape] = field(default_factory=dict)


@dataclass
class ObserverMemory:
    """The arrays that an observer planned, and what it has opened.

    Attributes
    ----------
    state, workspace : dict of str to ndarray
        As planned.
    opened : dict
        For an observer's own objects, such as a file or a connection. It is empty when a run starts or resumes,
        and never saved.
    """

    state: dict[str, Floats] = field(default_factory=dict)
    workspace: dict[str, Floats] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Observer(Component):
    """Watches a training. Its other bases say what it sees: `GradientObserver`, `StepObserver`, `EpochObserver`.

    One that fails is switched off, which the record shows; the training continues.

    One that declares ``only_watches`` changes no gradient, has no weights of its own and never ends a training. So it
    is not part of how a network came to be: model files do not name it, and ``nnzoo reproduce`` leaves it out.
    """

    kind: ClassVar[str] = "observer"
    only_watches: ClassVar[bool] = False

    @abstractmethod
    def plan(self, moment: Moment) -> ObserverPlan:
        """The arrays that it needs, before the first step.

        Raises
        ------
        UsageError
            When it can't watch such a training.
        """


@dataclass(frozen=True)
class GradientObserver(Observer):
    """An observer that sees the gradient of each step, and may change it."""

    @abstractmethod
    def gradient(self, moment: Moment, memory: ObserverMemory) -> None:
        """Look at ``moment.gradient`` before the optimizer does, or change it in place. Parameters must not change."""


@dataclass(frozen=True)
class StepObserver(Observer):
    """An observer that sees the parameters after each step."""

    @abstractmethod
    def after_step(self, moment: Moment, memory: ObserverMemory) -> None:
        """Look at ``moment.parameters`` after the update. They must not be changed; the gradient means nothing here."""


@dataclass(frozen=True)
class WeightsObserver(StepObserver):
    """An observer whose own parameters are measured, kept and saved in place of those that are trained."""

    @abstractmethod
    def weights(self, memory: ObserverMemory) -> Floats:
        """Its parameters, of shape (p,), such as an average; asked for after a step at the earliest."""


@dataclass(frozen=True)
class EpochObserver(Observer):
    """An observer that sees each epoch's figures, and may end the training."""

    @abstractmethod
    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        """Take the figures of an epoch, as in ``metrics.jsonl``; returning a reason ends the training, None does not.

        After a kill, the epoch that had begun is seen again from where its checkpoint was.
        """


@dataclass(frozen=True)
class RunObserver(Observer):
    """An observer that is called when a training starts and ends, to open and close something."""

    @abstractmethod
    def started(self, moment: Moment, settings: Mapping[str, str], memory: ObserverMemory) -> None:
        """Called when the training starts or resumes: ``settings`` are components and arguments as they are written."""

    @abstractmethod
    def ended(self, moment: Moment, ending: Ending, memory: ObserverMemory) -> None:
        """Called when the training has ended."""


@dataclass(frozen=True)
class FilesObserver(Observer):
    """An observer that keeps files in the run's directory, which ``nnzoo runs remove`` deletes with the run."""

    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """The names of these files, each alone or in one folder: ``log.csv``, ``charts/loss.png``.

        A ``*`` stands for any characters of a file's name, as in ``events/part-*``.
        """
