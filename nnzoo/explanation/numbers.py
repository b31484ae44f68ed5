"""Numbers and arrays as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnzoo.kinds import Floats

FULL_DIGITS = 8
"""Significant digits where every number is shown: as many as a pocket calculator has."""

FEW_DIGITS = 4

ROUNDING = 1e-12
"""A mean below this share of the largest value is what rounding leaves of 0."""

SHOWN = 6
"""Values of an array that is too large to be shown whole."""


@dataclass(frozen=True)
class Format:
    """How numbers are written: all of them, with many digits, or few of each array, with few digits.

    >>> Format(full=True).number(-0.15), Format(full=False).factor(-1 / 3)
    ('−0.15', '(−0.3333)')
    """

    full: bool

    def number(self, value: float) -> str:
        """A number; minus signs are as in the equations."""
        digits = FULL_DIGITS if self.full else FEW_DIGITS
        return f"{float(value) + 0.0:.{digits}g}".replace("-", "−")  # + 0.0: there is no −0 in this

    def factor(self, value: float) -> str:
        """A number as it stands within a product or a sum."""
        text = self.number(value)
        return f"({text})" if text.startswith("−") else text

    def row(self, values: Sequence[float] | Floats) -> str:
        """Some numbers in brackets, all or the first of them."""
        shown = list(values) if self.full else list(values)[:SHOWN]
        more = ", …" if len(shown) < len(values) else ""
        return f"[{', '.join(map(self.number, shown))}{more}]"

    def array(self, values: Floats) -> list[str]:
        """An array in lines of text: a matrix row by row; of a large one the first values and what the others are."""
        if self.full:
            rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[None]
            cells = [[self.number(value) for value in row] for row in rows]
            if values.ndim == 1:
                return [f"[{', '.join(cells[0])}]"]
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            return [f"[{', '.join(c.rjust(w) for c, w in zip(row, widths, strict=True))}]" for row in cells]
        flat = values.reshape(-1)
        if flat.size <= SHOWN:
            return [self.row(flat)]
        zeros, mean = int((flat == 0).sum()), flat.mean()
        if abs(mean) < ROUNDING * np.abs(flat).max():
            mean = 0
        figures = f"least {self.number(flat.min())}, mean {self.number(mean)}, greatest {self.number(flat.max())}"
        return [self.row(flat), figures + (f"; {zeros:,} of {flat.size:,} are 0" if zeros else "")]


def index(entry: int, shape: Sequence[int]) -> str:
    """The place of an entry, by its flat index.

    >>> index(5, (2, 3))
    '[1,2]'
    """
    return f"[{','.join(str(int(i)) for i in np.unravel_index(entry, shape))}]"
