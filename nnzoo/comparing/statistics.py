"""Statistics of paired differences: intervals, tests, and the number of pairs that a test needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from nnzoo.kinds import Floats

LEVEL = 0.95
ALPHA = 0.05
"""The significance level: p-values below it count as a difference."""
EXACT = 20
"""The largest number of pairs for which all 2ⁿ signs are tried."""
FLIPS = 99_999
"""The number of random sign flips if there are more pairs."""
RESAMPLES = 9_999
SEED = 0
"""The seed of sign flips and resamples."""
POWER = 0.8
_NORMAL = NormalDist()
_ROUNDING = 1e-12
"""Sums that differ by less than this share of their terms count as equal."""


def t_within(t: float, freedom: int) -> float:
    """The probability that -t ≤ T ≤ t, for T with Student's distribution.

    With θ = atan(t/√ν) it is, for odd ν, 2/π (θ + sin θ (cos θ + 2/3 cos³θ + …)), and for even ν
    sin θ (1 + 1/2 cos²θ + (1·3)/(2·4) cos⁴θ + …), up to the power ν - 2.

    >>> round(t_within(2.570582, 5), 6), round(t_within(2.306004, 8), 6), t_within(math.inf, 3)
    (0.95, 0.95, 1.0)

    References
    ----------
    Abramowitz & Stegun (1964), "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    if math.isinf(t):
        return 1.0
    angle = math.atan2(t, math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for power in range(2 + odd, freedom - 1, 2):
        term *= square * (power - 1) / power
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def t_quantile(level: float, freedom: int) -> float:
    """The t for which Student's distribution has the mass ``level`` between -t and t.

    >>> round(t_quantile(0.95, 1), 4), round(t_quantile(0.95, 7), 4), round(t_quantile(0.99, 30), 4)
    (12.7062, 2.3646, 2.75)
    """
    low, high = 0.0, 1.0
    while t_within(high, freedom) < level:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if t_within(middle, freedom) < level else (low, middle)
    return high


def t_interval(values: ArrayLike, level: float = LEVEL) -> tuple[float, float] | None:
    """The interval of the mean of independent values: mean ± t s/√n; None for fewer than two.

    >>> [round(end, 3) for end in t_interval([0.97, 0.98, 0.975, 0.971])]
    [0.967, 0.981]

    References
    ----------
    Student (1908), "The probable error of a mean", Biometrika 6.
    """
    found = np.asarray(values, np.float64)
    if len(found) < 2:
        return None
    half = t_quantile(level, len(found) - 1) * float(found.std(ddof=1)) / math.sqrt(len(found))
    mean = float(found.mean())
    return mean - half, mean + half


def bca_interval(differences: ArrayLike, level: float = LEVEL) -> tuple[float, float] | None:
    """The bootstrap interval of the mean, corrected for bias and acceleration; None for fewer than two pairs.

    With z₀ = Φ⁻¹(share of means of resamples below the mean) and the acceleration a = Σu³ / 6(Σu²)^1.5 of the
    jackknife's deviations u, the ends are the quantiles Φ(z₀ + (z₀ ± z) / (1 - a(z₀ ± z))) of the `RESAMPLES` means.

    References
    ----------
    Efron (1987), "Better bootstrap confidence intervals", JASA 82.
    """
    found = np.asarray(differences, np.float64)
    pairs = len(found)
    if pairs < 2:
        return None
    mean, spread = float(found.mean()), float(np.ptp(found))
    if spread <= _ROUNDING * float(np.abs(found).max()):
        return mean, mean
    rng = np.random.Generator(np.random.PCG64(SEED))
    means = found[rng.integers(0, pairs, (RESAMPLES, pairs))].mean(axis=-1)
    near = _ROUNDING * float(np.abs(found).sum())
    below = np.count_nonzero(means < mean - near) + np.count_nonzero(means <= mean + near)
    bias = _NORMAL.inv_cdf(below / (2 * RESAMPLES))
    deviations = (found - mean) / (pairs - 1)  # the mean of the jackknife's means, less each of them
    acceleration = float((deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5))
    z = _NORMAL.inv_cdf((1 + level) / 2)
    ends = [_NORMAL.cdf(bias + (bias + end) / (1 - acceleration * (bias + end))) for end in (-z, z)]
    low, high = np.quantile(means, ends)
    return float(low), float(high)


def sign_flip_test(differences: ArrayLike) -> float:
    """The two-sided p-value of the mean, if each difference were equally likely to have the opposite sign.

    Up to `EXACT` pairs, all 2ⁿ signs are tried and the p-value is exact. Beyond, it is (k + 1) / (`FLIPS` + 1), where k
    of `FLIPS` random sign flips have a mean at least as far from 0; this keeps the level, too.

    >>> sign_flip_test([0.1, 0.2, 0.3, 0.1, 0.2, 0.1]), sign_flip_test([0.0, 0.0])
    (0.03125, 1.0)

    References
    ----------
    Fisher (1935), "The Design of Experiments", section 21; Phipson & Smyth (2010), "Permutation p-values should never
    be zero", SAGMB 9.
    """
    found = np.asarray(differences, np.float64)
    found = found[found != 0]  # 0 has no sign
    if not len(found):
        return 1.0
    least = abs(float(found.sum())) - _ROUNDING * float(np.abs(found).sum())
    if len(found) <= EXACT:
        half = len(found) // 2  # combine all sums of one half with the sorted sums of the other
        first, second = _sums(found[:half]), np.sort(_sums(found[half:]))
        far = len(second) - np.searchsorted(second, least - first, side="left")  # as many are as far below 0
        return float(2 * far.sum() / (len(first) * len(second))) if least > 0 else 1.0
    rng = np.random.Generator(np.random.PCG64(SEED))
    extreme, block = 0, 10_000
    for start in range(0, FLIPS, block):
        signs = rng.integers(0, 2, (min(block, FLIPS - start), len(found)), np.int8) * 2.0 - 1.0
        extreme += int(np.count_nonzero(np.abs(signs @ found) >= least))
    return (extreme + 1) / (FLIPS + 1)


def _sums(values: Floats) -> Floats:
    """The sums of the values for all combinations of signs."""
    sums: Floats = np.zeros(1)
    for each in values:
        sums = np.concatenate([sums + each, sums - each])
    return sums


def corrected_t_test(differences: ArrayLike, test_share: float) -> tuple[float, tuple[float, float]] | None:
    """The two-sided p-value and the interval of the mean of differences by fold; None for fewer than two folds.

    Training parts of folds overlap, so their differences are not independent: the variance of their mean is taken as
    (1/n + n_test/n_train) s², and t has n - 1 degrees of freedom. ``test_share`` is n_test / n_train: 1/4 for five
    folds.

    References
    ----------
    Nadeau & Bengio (2003), "Inference for the generalization error", Machine Learning 52.
    """
    found = np.asarray(differences, np.float64)
    folds = len(found)
    if folds < 2:
        return None
    mean, error = float(found.mean()), float(found.std(ddof=1)) * math.sqrt(1 / folds + test_share)
    if error <= _ROUNDING * abs(mean):
        return (0.0 if mean else 1.0), (mean, mean)
    half = t_quantile(LEVEL, folds - 1) * error
    return 1.0 - t_within(abs(mean) / error, folds - 1), (mean - half, mean + half)


def holm(probabilities: Sequence[float]) -> list[float]:
    """Holm's correction: the i-th smallest of m p-values (from 0) is multiplied by m - i, and their order is kept.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
    """
    corrected, largest = [0.0] * len(probabilities), 0.0
    for rank, place in enumerate(sorted(range(len(probabilities)), key=lambda each: probabilities[each])):
        largest = max(largest, min(1.0, (len(probabilities) - rank) * probabilities[place]))
        corrected[place] = largest
    return corrected


def least_pairs(comparisons: int = 1) -> int:
    """The smallest number of pairs for which a sign-flip test can be significant, if it is one of ``comparisons``.

    >>> least_pairs(), least_pairs(3)
    (6, 7)
    """
    pairs = 1
    while comparisons * 2.0 ** (1 - pairs) >= ALPHA:
        pairs += 1
    return pairs


def pairs_wanted(differences: ArrayLike, comparisons: int = 1) -> int | None:
    """Roughly how many pairs would show this difference with probability `POWER`; None if the mean is 0.

    (z_α + z_β)² s²/mean² for a normal distribution, and at least `least_pairs`; as rough as the estimate of s.
    """
    found = np.asarray(differences, np.float64)
    if len(found) < 2 or not (mean := float(found.mean())):
        return None
    z = _NORMAL.inv_cdf(1 - ALPHA / comparisons / 2) + _NORMAL.inv_cdf(POWER)
    wanted = (z * float(found.std(ddof=1)) / mean) ** 2
    return max(least_pairs(comparisons), math.ceil(wanted)) if wanted < 1e6 else None
