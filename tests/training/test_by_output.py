"""Figures of each class, label and value, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
)

from nnzoo.training.by_output import by_class, by_label, by_value, confusions


def rng_and_weights(seed, weighted, count=300):
    rng = np.random.default_rng(seed)
    weights = rng.choice([0.0, 0.5, 3.0], count) if weighted else None
    return rng, weights


def expected(targets, answers, weights, **options):
    counted = np.ones(len(targets), bool) if weights is None else weights > 0
    w = None if weights is None else weights[counted]
    rates = precision_recall_fscore_support(
        targets[counted], answers[counted], sample_weight=w, zero_division=np.nan, **options
    )[:3]
    return [[None if np.isnan(rate) else pytest.approx(rate) for rate in row] for row in np.transpose(rates)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_classes(seed, weighted):
    rng, weights = rng_and_weights(seed, weighted)
    targets, answers = rng.integers(0, 5, 300), rng.integers(0, 6, 300)  # class 5 has no samples, class 6 nothing
    found = by_class(answers, targets, 7, weights)
    wanted = expected(targets, answers, weights, labels=range(7))
    counted = np.ones(300, bool) if weights is None else weights > 0
    for place, each in enumerate(found):
        assert each.samples == (targets[counted] == place).sum()
        assert each.predicted == (answers[counted] == place).sum()
        assert [each.precision, each.recall, each.f1] == wanted[place]


@pytest.mark.parametrize("weighted", [False, True])
def test_labels(weighted):
    rng, weights = rng_and_weights(0, weighted)
    targets, answers = (rng.random((300, 4)) < 0.4).astype(float), (rng.random((300, 4)) < 0.4).astype(float)
    targets[:, 2] = answers[:, 2] = answers[:, 3] = 0
    found = by_label(answers, targets, weights)
    wanted = expected(targets, answers, weights)
    assert [[each.precision, each.recall, each.f1] for each in found] == wanted
    counted = np.ones(300, bool) if weights is None else weights > 0
    assert [each.samples for each in found] == targets[counted].sum(axis=0).tolist()
    assert [each.predicted for each in found] == answers[counted].sum(axis=0).tolist()
    assert found[2].samples == found[2].predicted == 0


@pytest.mark.parametrize("weighted", [False, True])
def test_values(weighted):
    rng, weights = rng_and_weights(0, weighted)
    targets = rng.normal(size=(300, 3)) * [1, 1e6, 0] + [0, 1e9, 0.1]
    predictions = targets + rng.normal(size=(300, 3)) * [0.5, 1e5, 1]
    found = by_value(predictions, targets, weights)
    for place, each in enumerate(found):
        y, p = targets[:, place], predictions[:, place]
        assert each.mae == pytest.approx(mean_absolute_error(y, p, sample_weight=weights))
        assert each.rmse == pytest.approx(mean_squared_error(y, p, sample_weight=weights) ** 0.5)
        assert each.mean == pytest.approx(np.average(y, weights=weights))
        if place < 2:
            assert each.r2 == pytest.approx(r2_score(y, p, sample_weight=weights), rel=1e-9)
    assert found[2].r2 is None  # 0.1 in all rows, whatever rounding says


def test_confusions_are_sorted_by_frequency():
    targets = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    answers = np.array([0, 1, 1, 1, 2, 0, 0, 0, 2])
    assert confusions(answers, targets, 3) == [(2, 0, 3), (0, 1, 2), (1, 2, 1)]
    weights = np.array([1, 1, 1, 1, 1, 0, 0, 1, 1.0])
    assert confusions(answers, targets, 3, weights) == [(0, 1, 2), (1, 2, 1), (2, 0, 1)]
    assert confusions(targets, targets, 3) == []
