"""The samples of a run with one or two inputs, in the user's own units, and a grid around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from nnzoo.api import Columns, FigureRun, Split, UsageError
from numpy.typing import NDArray

from nnzoo_toys.points import Reals

MOST_SAMPLES = 1000
"""Most samples to draw of each part; of more, evenly spaced ones are drawn."""


@dataclass(frozen=True)
class Part:
    """Samples to draw.

    Attributes
    ----------
    points : ndarray of shape (n, d)
        Raw inputs, d of 1 or 2.
    targets : ndarray of shape (n,) or (n, k)
        Class numbers, or values in their own units.
    """

    points: Reals
    targets: NDArray[Any]


@dataclass(frozen=True)
class Plane:
    """The inputs of a run as axes.

    Attributes
    ----------
    names : tuple of str
        The names of the d inputs.
    columns : tuple of str
        The columns of a table that they are; empty where samples are arrays.
    train, test : Part
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    train: Part
    test: Part

    @classmethod
    def of(cls, run: FigureRun) -> Plane:
        """The samples of a run.

        Raises
        ------
        UsageError
            When its inputs are not numbers that an axis can have.
        """
        data, inputs = run.dataset, run.problem.input_shape[0]
        columns: tuple[str, ...] = ()
        if isinstance(data.test.inputs, Columns):
            columns = tuple(feature.column for feature in data.features)
            if len(columns) != inputs or any(data.test.inputs.type(name) != "number" for name in columns):
                raise UsageError(
                    f"{run.path} has no figure decision: its {inputs} inputs are made of the columns "
                    f"{', '.join(columns)}, and it is for columns of numbers, each an axis"
                )
        elif data.test.scale != 1:
            raise UsageError(f"{run.path} has no figure decision: its samples are pixels, and it is for numbers")
        names = columns or tuple(f"input {number}" for number in range(1, inputs + 1))
        train, test = (_part(run, split, name, columns) for split, name in ((data.train, "train"), (data.test, "test")))
        return cls(names, columns, train, test)

    def limits(self, axis: int, margin: float) -> tuple[float, float]:
        """From where to where an axis goes: the samples, and a share of their spread on both sides."""
        values = np.concatenate([part.points[:, axis] for part in (self.train, self.test)])
        low, high = float(values.min()), float(values.max())
        room = margin * (high - low) or 0.5
        return low - room, high + room

    def raw(self, points: Reals) -> Any:
        """Points of shape (n, d) as the network's ``predict`` takes raw data."""
        if self.columns:
            return {name: points[:, place] for place, name in enumerate(self.columns)}
        return points.astype(np.float32)


def _part(run: FigureRun, split: Split, name: str, columns: tuple[str, ...]) -> Part:
    split = split.examples()
    loaded = split.loaded
    arrays = [loaded[column] for column in columns] if isinstance(loaded, Columns) else list(loaded.T)
    points = np.stack(arrays, axis=1).astype(np.float64)
    # Class numbers as the network has them; values as the user has them.
    own = run.dnn.predictor.part(run.dataset, name, run.name).targets if run.problem.has_classes else split.targets
    shown = np.flatnonzero(np.isfinite(points).all(axis=1))
    if len(shown) > MOST_SAMPLES:
        shown = shown[np.arange(MOST_SAMPLES) * len(shown) // MOST_SAMPLES]
    return Part(points[shown], own[shown])
