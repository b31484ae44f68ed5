"""How surprising each target was: perplexity, and bits per character."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from nnzoo.api import Buffer, Floats, Metric, MetricPlan, Problem, UsageError
from numpy.typing import NDArray

SMALLEST = 2.0**-149
"""What a probability of 0 counts as: the least that float32, in which networks compute, has beside it."""


@dataclass(frozen=True)
class BitsPerCharacter(Metric):
    """Bits per character: how many bits a perfect code for the predictions would spend on each target.

    Equation, with p the probability that was given to a target, and weights w (1 where there are none)::

        −Σ wᵢ log₂ pᵢ / Σ wᵢ

    It is the cross-entropy in another unit: the loss, divided by log 2.

    References
    ----------
    Shannon (1951), "Prediction and entropy of printed English", Bell System Technical Journal 30(1).
    """

    name: ClassVar[str] = "bits-per-character"
    title: ClassVar[str] = "bits per character"
    short_title: ClassVar[str] = "bits"
    reads: ClassVar[Literal["answers", "predictions"]] = "predictions"
    higher_is_better: ClassVar[bool] = False

    def plan(self, problem: Problem) -> MetricPlan:
        return _plan(self, problem, "bits_per_character")

    def update(
        self,
        predicted: NDArray[Any],
        targets: NDArray[Any],
        weights: Floats | None,
        sums: Mapping[str, NDArray[np.float64]],
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        _add_bits(predicted, targets, weights, sums, workspace)

    def values(self, sums: Mapping[str, NDArray[np.float64]]) -> tuple[float | None, ...]:
        return (_mean_bits(sums),)


@dataclass(frozen=True)
class Perplexity(Metric):
    """Perplexity: among how many equally probable characters the predictions leave open which one comes.

    Equation, with p the probability that was given to a target, and weights w (1 where there are none)::

        exp(−Σ wᵢ log pᵢ / Σ wᵢ)

    It is two to the power of the bits per character.

    References
    ----------
    Jelinek, Mercer, Bahl & Baker (1977), "Perplexity: a measure of the difficulty of speech recognition tasks", Journal
    of the Acoustical Society of America 62.
    """

    name: ClassVar[str] = "perplexity"
    reads: ClassVar[Literal["answers", "predictions"]] = "predictions"
    higher_is_better: ClassVar[bool] = False

    def plan(self, problem: Problem) -> MetricPlan:
        return _plan(self, problem, "perplexity")

    def update(
        self,
        predicted: NDArray[Any],
        targets: NDArray[Any],
        weights: Floats | None,
        sums: Mapping[str, NDArray[np.float64]],
        workspace: Mapping[str, NDArray[Any]],
    ) -> None:
        _add_bits(predicted, targets, weights, sums, workspace)

    def values(self, sums: Mapping[str, NDArray[np.float64]]) -> tuple[float | None, ...]:
        bits = _mean_bits(sums)
        return (None if bits is None else 2.0**bits,)


def _plan(metric: Metric, problem: Problem, figure: str) -> MetricPlan:
    if not problem.has_classes:
        raise UsageError(
            f"{metric.label} is for targets that are classes",
            hint="of values, r2 and rmse say how good predictions are",
        )
    workspace = {"place": Buffer((), np.intp), "first": Buffer((), np.intp), "bits": Buffer((), np.float64)}
    return MetricPlan((figure,), {"bits_of_all": (2,)}, workspace)


def _add_bits(
    predicted: NDArray[Any],
    targets: NDArray[Any],
    weights: Floats | None,
    sums: Mapping[str, NDArray[np.float64]],
    workspace: Mapping[str, NDArray[Any]],
) -> None:
    place, first, bits = workspace["place"], workspace["first"], workspace["bits"]
    m, k = predicted.shape
    if m > 1 and first[-1] != (m - 1) * k:
        first[...] = np.arange(0, m * k, k)
    np.add(first, targets, out=place)
    predicted.take(place, out=bits, mode="clip")  # any other mode would buffer
    np.maximum(bits, SMALLEST, out=bits)
    np.log2(bits, out=bits)
    counts = sums["bits_of_all"]
    counts[0] -= bits.sum() if weights is None else weights @ bits
    counts[1] += m if weights is None else weights.sum()


def _mean_bits(sums: Mapping[str, NDArray[np.float64]]) -> float | None:
    bits, total = map(float, sums["bits_of_all"])
    return bits / total if total and math.isfinite(bits) else None
