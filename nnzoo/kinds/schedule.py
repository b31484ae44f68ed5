"""`Schedule`: how the learning rate changes while training."""

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
        The share of the optimizer's default learning rate that works well where the factor is 1. The defaults are for a
        schedule that warms up to its highest rate and cools down again (share 1); one that starts at its highest rate,
        or stays there, does better with a third.
    """

    kind: ClassVar[str] = "schedule"
    rate_share: ClassVar[float] = 1 / 3

    @abstractmethod
    def factor(self, step: int, total_steps: int) -> float:
        """The multiplier for one step.

        Parameters
        ----------
        step : int
            How many steps came before: 0 … total_steps − 1.
        total_steps : int
            Steps of the whole training, at least 1.
        """


@dataclass(frozen=True)
class MetricSchedule(Schedule):
    """A schedule that also sees each epoch's metrics, for instance to slow down on a plateau.

    Its multiplier is `factor` times what `after_epoch` returned last (1 before the first epoch has ended).
    """

    @abstractmethod
    def after_epoch(self, metrics: Mapping[str, float | None], memory: dict[str, float]) -> float:
        """The additional multiplier from now on.

        Parameters
        ----------
        metrics : mapping
            The epoch's figures, named as in ``metrics.jsonl`` (``train_loss``, ``validation_loss``, …); None where
            there is none.
        memory : dict of str to float
            Empty at first; kept between calls, and with the training's state.
        """
