"""`Transform`: what is done to training batches, and to nothing else."""

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
    """The samples of one step, as a transform changes them in place.

    Attributes
    ----------
    inputs : ndarray of shape (n, *input_shape)
        As the network would see them.
    targets : ndarray of shape (m,), intp, or (m, k)
        With a row for each position: class numbers, or values. Where a transform has `Transform.soft_targets`, classes
        are shares that sum to 1, of shape (m, k). Where the target is the input it is what the input was at first.
    weights : ndarray of shape (m,) or None
        What the loss of each row is multiplied by.
    """

    inputs: Floats
    targets: NDArray[Any]
    weights: Floats | None


@dataclass(frozen=True)
class Transform(Component):
    """Changes training batches, for instance by shifting each picture a little; predictions never use it.

    Attributes
    ----------
    soft_targets : bool
        Whether it mixes classes: targets that are class numbers then come as shares of each class.
    """

    kind: ClassVar[str] = "transform"
    soft_targets: ClassVar[bool] = False

    @abstractmethod
    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        """The scratch arrays that it needs, by name, with a row for each sample; ``{}`` for none.

        Raises
        ------
        UsageError
            When it is not for such samples.
        """

    @abstractmethod
    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Mapping[str, NDArray[Any]]) -> None:
        """Change one batch in place.

        Parameters
        ----------
        batch : TransformBatch
            Its arrays may be written to, but not replaced.
        rng : Generator
            Source of all randomness; it depends on the run's seed, the epoch and the batch alone.
        workspace : mapping of str to ndarray
            The planned arrays, with arbitrary contents.
        """
