"""The statistics of pairs, compared with SciPy and with their stated error rates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from nnzoo.comparing import statistics
from nnzoo.comparing.statistics import (
    ALPHA,
    bca_interval,
    corrected_t_test,
    holm,
    least_pairs,
    pairs_wanted,
    sign_flip_test,
    t_interval,
    t_quantile,
    t_within,
)

scipy_stats = pytest.importorskip("scipy.stats")

TRIED = 1000
"""How often a difference is looked for where there is none."""


def samples(pairs: int, kind: str, seed: int) -> np.ndarray:
    """Differences of pairs that are the same in distribution, and so lie symmetrically around 0."""
    rng = np.random.default_rng(seed)
    if kind == "normal":
        return rng.normal(size=pairs)
    if kind == "skewed":
        return rng.exponential(size=pairs) - rng.exponential(size=pairs)
    counts = rng.binomial(360, 0.97, size=(2, pairs)) / 360  # accuracies, with ties
    return counts[0] - counts[1]


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 8, 19, 50, 501])
def test_the_t_distribution_agrees_with_scipy(freedom: int) -> None:
    for t in (0.0, 0.1, 1.0, 2.5, 40.0):
        assert t_within(t, freedom) == pytest.approx(1 - 2 * scipy_stats.t.sf(t, freedom), abs=1e-13)
    for level in (0.5, 0.95, 0.999):
        assert t_quantile(level, freedom) == pytest.approx(scipy_stats.t.ppf((1 + level) / 2, freedom), rel=1e-9)


@pytest.mark.parametrize("pairs", [2, 5, 8, 20])
def test_the_t_interval_agrees_with_scipy(pairs: int) -> None:
    found = samples(pairs, "normal", 1) + 3
    expected = scipy_stats.t.interval(0.95, pairs - 1, found.mean(), scipy_stats.sem(found))
    assert t_interval(found) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", ["normal", "skewed", "accuracies"])
@pytest.mark.parametrize("pairs", [3, 6, 8, 20, 40])
def test_the_bca_interval_agrees_with_scipy(pairs: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "_ROUNDING", 0.0)  # SciPy compares means to the last bit
    for seed in range(3):
        found = samples(pairs, kind, pairs + 100 * seed) + 0.01
        rng = np.random.Generator(np.random.PCG64(statistics.SEED))
        settings = {"method": "BCa", "n_resamples": statistics.RESAMPLES, "rng": rng}
        expected = scipy_stats.bootstrap((found,), np.mean, **settings).confidence_interval
        assert bca_interval(found) == pytest.approx(tuple(expected), rel=1e-9)


@pytest.mark.parametrize("kind", ["normal", "skewed", "accuracies"])
@pytest.mark.parametrize("pairs", [2, 5, 6, 8, 12])
def test_the_sign_flip_test_agrees_with_scipy(pairs: int, kind: str) -> None:
    for seed in range(3):
        found = samples(pairs, kind, seed)
        whole = np.rint(360 * found) if kind == "accuracies" else found  # SciPy sees ties only where sums are exact
        settings = {"permutation_type": "samples", "vectorized": True, "n_resamples": math.inf}
        expected = scipy_stats.permutation_test((whole,), np.sum, **settings).pvalue
        assert sign_flip_test(found) == pytest.approx(expected, abs=1e-12)


def test_the_random_sign_flip_test_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = samples(14, "normal", 5) + 0.4
    exact = sign_flip_test(found)
    monkeypatch.setattr(statistics, "EXACT", 10)
    assert sign_flip_test(found) == pytest.approx(exact, rel=0.05)
    assert sign_flip_test(found) == sign_flip_test(found)


def test_the_smallest_p_value_belongs_to_the_two_extreme_sign_patterns() -> None:
    for pairs in range(1, 12):
        assert sign_flip_test(np.linspace(0.1, 0.2, pairs)) == 2.0 ** (1 - pairs)
    assert sign_flip_test([0.1, 0, 0.2, 0]) == 0.5  # pairs without a difference show nothing


def test_rounding_breaks_no_ties() -> None:
    thousandths = np.array([1, 2, 3, -1, -2, 4, 5, 3])
    assert sign_flip_test(thousandths / 1000 + 1e-17) == sign_flip_test(thousandths)


def test_pairs_without_any_spread() -> None:
    assert bca_interval([0.0, 0.0, 0.0]) == (0.0, 0.0)
    assert bca_interval([0.1, 0.1, 0.1]) == pytest.approx((0.1, 0.1))
    assert bca_interval([0.1]) is None
    assert t_interval([0.1]) is None
    assert corrected_t_test([0.0, 0.0], 0.25) == (1.0, (0.0, 0.0))


def test_the_corrected_t_test_is_the_ordinary_one_for_no_overlap() -> None:
    found = samples(10, "normal", 0) + 0.5
    probability, interval = corrected_t_test(found, 0.0) or (0, (0, 0))
    assert probability == pytest.approx(scipy_stats.ttest_1samp(found, 0).pvalue, rel=1e-9)
    assert interval == pytest.approx(t_interval(found))
    corrected, _ = corrected_t_test(found, 1 / 9) or (0, (0, 0))
    error = found.std(ddof=1) * math.sqrt(1 / 10 + 1 / 9)
    assert corrected == pytest.approx(2 * scipy_stats.t.sf(found.mean() / error, 9), rel=1e-9)


def test_holms_correction() -> None:
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_number_of_pairs_needed_depends_on_the_difference() -> None:
    assert [least_pairs(tests) for tests in (1, 2, 3, 10)] == [6, 7, 7, 9]
    for tests in (1, 2, 3, 10):
        assert tests * 2.0 ** (1 - least_pairs(tests)) < ALPHA <= tests * 2.0 ** (2 - least_pairs(tests))
    assert pairs_wanted([1.0, -1.0]) is None
    assert pairs_wanted([1.0, 1.1, 0.9]) == 6
    assert pairs_wanted([0.5, -0.4, 0.6, -0.3, 0.2]) > 50


def claims(pairs: int, kind: str) -> float:
    """The share of 2,000 comparisons of a thing with itself in which both the test and the interval claim something."""
    found = 0
    for seed in np.random.default_rng(pairs).integers(2**60, size=TRIED):
        differences = samples(pairs, kind, seed)
        if sign_flip_test(differences) < ALPHA:
            low, high = bca_interval(differences) or (-1, 1)
            found += low > 0 or high < 0
    return found / TRIED


@pytest.mark.parametrize(
    ("pairs", "kind"),
    [
        *((5, "normal"), (6, "skewed"), (8, "accuracies")),
        *(
            pytest.param(pairs, kind, marks=pytest.mark.thorough)
            for pairs, kind in itertools.product((5, 6, 8), ("normal", "skewed", "accuracies"))
        ),
    ],
)
def test_false_positives_are_rare(pairs: int, kind: str) -> None:
    most = math.floor(ALPHA * 2**pairs / 2 - 1e-9) / 2 ** (pairs - 1)  # what the exact test allows: 0, 1/32, 6/128
    assert claims(pairs, kind) <= most + 3 * math.sqrt(most * (1 - most) / TRIED)


@pytest.mark.parametrize(
    "kind", ["skewed", *(pytest.param(kind, marks=pytest.mark.thorough) for kind in ("normal", "accuracies"))]
)
def test_false_positives_are_rare_with_20_pairs(kind: str) -> None:
    assert claims(20, kind) <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / TRIED)


@pytest.mark.parametrize("kind", ["normal", "skewed", "accuracies"])
def test_at_most_one_in_twenty_sign_patterns_is_significant(kind: str) -> None:
    """Without a difference all 2ⁿ signs of the same pairs are as likely: the level holds to the last of them."""
    found = np.abs(samples(11, kind, 7))
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=10)))  # the opposite of all has the same probability
    probabilities = [sign_flip_test(found * [1.0, *each]) for each in signs]
    for level in (0.01, ALPHA, 0.5):
        assert np.mean(np.array(probabilities) <= level) <= level
