"""Mixup: train on mixtures of two samples, with targets mixed in the same shares (Zhang et al. 2018, ICLR).

nnzoo train --dataset digits --plugin examples/mixup.py --transform my-mixup:alpha=0.2 --epochs 20
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, doc
from numpy.typing import NDArray

from nnzoo.api import Buffer, Problem, Transform, TransformBatch, hookimpl


@dataclass(frozen=True)
class MyMixup(Transform):
    """Mixes each sample with another one of the same batch.

    Equation, with a share λ drawn for each batch and a random partner j of each sample i::

        λ ~ Beta(α, α),  xᵢ ← λ xᵢ + (1 − λ) xⱼ,  tᵢ ← λ tᵢ + (1 − λ) tⱼ
    """

    name: ClassVar[str] = "my-mixup"
    soft_targets: ClassVar[bool] = True  # targets are shares of each class, which can be mixed

    alpha: Annotated[float, Gt(0), doc("both parameters of the beta distribution; small: mostly one of the two")] = 0.2

    def plan(self, problem: Problem) -> Mapping[str, Buffer]:
        return {"inputs": Buffer(problem.input_shape), "targets": Buffer(problem.output_shape)}

    def apply(self, batch: TransformBatch, rng: np.random.Generator, workspace: Mapping[str, NDArray[Any]]) -> None:
        share = max(found := float(rng.beta(self.alpha, self.alpha)), 1 - found)
        partners = rng.permutation(len(batch.inputs))
        for array, other in ((batch.inputs, workspace["inputs"]), (batch.targets, workspace["targets"])):
            other = other.reshape(array.shape)
            np.take(array, partners, axis=0, out=other, mode="clip")
            array *= share
            other *= 1 - share
            array += other


@hookimpl
def nnzoo_transforms() -> list[type[Transform]]:
    return [MyMixup]
