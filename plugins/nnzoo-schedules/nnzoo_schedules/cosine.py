"""Warm up, then cool down along a cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Lt, doc
from nnzoo.api import Schedule


@dataclass(frozen=True)
class Cosine(Schedule):
    """Warm up in a straight line from almost nothing, then cool down along half a cosine to a final factor.

    Equation, with t of T steps done, of which W = w T warm up, and the final factor m::

        factor = (t + 1) / (W + 1)                                    while t < W
        factor = m + (1 − m) ½ (1 + cos(π (t − W) / (T − W)))         after that

    The warm-up's first step is not zero, so that no step is wasted.

    References
    ----------
    Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", ICLR, arXiv:1608.03983,
    equation 5, without the restarts.
    Goyal et al. (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour", arXiv:1706.02677, section 2.2
    (the warm-up).
    """

    name: ClassVar[str] = "cosine"
    rate_share: ClassVar[float] = 1.0  # it warms up

    warmup: Annotated[float, Ge(0), Lt(1), doc("share of the steps that warm up")] = 0.1
    final: Annotated[float, Ge(0), Le(1), doc("factor when the training ends")] = 0.0

    def factor(self, step: int, total_steps: int) -> float:
        warm = self.warmup * total_steps
        if step < warm:
            return (step + 1) / (warm + 1)
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * (step - warm) / (total_steps - warm)))
