"""Weights of samples and of classes: what they do to loss and gradient."""

import numpy as np
import pytest

from nnzoo import registry
from nnzoo.builtin.preprocessors import Standardize
from nnzoo.errors import UsageError
from nnzoo.kinds import Dataset, Feature, Preprocessing, Problem, Split
from nnzoo.kinds.rows import view
from nnzoo.training.batches import Batches, balanced_weights
from nnzoo.training.data import PreparedData, prepare_dataset
from nnzoo.training.prepare import build_network, class_weights, prepare
from nnzoo.training.recipe import class_weight_text, resolve_recipe
from nnzoo.training.scoring import Scorer

RNG = np.random.default_rng(0)
CLASSES = Problem((5,), (3,), (), ("ant", "bee", "a cat, large"))
VALUES = Problem((5,), (3,), (3,))
X, Y, V = RNG.standard_normal((40, 5)), RNG.integers(0, 3, 40), RNG.standard_normal((40, 3))
WEIGHTS = RNG.lognormal(0, 1, 40)
EXACT = {"rtol": 1e-12, "atol": 1e-15}

LOSSES = pytest.mark.parametrize(
    ("task", "loss"),
    [("classification", "softmax-cross-entropy"), ("classification", "mse"), ("regression", "mse")],
)


def targets_of(task):
    return (CLASSES, Y) if task == "classification" else (VALUES, V)


def trained(x, y, weights=None, *, task="classification", loss=None, batch_size=100, epochs=5, class_weight=None):
    """The network at the end of a training in float64, and the figures of its epochs."""
    problem, _ = targets_of(task)
    recipe = resolve_recipe(
        registry,
        task=task,
        model="mlp:hidden=8",
        loss=loss,
        learning_rate=0.3,
        epochs=epochs,
        batch_size=batch_size,
        class_weight=class_weight,
    )
    network = build_network(recipe, problem, np.float64)
    trainer = prepare(network, recipe, PreparedData(problem, Preprocessing(), Split(x, y, weights=weights)))
    return network.parameters.vector, [metrics.figures for metrics in trainer.epochs()]


def gradient(x, y, weights=None, *, task="classification", loss=None, batch_size=1000):
    """Loss and gradient of a network with its initial weights, summed over the batches of an epoch, over m."""
    problem, _ = targets_of(task)
    recipe = resolve_recipe(registry, task=task, model="mlp:hidden=8", loss=loss)
    network = build_network(recipe, problem, np.float64)
    scorer = Scorer(recipe.task, recipe.loss, (), problem, dtype=np.float64)
    total, losses = np.zeros_like(network.gradients.vector), 0.0
    for batch in Batches(Split(x, y, weights=weights), batch_size, problem, np.float64).shuffled(0, 1):
        rows = network.forward(batch.inputs)
        each, grad = scorer.losses(rows, batch)
        losses += batch.average(each, grad) * len(rows)
        network.backward(grad)
        total += network.gradients.vector * len(rows)
    return losses / len(x), total / len(x)


@LOSSES
def test_a_weight_is_worth_as_many_copies_in_loss_and_gradient(task, loss):
    _, y = targets_of(task)
    counts = RNG.integers(1, 5, 40)
    weighted = gradient(X, y, counts, task=task, loss=loss)
    repeated = gradient(X.repeat(counts, axis=0), y.repeat(counts, axis=0), task=task, loss=loss)
    np.testing.assert_allclose(weighted[0], repeated[0], **EXACT)
    np.testing.assert_allclose(weighted[1], repeated[1], **EXACT)


@LOSSES
def test_a_weight_is_worth_as_many_copies_in_a_training(task, loss):
    _, y = targets_of(task)
    counts = RNG.integers(1, 5, 40)
    weighted, figures = trained(X, y, counts, task=task, loss=loss)
    repeated, expected = trained(
        X.repeat(counts, axis=0), y.repeat(counts, axis=0), task=task, loss=loss, batch_size=200
    )
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9, atol=1e-12)
    for ours, theirs in zip(figures, expected, strict=True):
        assert {name for name, value in ours.items() if value is not None} >= {"train_loss"}
        for name, value in ours.items():
            assert value == (None if value is None else pytest.approx(theirs[name], rel=1e-9)), name


