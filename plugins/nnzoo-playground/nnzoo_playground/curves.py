"""`Curves`: loss and metric over the epochs, limited to the points that a page can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np
from numpy.typing import NDArray

MOST = 400


@final
class Curves:
    """Figures of epochs; when there are too many, every other one is dropped.

    Each row has the epoch, the loss on training and test data, and the metric on both; NaN where there is none.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []
        self._drawn: NDArray[np.float32] | None = None
        self._stride = 1
        self._seen = 0
        self.newest = 0.0
        self.last: dict[str, float | None] = {}

    def add(self, epoch: float, figures: Mapping[str, float | None], metric: str) -> None:
        """Add the figures of an epoch."""
        self.last = dict(figures)
        self.newest = epoch
        self._seen += 1
        if self._seen % self._stride:
            return
        self._drawn = None
        names = ("train_loss", "test_loss", f"train_{metric}", f"test_{metric}")
        values = (figures.get(name) for name in names)
        self._rows.append((epoch, *(float("nan") if value is None else value for value in values)))
        if len(self._rows) > MOST:
            self._rows = self._rows[1::2]
            self._stride *= 2

    def measured(self, figures: Mapping[str, float | None], metric: str) -> None:
        """Add figures that do not belong to an epoch, such as those before the first."""
        self.last = {**self.last, **figures}
        if not self._rows:
            self._drawn = None
            value = [figures.get(name) for name in ("test_loss", f"test_{metric}")]
            loss, other = (float("nan") if one is None else one for one in value)
            self._rows.append((0.0, float("nan"), loss, float("nan"), other))

    def array(self) -> NDArray[np.float32]:
        """All rows, of shape (n, 5); values that are too large for the type are NaN."""
        if self._drawn is None:
            rows = np.array(self._rows, np.float64).reshape(-1, 5)
            rows[~(np.abs(rows) < 1e30)] = np.nan
            self._drawn = rows.astype(np.float32)
        return self._drawn
