"""Learning-rate schedules for nnzoo: step, exponential, cosine with warm-up and reduce-on-plateau."""

from __future__ import annotations

from nnzoo.api import Schedule, hookimpl

from nnzoo_schedules.cosine import Cosine
from nnzoo_schedules.exponential import Exponential
from nnzoo_schedules.reduce_on_plateau import ReduceOnPlateau
from nnzoo_schedules.step import Step

__all__ = ["Cosine", "Exponential", "ReduceOnPlateau", "Step"]


@hookimpl
def nnzoo_schedules() -> list[type[Schedule]]:
    return [Step, Exponential, Cosine, ReduceOnPlateau]
