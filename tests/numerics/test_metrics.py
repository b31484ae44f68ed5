"""Metrics against scikit-learn's functions, in batches of any size, with weights and without."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from nnzoo.builtin.metrics import (
    F1,
    R2,
    Accuracy,
    BalancedAccuracy,
    MeanAbsoluteError,
    Precision,
    Recall,
    RootMeanSquaredError,
    TopK,
)
from nnzoo.errors import UsageError
from nnzoo.kinds import Problem
from nnzoo.plugins.registry import Registry
from nnzoo.testing.numerics import peak_memory

RATES = [(Precision, oracle.precision_score), (Recall, oracle.recall_score), (F1, oracle.f1_score)]
ERRORS = [
    (MeanAbsoluteError(), oracle.mean_absolute_error),
    (RootMeanSquaredError(), oracle.root_mean_squared_error),
    (R2(), oracle.r2_score),
]

averages = st.sampled_from(["macro", "micro", "none"])


def classes(k, names=()):
    return Problem((4,), (k,), (), names)


def labels(k):
    return Problem((4,), (k,), (k,), has_labels=True)


def values(k):
    return Problem((4,), (k,), (k,))


def measured(metric, problem, predicted, targets, weights=None, cuts=()):
    """The metric's values by figure, of all rows, in batches that end at ``cuts``."""
    plan = metric.plan(problem)
    sums = {name: np.zeros(shape) for name, shape in plan.sums.items()}
    for rows in np.split(np.arange(len(targets)), sorted(cuts)):
        workspace = {
            name: np.full((len(rows), *buffer.shape), buffer.fill, buffer.dtype or np.float64)
            for name, buffer in plan.workspace.items()
        }
        for array in workspace.values():  # a workspace holds what the batch before has left
            array.view(np.uint8)[...] = 1
        weights_of_them = None if weights is None else weights[rows]
        metric.update(predicted[rows], targets[rows], weights_of_them, sums, workspace)
    return dict(zip(plan.figures, metric.values(sums), strict=True))


def asked(function, *arguments, **options):
    """What scikit-learn says, without its warnings; None for its NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function(*arguments, **options)
    return [None if np.isnan(value) else float(value) for value in np.atleast_1d(result)]


def agree(found, expected):
    for (figure, ours), theirs in zip(found.items(), expected, strict=True):
        assert (ours is None) == (theirs is None), figure
        assert ours is None or ours == pytest.approx(theirs, rel=1e-12, abs=1e-12), figure


@st.composite
def samples(draw, width):
    """A generator, the number of rows, weights above 0 or none, and where batches end."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, k = draw(st.integers(1, 60)), draw(width)
    weights = rng.uniform(0.1, 5, n) if draw(st.booleans()) else None
    cuts = draw(st.lists(st.integers(0, n), max_size=4))
    return rng, n, k, weights, cuts


@given(case=samples(st.integers(2, 6)), average=averages, occurring=st.integers(1, 6))
def test_rates_of_classes(case, average, occurring):
    rng, n, k, weights, cuts = case
    targets = rng.integers(min(occurring, k), size=n)  # some classes are never there, or there is only one
    predicted = np.where(rng.random(n) < 0.6, targets, rng.integers(k, size=n))
    for kind, function in RATES:
        found = measured(kind(average=average), classes(k), predicted, targets, weights, cuts)
        options = {"sample_weight": weights, "average": None if average == "none" else average}
        if average == "none":
            expected = asked(function, targets, predicted, **options, labels=range(k), zero_division=np.nan)
        else:
            expected = asked(function, targets, predicted, **options, zero_division=0)
        agree(found, expected)


@given(case=samples(st.integers(1, 5)), average=averages, share=st.sampled_from([0, 0.3]))
def test_rates_of_labels(case, average, share):
    rng, n, k, weights, cuts = case
    targets = (rng.random((n, k)) < rng.choice([share, 0.5, 1], k)).astype(float)
    predicted = (rng.random((n, k)) < rng.choice([share, 0.5, 1], k)).astype(float)
    for kind, function in RATES:
        found = measured(kind(average=average), labels(k), predicted, targets, weights, cuts)
        if k == 1:  # a single column is a binary problem to scikit-learn
            options = {"labels": [1], "average": None if average == "none" else average}
            rows = targets[:, 0], predicted[:, 0]
        else:
            options = {"average": None if average == "none" else average}
            rows = targets, predicted
        each = asked(function, *rows, sample_weight=weights, **options | {"average": None}, zero_division=np.nan)
        if average == "none":
            agree(found, each)
        elif average == "micro":
            agree(found, asked(function, *rows, sample_weight=weights, **options, zero_division=np.nan))
        elif all(value is None for value in each):
            agree(found, [None])
        else:
            agree(found, asked(function, *rows, sample_weight=weights, **options, zero_division=0))


