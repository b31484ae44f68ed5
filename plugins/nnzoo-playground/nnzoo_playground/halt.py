"""The observer `halt`: a stop after some epochs, as part of a run's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, doc
from nnzoo.api import EpochObserver, Moment, ObserverMemory, ObserverPlan


@dataclass(frozen=True)
class Halt(EpochObserver):
    """Stops training after some epochs, while the schedule uses the planned number of epochs.

    This way, a training run that was stopped early can be repeated to the bit.
    """

    name: ClassVar[str] = "halt"

    epochs: Annotated[int, Ge(1), Le(1_000_000_000), doc("number of epochs to train")] = 1

    def plan(self, moment: Moment) -> ObserverPlan:
        return ObserverPlan()

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        return f"stopped after epoch {moment.epoch}" if moment.epoch >= self.epochs else None
