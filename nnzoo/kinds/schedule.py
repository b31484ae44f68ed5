"""`Schedule`: how the learning rate changes during training."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from nnzoo.component import Component


@dataclass(frozen=True)
class Schedule(Component):
    """A multiplier on the learning rate, as a function of the step alone.

    Attributes
    ----------
    rate_share : float
        The share of the optimizer's default learning rate that works well at factor 1. The defaults suit a schedule
        that warms up to its highest rate and cools down again (share 1); a schedule that starts at its highest rate, or
        stays there, does better with a third.
    """

    kind: ClassVar[str] = "schedule"
    rate_share: ClassVar[float] = 1 / 3

    @abstractmethod
    def factor(self, step: int, total_steps: int) -> float:
        """The multiplier for one step.

        Parameters
        ----------
        step : int
            The number of steps before: 0 … total_steps − 1.
        total_steps : int
            The number of all steps, at least 1.
        """


@dataclass(frozen=True)
class MetricSchedule(Schedule):
    """A schedule that also sees each epoch's metrics, for example to slow down on a plateau.

    Its multiplier is `factor` times the last value of `after_epoch` (1 before the first epoch has ended).
    """

    @abstractmethod
    def after_epoch(self, metrics: Mapping[str, float | None], memory: dict[str, float]) -> float:
        """The additional multiplier from now on.

        Parameters
        ----------
        metrics : mapping
            The epoch's figures, named as in ``metrics.jsonl`` (``train_loss``, ``validation_loss``, …); None if not
            measured.
        memory : dict of str to float
            Empty at first; kept between calls and in checkpoints.
        """
