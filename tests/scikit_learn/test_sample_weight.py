"""The effect of `sample_weight`."""

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from nnzoo.sklearn import NNClassifier, NNRegressor

ESTIMATORS = pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])


@pytest.fixture
def data(friedman, request):
    """Inputs, and targets that suit the estimator of the test."""
    x, y = friedman
    return x[:100], np.digitize(y[:100], [12, 17]) if request.getfixturevalue("estimator") is NNClassifier else y[:100]


def outputs(network, x):
    return network.predict_proba(x) if isinstance(network, NNClassifier) else network.predict(x)


@ESTIMATORS
def test_equal_weights_are_the_same_as_none(estimator, data):
    x, y = data
    plain, weighted = (
        estimator(max_iter=5, batch_size=16, random_state=0).fit(x, y, sample_weight=w) for w in (None, np.full(100, 7))
    )
    assert weighted.loss_curve_ == plain.loss_curve_
    assert (outputs(weighted, x) == outputs(plain, x)).all()


@ESTIMATORS
@pytest.mark.parametrize("extra", [{}, {"early_stopping": True}], ids=str)
def test_a_sample_of_weight_zero_is_left_out(estimator, data, extra):
    x, y = data
    weights = np.arange(100) % 4
    kept = weights > 0
    zeros, fewer = (
        estimator(max_iter=5, batch_size=16, random_state=0, **extra).fit(*arrays)
        for arrays in ((x, y, weights), (x[kept], y[kept], weights[kept]))
    )
    np.testing.assert_allclose(zeros.loss_curve_, fewer.loss_curve_, rtol=1e-12)
    np.testing.assert_allclose(outputs(zeros, x), outputs(fewer, x), rtol=1e-9)


@pytest.mark.parametrize(
    ("estimator", "extra"),
    [(NNClassifier, {}), (NNClassifier, {"class_weight": "balanced"}), (NNRegressor, {})],
    ids=["classifier", "balanced", "regressor"],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_a_weight_is_worth_as_many_copies_in_one_full_batch(estimator, extra, data, size):
    x, y = size * data[0], data[1]
    counts = np.random.default_rng(0).integers(0, 4, 100)
    settings = {"max_iter": 30, "batch_size": 1000, "random_state": 0, **extra}
    weighted = estimator(**settings).fit(x, y, counts, X_val=x, y_val=y)
    repeated = estimator(**settings).fit(x.repeat(counts, axis=0), y.repeat(counts), X_val=x, y_val=y)
    np.testing.assert_allclose(weighted.loss_curve_[:3], repeated.loss_curve_[:3], rtol=1e-13)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(outputs(weighted, x), outputs(repeated, x), rtol=1e-8)
    assert weighted.validation_scores_.keys() == repeated.validation_scores_.keys()
    for name, values in weighted.validation_scores_.items():
        np.testing.assert_allclose(values, repeated.validation_scores_[name], rtol=1e-8, err_msg=name)


@ESTIMATORS
def test_validation_data_that_are_held_out_keep_their_weights(estimator, data):
    x, y = data
    weights = np.where(np.arange(100) % 2, 5.0, 1.0)
    settings = {"early_stopping": True, "max_iter": 3, "random_state": 0}
    weighted = estimator(**settings).fit(x, y, sample_weight=weights)
    plain = estimator(**settings).fit(x, y)
    assert not np.allclose(weighted.validation_loss_curve_, plain.validation_loss_curve_, rtol=1e-3)


def test_the_heavier_of_two_contradicting_samples_wins():
    x, y = np.zeros((2, 1)), ["left", "right"]
    network = NNClassifier(max_iter=200, random_state=0).fit(x, y, sample_weight=[1, 3])
    assert network.predict_proba([[0.0]])[0] == pytest.approx([0.25, 0.75], abs=0.01)
    values = NNRegressor(max_iter=200, random_state=0).fit(x, [0.0, 4.0], sample_weight=[1, 3]).predict([[0.0]])
    assert values == pytest.approx([3.0], abs=0.01)


def test_small_batches_do_not_change_what_a_weight_means():
    """One heavy sample among many light ones that contradict it: half of all weight, so a probability of a half."""
    x, y, weights = np.zeros((100, 1)), np.arange(100) == 0, np.r_[99.0, np.ones(99)]
    network = NNClassifier(batch_size=10, learning_rate=0.05, max_iter=200, random_state=0)
    assert network.fit(x, y, sample_weight=weights).predict_proba([[0.0]])[0, 1] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("weights", [[1, -1, 1], [0, 0, 0], [1, np.nan, 1], [1, 1], [[1], [1], [1]]], ids=str)
def test_bad_weights_are_refused(weights):
    with pytest.raises(ValueError, match=r"(?i)sample.?weight"):
        NNClassifier().fit(np.eye(3), [0, 1, 1], sample_weight=weights)
