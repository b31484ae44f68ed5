"""`Metric`: a measure of the quality of predictions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats, Shape
from nnzoo.kinds.layer import Buffer
from nnzoo.kinds.task import Problem


@dataclass(frozen=True)
class MetricPlan:
    """The figures and arrays of a metric for one problem.

    Attributes
    ----------
    figures : tuple of str
        The names of its values, usually one: ``accuracy``. The prefixes ``train_``, ``validation_`` and ``test_`` are
        added wherever figures are stored or shown.
    sums : mapping of str to shape
        float64 arrays, 0 at the beginning of a pass; each batch adds to them, and checkpoints keep them.
    workspace : mapping of str to Buffer
        Scratch arrays for one batch, with a row for each position.
    """

    figures: tuple[str, ...]
    sums: Mapping[str, Shape]
    workspace: Mapping[str, Buffer] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric(Component):
    """Sums over batches, and a number computed from them at the end of a pass.

    Attributes
    ----------
    reads : {"answers", "predictions"}
        What it compares with the targets: the task's answers, or probabilities (values in the user's units).
    higher_is_better : bool
    is_share : bool
        Whether its values are shares, 0 to 1, that are shown as percentages.
    in_units : bool
        Whether its values are in the unit of the predicted values.
    title : str
        Its name in texts and drawings, such as ``R²``; if empty, ``name``.
    short_title : str
        Its name above a narrow column; if empty, the title.
    """

    kind: ClassVar[str] = "metric"
    reads: ClassVar[Literal["answers", "predictions"]] = "answers"
    higher_is_better: ClassVar[bool] = True
    is_share: ClassVar[bool] = False
    in_units: ClassVar[bool] = False
    title: ClassVar[str] = ""
    short_title: ClassVar[str] = ""

    @abstractmethod
    def plan(self, problem: Problem) -> MetricPlan:
        """Its figures and arrays for a problem.

        Raises
        ------
        UsageError
            When it does not support such a problem.
        """

    @abstractmethod
    def update(
        self,
        predicted: NDArray[Any],
        targets: NDArray[Any],
        weights: Floats | None,
        sums: Mapping[str, NDArray[np.float64]],
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        """Count one batch: change ``sums`` in place.

        Parameters
        ----------
        predicted : ndarray of shape (m,), intp, or (m, k), float64
            See ``reads``; class numbers have shape (m,), everything else k columns. Must not be changed.
        targets : ndarray of shape (m,), intp, or (m, k), float64
            Encoded targets, values in the user's units. Must not be changed.
        weights : ndarray of shape (m,), float64, or None
            The weight of each position; None if all count 1.
        sums, workspace : mapping of str to ndarray
            The planned arrays.
        """

    @abstractmethod
    def values(self, sums: Mapping[str, NDArray[np.float64]]) -> tuple[float | None, ...]:
        """One number for each planned figure; None if it is undefined, such as a share of nothing."""
