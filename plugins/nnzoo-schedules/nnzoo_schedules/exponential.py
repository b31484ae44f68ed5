"""A learning rate that decays exponentially."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Le, doc
from nnzoo.api import Schedule


@dataclass(frozen=True)
class Exponential(Schedule):
    """The same share of the learning rate is lost at every step.

    Equation, with t of T steps done and the final factor m::

        factor = m^(t / T)

    References
    ----------
    Senior, Heigold, Ranzato & Yang (2013), "An empirical study of learning rates in deep neural networks for speech
    recognition", ICASSP. They give the time in which the rate falls to a tenth; here that is T / log₁₀(1/m).
    """

    name: ClassVar[str] = "exponential"

    final: Annotated[float, Gt(0), Le(1), doc("factor when the training ends")] = 0.01

    def factor(self, step: int, total_steps: int) -> float:
        return float(self.final ** (step / total_steps))
