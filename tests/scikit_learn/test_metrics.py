"""Metrics, the figure for early stopping, and class weights."""

import io
import re
from contextlib import redirect_stdout

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.utils.class_weight import compute_sample_weight

from nnzoo.builtin.metrics.classes import F1
from nnzoo.errors import UsageError
from nnzoo.sklearn import NNClassifier, NNRegressor


def overlapping(count=400, seed=0):
    """Two classes, one of which has a tenth of the samples, that no line parts well."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(count) < 0.1, "rare", "usual")
    return rng.standard_normal((count, 2)) + 0.8 * (y == "rare")[:, None], y


# --- metrics -------------------------------------------------------------------------------------------------------


def test_validation_scores_are_scikit_learns_by_name(iris):
    x, y = iris
    network = NNClassifier(max_iter=8, random_state=0, metrics=["accuracy", "balanced-accuracy", F1(), "top-k:k=2"])
    network.fit(x, y, X_val=x[::4], y_val=y[::4])
    scores = network.validation_scores_
    assert list(scores)[:2] == ["loss", "accuracy"]
    assert {len(values) for values in scores.values()} == {8}
    found, wanted = network.predict(x[::4]), y[::4]
    assert scores["accuracy"][-1] == accuracy_score(wanted, found)
    assert scores["balanced_accuracy"][-1] == pytest.approx(balanced_accuracy_score(wanted, found), rel=1e-12)
    assert scores["f1"][-1] == pytest.approx(f1_score(wanted, found, average="macro"), rel=1e-12)
    assert scores["loss"][-1] == pytest.approx(log_loss(wanted, network.predict_proba(x[::4])), rel=1e-9)
    assert network.validation_loss_curve_ == scores["loss"]


@pytest.mark.parametrize("columns", [1, 2])
def test_scores_of_regression_are_in_the_users_units(friedman, columns):
    x, y = friedman
    y = 1000 * (y if columns == 1 else np.column_stack([y, -y]))
    weights = np.arange(len(x)) % 5
    network = NNRegressor(max_iter=30, random_state=0, metrics=["r2", "mae", "rmse"])
    network.fit(x, y, sample_weight=weights, X_val=x[::4], y_val=y[::4])
    found, wanted, scores = network.predict(x[::4]), y[::4], network.validation_scores_
    assert scores["r2"][-1] == pytest.approx(r2_score(wanted, found), rel=1e-9)
    assert scores["mae"][-1] == pytest.approx(mean_absolute_error(wanted, found), rel=1e-9)
    if columns == 1:
        assert scores["rmse"][-1] == pytest.approx(root_mean_squared_error(wanted, found), rel=1e-9)
    assert network.score(x, y, weights) == r2_score(y, network.predict(x), sample_weight=weights)
    assert network.score(x, y) == r2_score(y, network.predict(x))


def test_defaults_are_those_of_the_task(iris, friedman):
    for estimator, data, figures in ((NNClassifier, iris, {"accuracy"}), (NNRegressor, friedman, {"r2", "mae"})):
        network = estimator(max_iter=2, early_stopping=True).fit(*data)
        assert network.validation_scores_.keys() == {"loss", *figures}
        plain = estimator(max_iter=2).fit(*data)
        assert plain.validation_scores_ is plain.validation_loss_curve_ is None
        assert estimator(max_iter=2, early_stopping=True, metrics=[]).fit(*data).validation_scores_.keys() == {"loss"}


def test_verbose_prints_metrics_by_name(iris):
    with redirect_stdout(io.StringIO()) as printed:
        network = NNClassifier(max_iter=3, verbose=True, metrics="f1", early_stopping=True).fit(*iris)
    lines = printed.getvalue().splitlines()
    assert len(lines) == 3
    for line, loss, f1 in zip(lines, network.loss_curve_, network.validation_scores_["f1"], strict=True):
        assert f"train loss {loss:.4f}" in line
        assert re.search(r"train F1 [\d.]+%", line)
        assert float(re.search(r"validation F1 ([\d.]+)%", line)[1]) == pytest.approx(100 * f1, abs=0.01)


def test_early_stopping_watches_the_figure_it_is_given():
    x, y = overlapping()
    settings = {"early_stopping": True, "n_iter_no_change": 6, "max_iter": 60, "random_state": 0, "metrics": ["f1"]}
    by_f1 = NNClassifier(monitor="f1", **settings).fit(x, y, X_val=x[::2], y_val=y[::2])
    by_loss = NNClassifier(**settings).fit(x, y, X_val=x[::2], y_val=y[::2])
    scores = by_f1.validation_scores_
    assert len(scores["f1"]) == by_f1.n_iter_ < 60
    assert np.argmax(scores["f1"]) == by_f1.n_iter_ - 1 - 6
    assert f1_score(y[::2], by_f1.predict(x[::2]), average="macro") == pytest.approx(max(scores["f1"]), rel=1e-9)
    assert by_loss.n_iter_ != by_f1.n_iter_
    assert by_loss.n_iter_ - 1 - np.argmin(by_loss.validation_scores_["loss"]) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": ["accuracie"]}, "no metric 'accuracie'.*did you mean"),
        ({"metrics": ["r2"]}, "r2"),
        ({"metrics": ["f1", "f1"]}, "two metrics have a figure called 'f1'"),
        ({"monitor": "f1", "early_stopping": True}, "monitor = f1 is not among the metrics"),
        ({"metrics": 5}, "metrics"),
        ({"monitor": 5}, "monitor"),
    ],
    ids=str,
)
def test_bad_metrics_are_refused(iris, arguments, message):
    with pytest.raises(UsageError, match=f"(?s){message}"):
        NNClassifier(max_iter=1, **arguments).fit(*iris)


# --- weights of classes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "weights"),
    [
        (["a", "b, c=d"], {"b, c=d": 3.0}),
        ([0, 1], {0: 1, 1: 3}),
        ([False, True], {True: 3, False: 1.0}),
        ([0.0, 1.0], {1: 3}),
        ([0, 1], {np.int64(1): np.float32(3)}),
        (["a", "b"], "balanced"),
    ],
    ids=str,
)
def test_class_weights_are_weights_of_samples(labels, weights):
    x, rare = overlapping()
    y = np.array(labels)[(rare == "rare").astype(int)]
    settings = {"max_iter": 10, "batch_size": 32, "random_state": 0}
    by_class = NNClassifier(class_weight=weights, **settings).fit(x, y, X_val=x, y_val=y)
    each = compute_sample_weight("balanced", y) if weights == "balanced" else np.where(rare == "rare", 3.0, 1.0)
    by_sample = NNClassifier(**settings).fit(x, y, sample_weight=each, X_val=x, y_val=y)
    np.testing.assert_allclose(by_class.loss_curve_, by_sample.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(by_class.predict_proba(x), by_sample.predict_proba(x), rtol=1e-9)
    np.testing.assert_allclose(by_class.validation_scores_["loss"], by_sample.validation_scores_["loss"], rtol=1e-9)


def test_balanced_class_weights_improve_balanced_accuracy():
    x, y = overlapping()
    settings = {"hidden_layer_sizes": (), "max_iter": 30, "random_state": 0}
    plain = NNClassifier(**settings).fit(x, y)
    balanced = NNClassifier(class_weight="balanced", **settings).fit(x, y)
    new, labels = overlapping(seed=1)
    ours, theirs = (balanced_accuracy_score(labels, network.predict(new)) for network in (balanced, plain))
    assert ours > theirs + 0.03
    found = [np.mean(network.predict(new)[labels == "rare"] == "rare") for network in (balanced, plain)]
    assert found[0] > found[1] + 0.2
    assert balanced.get_params()["class_weight"] == "balanced"


def test_class_weights_of_a_stream():
    x, y = overlapping()
    weighted = NNClassifier(class_weight={"rare": 9}, random_state=0)
    plain = NNClassifier(random_state=0)
    for _ in range(20):
        for network in (weighted, plain):
            network.partial_fit(x, y, classes=["usual", "rare"])
    assert (weighted.predict(x) == "rare").sum() > 2 * (plain.predict(x) == "rare").sum()
    with pytest.raises(UsageError, match="can't balance classes"):
        NNClassifier(class_weight="balanced").partial_fit(x, y, classes=["usual", "rare"])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"rar": 2}, r"class_weight\[0\] is 'rar', which is not among the classes\n.*'rare', 'usual'"),
        ({"usual": 1, 0: 2}, "class_weight has 'usual' at"),
        ({"rare": -1}, "none below 0"),
        ({"rare": "much"}, "class_weight"),
        ({"rare": 0, "usual": 0}, "class_weight"),
        ("balance", "class_weight = 'balance' is not allowed"),
        ("rare=2", "class_weight = 'rare=2' is not allowed"),
        ([1, 2], "class_weight"),
        (np.array([1, 2]), "class_weight"),
    ],
    ids=str,
)
def test_bad_class_weights_are_refused(weights, message):
    with pytest.raises(UsageError, match=message):
        NNClassifier(max_iter=1, class_weight=weights).fit(*overlapping())


def test_the_regressor_has_no_class_weights():
    with pytest.raises(TypeError, match="class_weight"):
        NNRegressor(class_weight="balanced")