@given(case=samples(st.integers(2, 6)), occurring=st.integers(1, 6))
def test_accuracies(case, occurring):
    rng, n, k, weights, cuts = case
    targets, predicted = rng.integers(min(occurring, k), size=n), rng.integers(k, size=n)
    for metric, function in ((Accuracy(), oracle.accuracy_score), (BalancedAccuracy(), oracle.balanced_accuracy_score)):
        found = measured(metric, classes(k), predicted, targets, weights, cuts)
        agree(found, asked(function, targets, predicted, sample_weight=weights))


@given(case=samples(st.integers(2, 4)))
def test_accuracy_of_labels(case):
    rng, n, k, weights, cuts = case
    targets, predicted = rng.integers(2, size=(2, n, k)).astype(float)
    found = measured(Accuracy(), labels(k), predicted, targets, weights, cuts)
    agree(found, asked(oracle.accuracy_score, targets, predicted, sample_weight=weights))


@given(case=samples(st.integers(3, 8)), k=st.integers(1, 7), levels=st.sampled_from([2, 4, 10**6]))
def test_top_k(case, k, levels):
    rng, n, width, weights, cuts = case
    assume(k < width)
    targets = rng.integers(width, size=n)
    predicted = rng.integers(levels, size=(n, width)) / levels  # few levels make ties
    found = measured(TopK(k=k), classes(width), predicted, targets, weights, cuts)
    options = {"k": k, "labels": range(width), "sample_weight": weights}
    agree(found, asked(oracle.top_k_accuracy_score, targets, predicted, **options))
    assert list(found) == [f"top_{k}"]


def test_a_probability_that_is_not_a_number_is_not_among_the_largest():
    assert measured(TopK(k=2), classes(3), np.full((4, 3), np.nan), np.arange(4) % 3) == {"top_2": 0}


@given(
    case=samples(st.integers(1, 4)),
    centre=st.sampled_from([0, -3, 1e6, 1e9]),
    spread=st.sampled_from([1, 1e-3, 1e4]),
    error=st.sampled_from([0.01, 1, 30]),
)
def test_metrics_of_values(case, centre, spread, error):
    rng, n, k, weights, cuts = case
    spread = max(spread, abs(centre) * 1e-9)  # with less, scikit-learn's own mean is not exact enough
    targets = centre + spread * rng.standard_normal((n, k))
    predicted = targets + error * spread * rng.standard_normal((n, k))
    for metric, function in ERRORS:
        found = measured(metric, values(k), predicted, targets, weights, cuts)
        agree(found, asked(function, targets, predicted, sample_weight=weights))


@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("weighted", [False, True])
def test_r2_of_values_far_from_zero_in_fractions(batch, weighted):
    rng = np.random.default_rng(0)
    targets = 1e9 + 1e-3 * rng.standard_normal((1000, 1))
    predicted = targets + 3e-4 * rng.standard_normal((1000, 1))
    weights = rng.uniform(0.5, 2, 1000) if weighted else None
    y, z, w = (
        [Fraction(value) for value in (column.ravel() if column is not None else np.ones(1000))]
        for column in (targets, predicted, weights)
    )
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    errors = sum(a * (b - c) ** 2 for a, b, c in zip(w, y, z, strict=True))
    squares = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    found = measured(R2(), values(1), predicted, targets, weights, range(batch, 1000, batch))
    assert found["r2"] == pytest.approx(float(1 - errors / squares), rel=1e-12)


@pytest.mark.parametrize("value", [0.1, 3.0, -1e9])
@pytest.mark.parametrize("weights", [None, np.array([0.0, 0.3, 0.1, 7.0, 0.7])])
def test_r2_of_constant_targets(value, weights):
    targets = np.full((5, 1), value)
    targets[0] = value if weights is None else 5  # which then does not count
    assert measured(R2(), values(1), targets, targets, weights, [3]) == {"r2": 1}
    assert measured(R2(), values(1), targets + 1e-3, targets, weights, [3]) == {"r2": 0}


EVERY = [
    (Accuracy(), classes(3)),
    (Accuracy(), labels(3)),
    (TopK(k=2), classes(3)),
    (BalancedAccuracy(), classes(3)),
    *(
        (kind(average=average), of(3))
        for kind, _ in RATES
        for average in ("macro", "micro")
        for of in (classes, labels)
    ),
    *((metric, values(3)) for metric, _ in ERRORS),
]


