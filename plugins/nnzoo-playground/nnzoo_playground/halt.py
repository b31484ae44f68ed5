"""The observer `halt`: a training that was stopped after some epochs, as part of its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, doc
from nnzoo.api import EpochObserver, Moment, ObserverMemory, ObserverPlan


@dataclass(frozen=True)
class Halt(EpochObserver):
    """Ends the training after so many epochs, while the schedule goes by the number that was planned.

    A training that was stopped early is so made again to the bit.
    """

    name: ClassVar[str] = "halt"

    epochs: Annotated[int, Ge(1), Le(1_000_000_000), doc("after so many epochs it ends")] = 1

    def plan(self, moment: Moment) -> ObserverPlan:
        return ObserverPlan()

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        return f"stopped after epoch {moment.epoch}" if moment.epoch >= self.epochs else None
