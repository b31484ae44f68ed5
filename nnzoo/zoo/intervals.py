"""95 % intervals of what was measured on a number of samples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Floats
from nnzoo.zoo.contents import LEVEL

_Z = 1.959963984540054
"""The standard normal distribution has LEVEL of its mass within this distance of 0."""
REPLICATES = 1000
FEWER = 200
"""Of large predictions, where each takes its time."""
LARGE = 1 << 21
"""Numbers that are predicted."""


def wilson(right: int, samples: int) -> tuple[float, float]:
    """The score interval of a share: ``right`` of ``samples``.

    With p = right/n and z = 1.96, its middle is (p + z²/2n) / (1 + z²/n). Unlike the bootstrap it has a width where all
    answers are right.

    >>> [round(end, 4) for end in wilson(9814, 10_000)], [round(end, 4) for end in wilson(30, 30)]
    ([0.9786, 0.9839], [0.8865, 1.0])

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
    """
    if not samples:
        return 0.0, 1.0
    share, z2 = right / samples, _Z * _Z / samples
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z / (1 + z2) * math.sqrt(share * (1 - share) / samples + z2 / (4 * samples))
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(
    figures: Callable[[Floats], dict[str, float | None]], samples: int, replicates: int
) -> dict[str, tuple[float, float]]:
    """The percentile interval of every figure: it is computed again for samples drawn with replacement.

    Parameters
    ----------
    figures : callable
        Takes how often each sample was drawn, of shape (samples,), float64, and returns figures by name.
    samples, replicates : int
        How many there are; how often they are drawn.

    References
    ----------
    Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    found: dict[str, list[float]] = {}
    for _ in range(replicates):
        drawn: NDArray[np.intp] = rng.integers(samples, size=samples)
        for name, value in figures(np.bincount(drawn, minlength=samples).astype(np.float64)).items():
            if value is not None and math.isfinite(value):
                found.setdefault(name, []).append(value)
    ends = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    quantiles = {name: np.quantile(values, ends).tolist() for name, values in found.items()}
    return {name: (low, high) for name, (low, high) in quantiles.items()}
