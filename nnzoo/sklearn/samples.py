"""`Samples`: inputs, encoded targets and weights, checked and in rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from nnzoo.errors import UsageError
from nnzoo.kinds import Floats

USUAL_SIZE = 20.0
"""Mean of ‖x‖² at which the default learning rates are safe; `docs/architecture.md` has the measurements."""


@dataclass(frozen=True)
class Samples:
    """What a network learns from.

    Attributes
    ----------
    inputs : ndarray of shape (n, features)
        float32 or float64.
    targets : ndarray of shape (n,) or (n, outputs)
        Class numbers, or values.
    weights : ndarray of shape (n,) or None
        How much each sample counts; None where all count the same.
    """

    inputs: Floats
    targets: NDArray[Any]
    weights: Floats | None = None

    def counted(self) -> Samples:
        """Those with a weight above 0; without weights where all that is left counts the same."""
        if self.weights is None:
            return self
        rows = np.flatnonzero(self.weights)
        if not len(rows):
            raise UsageError("all sample weights are zero")
        weights = self.weights[rows]
        return Samples(self.inputs[rows], self.targets[rows], weights if np.ptp(weights) else None)

    def parted(self, share: float, seed: int, *, stratify: bool) -> tuple[Samples, Samples]:
        """All but a random share, and that share; stratified, both have every class in proportion."""
        places = np.arange(len(self.inputs))
        kept, held_out = train_test_split(
            places, test_size=share, random_state=seed, stratify=self.targets if stratify else None
        )
        return self._take(np.sort(kept)), self._take(np.sort(held_out))

    def input_scale(self) -> float:
        """What inputs are multiplied by: brings the mean of ‖x‖² down to `USUAL_SIZE` where it is above.

        Raises
        ------
        UsageError
            When the squares overflow.
        """
        squares = np.einsum("ij,ij->i", self.inputs, self.inputs, dtype=np.float64)
        size = float(np.average(squares, weights=self.weights))
        if not math.isfinite(size):
            raise UsageError("X holds values whose squares overflow", hint="scale it: StandardScaler in a Pipeline")
        return math.sqrt(USUAL_SIZE / max(size, USUAL_SIZE))

    def _take(self, rows: NDArray[np.intp]) -> Samples:
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.inputs[rows], self.targets[rows], weights)
