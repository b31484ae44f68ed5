"""Samples mixed with others, and classes softened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, Lt, doc
from nnzoo.api import Arrays, Buffer, Problem, Transform, TransformBatch, UsageError
from numpy.typing import NDArray


@dataclass(frozen=True)
class Mixup(Transform):
    """Mixes each sample with another of its batch, inputs and targets alike.

    Equation, with λ ~ Beta(α, α) drawn for each sample, s the larger of λ and 1 − λ, and another sample (x′, t′) that a
    permutation of the batch gives it::

        x ← s x + (1 − s) x′
        t ← s t + (1 − s) t′

    Taking the larger changes no probability, as either of two samples may be the other's partner; so each row stays
    nearest to its own class, which is what the training's accuracy goes by. Where samples have weights w and w′, each
    target counts by its own::

        t ← (s w t + (1 − s) w′ t′) / W,  w ← W = s w + (1 − s) w′

    References
    ----------
    Zhang et al. (2018), "mixup: beyond empirical risk minimization", ICLR, arXiv:1710.09412.
    """

    name: ClassVar[str] = "mixup"
    soft_targets: ClassVar[bool] = True

    alpha: Annotated[float, Gt(0), doc("α of the Beta distribution: a small α hardly mixes most samples")] = 0.2

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return plan_mixing(problem)

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        inputs, others = batch.inputs, workspace["others"]
        partners = rng.permutation(len(inputs))
        share = rng.beta(self.alpha, self.alpha, len(inputs))
        share = np.maximum(share, 1 - share)
        inputs.take(partners, axis=0, out=others, mode="clip")  # any other mode would buffer
        others -= inputs
        others *= (1 - share).astype(inputs.dtype).reshape(-1, *[1] * (inputs.ndim - 1))
        np.add(inputs, others, out=inputs)
        mix_targets(batch, partners, share, workspace)


@dataclass(frozen=True)
class LabelSmoothing(Transform):
    """Spreads a share of each sample's class evenly over all classes.

    Equation, for k classes::

        t ← (1 − ε) t + ε / k

    References
    ----------
    Szegedy et al. (2016), "Rethinking the Inception architecture for computer vision", CVPR, arXiv:1512.00567.
    """

    name: ClassVar[str] = "label-smoothing"
    soft_targets: ClassVar[bool] = True

    share: Annotated[float, Gt(0), Lt(1), doc("share that is spread over all classes, ε")] = 0.1

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        if not problem.has_classes:
            raise UsageError(
                f"{self.label} is for classes, but the targets are values or labels",
                hint="drop it, or train a classification",
            )
        return {}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Arrays) -> None:
        batch.targets *= 1 - self.share
        batch.targets += self.share / batch.targets.shape[1]


def plan_mixing(problem: Problem) -> dict[str, Buffer]:
    """Buffers for the inputs and targets of the other samples, for `mix_targets`."""
    return {"others": Buffer(problem.input_shape), "other_targets": Buffer((problem.positions, problem.width))}


def mix_targets(batch: TransformBatch, partners: NDArray[np.intp], share: NDArray[Any], workspace: Arrays) -> None:
    """Mix each sample's targets and weights with its partner's, in place.

    Parameters
    ----------
    batch : TransformBatch
        Its targets, of shape (m, k), and its weights are changed.
    partners : ndarray of shape (n,)
        The sample that each is mixed with.
    share : ndarray of shape (n,)
        How much of each stays.
    workspace : mapping of str to ndarray
        What `plan_mixing` named.
    """
    others = workspace["other_targets"]
    targets = batch.targets.reshape(others.shape)
    share = share[:, None]
    if batch.weights is not None:
        weights = batch.weights.reshape(others.shape[:2])
        own, other = share * weights, (1 - share) * weights[partners]
        weights[...] = own + other
        share = np.divide(own, own + other, out=np.broadcast_to(share, own.shape).copy(), where=own + other > 0)
    targets.take(partners, axis=0, out=others, mode="clip")
    others -= targets
    others *= (1 - share).astype(targets.dtype)[:, :, None]
    np.add(targets, others, out=targets)
