"""`Observer`: code that watches a training run and may influence it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Shape

Ending: TypeAlias = Literal["finished", "interrupted", "diverged", "failed"]
"""How a training run ends."""


@dataclass
class Moment:
    """The current position of a training run: one object, which is updated.

    Attributes
    ----------
    epoch : int
        The current epoch, from 1; in `EpochObserver.after_epoch` the one that has just ended.
    step, total_steps : int
        The number of steps before the current one, and of all steps.
    loss : float
        The mean loss of the current batch.
    learning_rate : float
        The learning rate of the current step.
    parameters, gradient : ndarray of shape (p,)
        All parameters, weights first, and the gradient of the mean loss with respect to each.
    arrays, gradients : mapping of str to ndarray
        Views of these by the names in model files, such as ``0.dense.weight``.
    figures : mapping of str to bool
        The measured figures (``loss``, ``accuracy``, …), and whether higher is better.
    has_validation : bool
        Whether validation data are measured after each epoch.
    run_dir : Path or None
        The run's directory, if there is one.
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
    """The arrays that an observer needs, by name, all of the network's floating-point type.

    Attributes
    ----------
    state : mapping of str to shape
        Kept from step to step and in checkpoints; 0 at first.
    workspace : mapping of str to shape
        Scratch arrays; their contents do not last until the next call.
    """

    state: Mapping[str, Shape] = field(default_factory=dict)
    workspace: Mapping[str, Shape] = field(default_factory=dict)


@dataclass
class ObserverMemory:
    """The arrays that an observer planned, and the objects that it opened.

    Attributes
    ----------
    state, workspace : dict of str to ndarray
        As planned.
    opened : dict
        For the observer's objects, such as a file or a connection. Empty when a run starts or resumes; never saved.
    """

    state: dict[str, Floats] = field(default_factory=dict)
    workspace: dict[str, Floats] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Observer(Component):
    """Watches a training run. Its other bases decide what it sees: `GradientObserver`, `StepObserver`, `EpochObserver`.

    An observer that fails is switched off, which the record shows; the training continues.

    An observer with ``only_watches`` changes no gradient, has no own weights and never ends the training. It has no
    effect on the network, so model files do not name it and ``nnzoo reproduce`` leaves it out.
    """

    kind: ClassVar[str] = "observer"
    only_watches: ClassVar[bool] = False

    @abstractmethod
    def plan(self, moment: Moment) -> ObserverPlan:
        """The arrays that it needs, before the first step.

        Raises
        ------
        UsageError
            When it does not suit this training run.
        """


@dataclass(frozen=True)
class GradientObserver(Observer):
    """An observer that sees and may change the gradient of each step."""

    @abstractmethod
    def gradient(self, moment: Moment, memory: ObserverMemory) -> None:
        """Read ``moment.gradient`` before the optimizer does, or change it in place; parameters must not change."""


@dataclass(frozen=True)
class StepObserver(Observer):
    """An observer that sees the parameters after each step."""

    @abstractmethod
    def after_step(self, moment: Moment, memory: ObserverMemory) -> None:
        """Read ``moment.parameters`` after the update, without changing them; the gradient is no longer valid."""


@dataclass(frozen=True)
class WeightsObserver(StepObserver):
    """An observer whose own parameters are measured, kept and saved in place of the trained ones."""

    @abstractmethod
    def weights(self, memory: ObserverMemory) -> Floats:
        """Its parameters, of shape (p,), such as an average; never called before the first step."""


@dataclass(frozen=True)
class EpochObserver(Observer):
    """An observer that sees each epoch's figures, and may end the training."""

    @abstractmethod
    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        """Read the figures of an epoch, as in ``metrics.jsonl``; return a reason to end the training, or None.

        When a killed run resumes, the epoch that had begun is seen again from its checkpoint on.
        """


@dataclass(frozen=True)
class RunObserver(Observer):
    """An observer that is called when a training starts and ends, to open and close something."""

    @abstractmethod
    def started(self, moment: Moment, settings: Mapping[str, str], memory: ObserverMemory) -> None:
        """Called when the training starts or resumes; ``settings`` holds components and arguments as text."""

    @abstractmethod
    def ended(self, moment: Moment, ending: Ending, memory: ObserverMemory) -> None:
        """Called when the training has ended."""


@dataclass(frozen=True)
class FilesObserver(Observer):
    """An observer that writes files in the run's directory, which ``nnzoo runs remove`` deletes with the run."""

    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """The paths of these files, in the run's directory or one folder below: ``log.csv``, ``charts/loss.png``.

        A ``*`` matches any characters of a file name, as in ``events/part-*``.
        """
