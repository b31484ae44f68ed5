"""Metrics of the probabilities of targets: perplexity, and bits per character."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from nnzoo.api import Arrays, Buffer, Floats, Metric, MetricPlan, Problem, UsageError
from numpy.typing import NDArray

SMALLEST = 2.0**-149
"""Counts in place of a probability of 0: the smallest positive number in float32, in which networks compute."""


@dataclass(frozen=True)
class _Surprise(Metric):
    """A function of the mean of −log₂ p, with p the probabilities of the targets."""

    reads: ClassVar[Literal["answers", "predictions"]] = "predictions"
    higher_is_better: ClassVar[bool] = False

    @abstractmethod
    def value(self, bits: float) -> float:
        """The figure for a mean number of bits."""

    def plan(self, problem: Problem) -> MetricPlan:
        if not problem.has_classes:
            raise UsageError(f"{self.label} is for targets that are classes", hint="for values, use r2 or rmse")
        workspace = {"place": Buffer((), np.intp), "first": Buffer((), np.intp), "bits": Buffer((), np.float64)}
        return MetricPlan((self.name.replace("-", "_"),), {"bits_of_all": (2,)}, workspace)

    def update(
        self, predicted: NDArray[Any], targets: NDArray[Any], weights: Floats | None, sums: Arrays, workspace: Arrays
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

    def values(self, sums: Arrays) -> tuple[float | None, ...]:
        bits, total = map(float, sums["bits_of_all"])
        return (self.value(bits / total) if total and math.isfinite(bits) else None,)


@dataclass(frozen=True)
class BitsPerCharacter(_Surprise):
    """Bits per character: the bits that a perfect code for the predictions would spend on each target.

    Equation, with p the probability that was given to a target, and weights w (1 by default)::

        −Σ wᵢ log₂ pᵢ / Σ wᵢ

    It is the cross-entropy in another unit: the loss, divided by log 2.

    References
    ----------
    Shannon (1951), "Prediction and entropy of printed English", Bell System Technical Journal 30(1).
    """

    name: ClassVar[str] = "bits-per-character"
    title: ClassVar[str] = "bits per character"
    short_title: ClassVar[str] = "bits"

    def value(self, bits: float) -> float:
        return bits


@dataclass(frozen=True)
class Perplexity(_Surprise):
    """Perplexity: the number of equally probable characters that would be as hard to predict.

    Equation, with p the probability that was given to a target, and weights w (1 by default)::

        exp(−Σ wᵢ log pᵢ / Σ wᵢ)

    It is two to the power of the bits per character.

    References
    ----------
    Jelinek, Mercer, Bahl & Baker (1977), "Perplexity: a measure of the difficulty of speech recognition tasks", Journal
    of the Acoustical Society of America 62.
    """

    name: ClassVar[str] = "perplexity"

    def value(self, bits: float) -> float:
        return float(2.0**bits)
