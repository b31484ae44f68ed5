"""A learning rate that drops a few times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, doc
from nnzoo.api import Schedule


@dataclass(frozen=True)
class Step(Schedule):
    """A constant learning rate that drops a few times, after equal shares of the training.

    Equation, with t of T steps done, n drops and the ratio r::

        factor = r^⌊(n + 1) t / T⌋

    So the training has n + 1 stages of equal length, whatever its own: a schedule that is told after how many steps to
    drop would have to be told again for each data set and batch size.

    References
    ----------
    He, Zhang, Ren & Sun (2016), "Deep residual learning for image recognition", CVPR, arXiv:1512.03385, section 4.2
    (two drops, each to a tenth, after a half and three quarters of the training; the stages here are equal).
    """

    name: ClassVar[str] = "step"

    drops: Annotated[int, Ge(1), doc("number of drops of the factor")] = 2
    ratio: Annotated[float, Gt(0), Le(1), doc("what each drop multiplies the factor by")] = 0.1

    def factor(self, step: int, total_steps: int) -> float:
        return self.ratio ** ((self.drops + 1) * step // total_steps)
