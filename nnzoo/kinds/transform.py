"""`Transform`: a random change to training batches, such as noise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.kinds.arrays import Floats
from nnzoo.kinds.layer import Buffer
from nnzoo.kinds.task import Problem


@dataclass
class TransformBatch:
    """The samples of one step, which transforms change in place.

    Attributes
    ----------
    inputs : ndarray of shape (n, *input_shape)
        The network's inputs.
    targets : ndarray of shape (m,), intp, or (m, k)
        One row per position: class numbers, or values. If a transform has `Transform.soft_targets`, classes are shares
        that sum to 1, of shape (m, k). If the target is the input, it is the original input.
    weights : ndarray of shape (m,) or None
        The factor on the loss of each row.
    """

    inputs: Floats
    targets: NDArray[Any]
    weights: Floats | None


@dataclass(frozen=True)
class Transform(Component):
    """Changes training batches, for example by shifting each picture a little; predictions never use it.

    Attributes
    ----------
    soft_targets : bool
        Whether it mixes classes: class numbers are then replaced by shares of each class.
    """

    kind: ClassVar[str] = "transform"
    soft_targets: ClassVar[bool] = False

    @abstractmethod
    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        """The scratch arrays, by name, with a row for each sample; ``{}`` for none.

        Raises
        ------
        UsageError
            When it does not support such samples.
        """

    @abstractmethod
    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Mapping[str, NDArray[Any]]) -> None:
        """Change one batch in place.

        Parameters
        ----------
        batch : TransformBatch
            Its arrays may be written to, but not replaced.
        rng : Generator
            The only source of randomness; it depends on nothing but the run's seed, the epoch and the batch.
        workspace : mapping of str to ndarray
            The planned arrays, with arbitrary contents.
        """