def test_equal_weights_change_nothing_but_the_last_digits():
    plain, losses = trained(X, Y, batch_size=7)
    weighted, same = trained(X, Y, np.full(40, 3.5), batch_size=7)
    np.testing.assert_allclose(weighted, plain, rtol=1e-12)
    assert [figures["train_loss"] for figures in same] == pytest.approx([f["train_loss"] for f in losses], rel=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7, 40])
def test_batches_together_have_the_gradient_of_the_weighted_mean(batch_size):
    """Σ over the batches of n_b times the batch's gradient is that of Σ wᵢ ℓᵢ, however the samples fall."""
    each = [gradient(x[None], y[None]) for x, y in zip(X, Y, strict=True)]
    loss, total = gradient(X, Y, WEIGHTS, batch_size=batch_size)
    assert loss == pytest.approx(np.average([value for value, _ in each], weights=WEIGHTS), rel=1e-12)
    np.testing.assert_allclose(total, np.average([row for _, row in each], axis=0, weights=WEIGHTS), rtol=1e-9)


def test_batches_without_any_weight_left_do_no_harm():
    weights = np.zeros(40)
    weights[3] = 1
    vector, figures = trained(X, Y, weights, batch_size=1, epochs=1)
    assert np.isfinite(vector).all()
    assert figures[0]["train_loss"] > 0
    with pytest.raises(UsageError, match="the weights of all samples are 0"):
        trained(X, Y, np.zeros(40))


@pytest.mark.parametrize("positions", [1, 2])
@pytest.mark.parametrize("validation", [0, 0.2])
def test_a_training_sample_of_weight_zero_is_as_if_it_were_not_there(validation, positions):
    counts = np.arange(40) % 3 > 0
    weights = np.zeros((40, positions))
    weights[counts, -1] = 2
    nothing = np.where(counts[:, None], X, np.nan), np.where(counts[:, None], V, -99999)
    kept = X[counts], V[counts]

    def prepared(inputs, targets, weights):
        features = (Feature((Standardize(),)),)
        dataset = Dataset(Split(inputs, targets, weights=weights), Split(*kept), task="regression", features=features)
        return prepare_dataset(dataset, registry.build("task", "regression"), validation=validation)

    for made in (np.asarray, lambda array: view(array, np.arange(40))):
        masked, fewer = prepared(made(nothing[0]), nothing[1], weights), prepared(*kept, None)
        for part in ("train", "validation") if validation else ("train",):
            one, other = getattr(masked, part), getattr(fewer, part)
            np.testing.assert_array_equal(one.array, other.array)
            np.testing.assert_array_equal(one.targets, other.targets)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_evaluation_is_weighted_too(batch_size):
    problem, weights = Problem((1,), (1,), (1,)), np.array([1.0, 2, 5])
    recipe = resolve_recipe(registry, task="regression", model="mlp:hidden=", metrics=["mae"])
    network = build_network(recipe, problem, np.float64)
    network.parameters.vector[:] = 0
    scorer = Scorer(recipe.task, recipe.loss, recipe.metrics, problem, dtype=np.float64)
    split = Split(np.ones((3, 1)), np.array([[1.0], [2], [3]]), weights=weights)
    found = scorer.evaluate(network, Batches(split, batch_size, problem, np.float64))
    assert found == pytest.approx({"loss": (1 + 2 * 4 + 5 * 9) / 8, "mae": (1 + 2 * 2 + 5 * 3) / 8}, rel=1e-12)