of_every_metric = pytest.mark.parametrize(
    ("metric", "problem"), EVERY, ids=[f"{m}-{'labels' if p.has_labels else 'others'}" for m, p in EVERY]
)


def random_answers(metric, problem, n=50):
    rng = np.random.default_rng(1)
    answers = rng.integers(3, size=n) if problem.has_classes else rng.integers(2, size=(n, 3)).astype(float)
    targets = rng.integers(3, size=n) if problem.has_classes else rng.integers(2, size=(n, 3)).astype(float)
    return rng.random((n, 3)) if metric.reads == "predictions" else answers, targets


@of_every_metric
def test_a_weight_of_zero_leaves_a_sample_out(metric, problem):
    predicted, targets = random_answers(metric, problem)
    weights = np.random.default_rng(2).integers(3, size=50).astype(float)
    there = weights > 0
    found = measured(metric, problem, predicted, targets, weights, [20])
    agree(found, measured(metric, problem, predicted[there], targets[there], weights[there]).values())
    doubled = measured(metric, problem, predicted, targets, weights * 2)
    agree(doubled, found.values())
    repeated = np.repeat(np.arange(50), weights.astype(int))
    agree(found, measured(metric, problem, predicted[repeated], targets[repeated]).values())


@of_every_metric
def test_of_nothing_there_is_no_value(metric, problem):
    predicted, targets = random_answers(metric, problem)
    (nothing,) = measured(metric, problem, predicted[:0], targets[:0]).values()
    (masked,) = measured(metric, problem, predicted, targets, np.zeros(50)).values()
    assert nothing is None
    assert masked is None


@of_every_metric
def test_a_batch_allocates_nothing_of_its_size(metric, problem):
    predicted, targets = random_answers(metric, problem, n=200_000)
    plan = metric.plan(problem)
    sums = {name: np.zeros(shape) for name, shape in plan.sums.items()}
    workspace = {name: np.zeros((200_000, *b.shape), b.dtype or np.float64) for name, b in plan.workspace.items()}
    for weights in (None, np.ones(200_000)):
        peak = peak_memory(lambda w=weights: metric.update(predicted, targets, w, sums, workspace))
        assert peak < 200_000, metric  # not one byte a row, NumPy's own buffers included


def test_r2_needs_two_samples():
    one = np.array([[2.0]])
    assert measured(R2(), values(1), one, one) == {"r2": None}
    assert measured(R2(), values(1), one.repeat(3, 0), one.repeat(3, 0), np.array([0.0, 1, 0])) == {"r2": None}


@pytest.mark.parametrize(
    ("metric", "problem", "message", "hint"),
    [
        (F1(), values(2), "metric f1 is for classes and labels, but the targets of this task are values", "r2, mae"),
        (Accuracy(), values(2), "are values", "r2, mae"),
        (TopK(), labels(9), "are labels", "accuracy, precision"),
        (BalancedAccuracy(), labels(2), "are labels", "accuracy, precision"),
        (R2(), classes(2), "are classes", "balanced-accuracy"),
        (MeanAbsoluteError(), classes(2), "are classes", "top-k"),
        (TopK(k=3), classes(3), "k = 3 would always be 1: there are 3 classes", "top-k:k=2"),
        (TopK(k=2), classes(2), "there are 2 classes", "use accuracy"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused(metric, problem, message, hint):
    with pytest.raises(UsageError) as caught:
        metric.plan(problem)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("names", "figures"),
    [
        (("Iris setosa", "café"), ("recall_Iris_setosa", "recall_café")),
        (("a\x1b[2J", "../b"), ("recall_a_2J", "recall_b")),
        (("C", "C++"), ("recall_0", "recall_1")),
        (("yes", "?"), ("recall_0", "recall_1")),
        (("x" * 100, "y"), (f"recall_{'x' * 40}", "recall_y")),
        ((), ("recall_0", "recall_1")),
    ],
)
def test_figures_of_each_class_have_safe_names(names, figures):
    assert Recall(average="none").plan(classes(2, names)).figures == figures


def test_they_are_built_by_name():
    registry = Registry(disabled=["all"])
    assert registry.build("metric", "f1:average=none") == F1(average="none")
    assert registry.build("metric", "top-k:k=3") == TopK(k=3)
    assert [registry.build("metric", name).name for name in registry.names("metric")] == registry.names("metric")