def test_huge_and_tiny_weights_mean_the_same():
    sizes = (1, 1.7e308 / WEIGHTS.max(), 1e-300)  # the second makes their sum overflow
    vectors = [trained(X, Y, WEIGHTS * size)[0] for size in sizes]
    for vector in vectors[1:]:
        np.testing.assert_allclose(vector, vectors[0], rtol=1e-9)


def test_without_weights_a_batch_has_none():
    batches = Batches(Split(X, Y), 7, CLASSES)
    assert all(batch.weights is None and batch.counts is None for batch in batches.shuffled(0, 1))


def test_a_sample_of_weight_0_is_not_learnt():
    weights = np.r_[np.ones(30), np.zeros(10)]
    masked, _ = trained(X, Y, weights, epochs=3)
    other, _ = trained(X, np.r_[Y[:30], (Y[30:] + 1) % 3], weights, epochs=3)
    np.testing.assert_array_equal(masked, other)


def test_class_weights_are_the_weights_of_the_samples_of_a_class():
    names = {"ant": 3.0, "a cat, large": 0.5}
    by_class, figures = trained(X, Y, class_weight=names)
    by_sample, expected = trained(X, Y, np.array([3.0, 1.0, 0.5])[Y])
    np.testing.assert_allclose(by_class, by_sample, rtol=1e-12)
    assert figures[-1]["train_loss"] == pytest.approx(expected[-1]["train_loss"], rel=1e-12)
    assert figures[-1]["train_accuracy"] != expected[-1]["train_accuracy"]  # metrics count each sample once


def test_balanced_classes_are_those_of_the_samples_by_weight():
    """As scikit-learn has them; a sample of weight 3 is the sample three times."""
    counts = RNG.integers(1, 5, 40)
    plain = balanced_weights(Y, 3)
    np.testing.assert_allclose(plain * np.bincount(Y), 40 / 3)
    repeated = balanced_weights(Y.repeat(counts), 4)
    np.testing.assert_allclose(balanced_weights(Y, 4, counts), repeated, rtol=1e-12)
    assert repeated[3] == 0
    weighted, _ = trained(X, Y, counts, class_weight="balanced")
    expected, _ = trained(X.repeat(counts, axis=0), Y.repeat(counts), class_weight="balanced", batch_size=200)
    np.testing.assert_allclose(weighted, expected, rtol=1e-9, atol=1e-12)


def test_weights_of_every_position_are_balanced_together():
    targets = np.array([[0, 1], [1, 1]])
    np.testing.assert_allclose(
        balanced_weights(targets, 2, np.array([1.0, 3.0])), balanced_weights(np.array([0, 1, 1, 1, 1, 1, 1, 1]), 2)
    )
    np.testing.assert_allclose(balanced_weights(targets, 2, np.array([[1, 1], [0, 1]])), [1.5, 0.75])


@pytest.mark.parametrize("names", [{"ant": 2}, {"a cat, large": 2, "bee": 0.1}, {"bee": 1e-17}], ids=str)
def test_named_weights_survive_being_written_down(names):
    found = class_weights(class_weight_text(names), CLASSES, Split(X, Y))
    assert found.tolist() == [names.get(name, 1.0) for name in CLASSES.names]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"bea": 2}, "names 'bea', which is not a class"),
        ({"bee": -1}, "none below 0"),
        ({"bee": float("inf")}, "must be finite"),
        ({"bee": "much"}, "neither 'balanced' nor a mapping"),
        ([1, 2], "neither 'balanced' nor a mapping"),
        ("bee=much", "'much' is not a number"),
        ("balance", "neither 'balanced' nor name=weight"),
        ("{bee", "is not JSON"),
        ("bee=2, bee=3", "names 'bee' twice"),
    ],
    ids=str,
)
def test_bad_class_weights_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        class_weights(class_weight_text(text), CLASSES, Split(X, Y))
    with pytest.raises(UsageError, match="one class per sample"):
        class_weights("balanced", VALUES, Split(X, V))
