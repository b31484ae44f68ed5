"""Weights of samples: what they do to loss, gradient and metrics."""

import numpy as np
import pytest

from nnzoo import registry
from nnzoo.kinds import Split
from nnzoo.training.batches import Batches
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.scoring import Scorer
from nnzoo.training.trainer import Trainer

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((40, 5)), RNG.integers(0, 3, 40)
WEIGHTS = RNG.lognormal(0, 1, 40)
TASK = registry.build("task", "classification")
PROBLEM = TASK.problem((5,), Y, ("a", "b", "c"))


def trained(x, y, weights=None, *, batch_size=100, epochs=5, loss="softmax-cross-entropy"):
    """The trainer at the end of a training in float64, and the loss of each epoch."""
    recipe = resolve_recipe(
        registry, model="mlp:hidden=8", loss=loss, learning_rate=0.3, epochs=epochs, batch_size=batch_size
    )
    network = build_network(recipe, PROBLEM, np.float64)
    scorer = Scorer(TASK, recipe.loss, recipe.metrics, PROBLEM, dtype=np.float64)
    trainer = Trainer(network, recipe, scorer, Batches(Split(x, y, weights=weights), batch_size, PROBLEM, np.float64))
    history = list(trainer.epochs())
    return trainer, history


@pytest.mark.parametrize("loss", ["softmax-cross-entropy", "mse"])
def test_a_weight_is_worth_as_many_copies(loss):
    counts = RNG.integers(1, 5, 40)
    weighted, history = trained(X, Y, counts, loss=loss)
    repeated, expected = trained(X.repeat(counts, axis=0), Y.repeat(counts), batch_size=200, loss=loss)
    np.testing.assert_allclose(
        weighted.network.parameters.vector, repeated.network.parameters.vector, rtol=1e-9, atol=1e-12
    )
    for figure in ("train_loss", "train_accuracy"):
        values = [[getattr(metrics, figure) for metrics in each] for each in (history, expected)]
        np.testing.assert_allclose(*values, rtol=1e-12)


def test_equal_weights_change_nothing_but_the_last_digits():
    plain, history = trained(X, Y, batch_size=7)
    weighted, same = trained(X, Y, np.full(40, 3.5), batch_size=7)
    np.testing.assert_allclose(weighted.network.parameters.vector, plain.network.parameters.vector, rtol=1e-12)
    np.testing.assert_allclose([m.train_loss for m in same], [m.train_loss for m in history], rtol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7, 40])
def test_batches_together_have_the_gradient_of_the_weighted_mean(batch_size):
    """Σ over the batches of n_b times the batch's gradient is that of Σ wᵢ ℓᵢ, however the samples fall."""
    recipe = resolve_recipe(registry, model="mlp:hidden=8")
    network = build_network(recipe, PROBLEM, np.float64)
    scorer = Scorer(TASK, recipe.loss, (), PROBLEM, dtype=np.float64)

    def gradient(batch):
        losses, grad = scorer.losses(network.forward(batch.inputs), batch)
        loss = batch.average(losses, grad)
        network.backward(grad)
        return loss * len(losses), network.gradients.vector * len(losses)

    alone = Batches(Split(X, Y), 1, PROBLEM, np.float64)
    each = [gradient(batch) for batch in alone.in_order()]
    expected = sum(w * slope for w, (_, slope) in zip(WEIGHTS, each, strict=True))
    batches = Batches(Split(X, Y, weights=WEIGHTS), batch_size, PROBLEM, np.float64)
    found = [gradient(batch) for batch in batches.shuffled(0, 1)]
    np.testing.assert_allclose(sum(slope for _, slope in found) * WEIGHTS.mean(), expected, rtol=1e-9, atol=1e-12)
    total = sum(w * loss for w, (loss, _) in zip(WEIGHTS, each, strict=True))
    assert sum(loss for loss, _ in found) * WEIGHTS.mean() == pytest.approx(total, rel=1e-12)


def test_evaluation_is_weighted_too():
    recipe = resolve_recipe(registry, task="regression", model="mlp:hidden=", metrics=["mae"])
    values, weights = np.array([[1.0], [2], [3]]), np.array([1.0, 2, 5])
    problem = recipe.task.problem((1,), values, ())
    network = build_network(recipe, problem, np.float64)
    network.parameters.vector[:] = 0
    scorer = Scorer(recipe.task, recipe.loss, recipe.metrics, problem, dtype=np.float64)
    for batch_size in (1, 2, 3):
        batches = Batches(Split(np.ones((3, 1)), values, weights=weights), batch_size, problem, np.float64)
        figures = scorer.evaluate(network, batches)
        assert figures["loss"] == pytest.approx((1 + 2 * 4 + 5 * 9) / 8, rel=1e-12)
        assert figures["mae"] == pytest.approx((1 + 2 * 2 + 5 * 3) / 8, rel=1e-12)


def test_huge_and_tiny_weights_mean_the_same():
    sizes = (1, 1.7e308 / WEIGHTS.max(), 1e-300)  # the second makes their sum overflow
    vectors = [trained(X, Y, WEIGHTS * size)[0].network.parameters.vector for size in sizes]
    for vector in vectors[1:]:
        np.testing.assert_allclose(vector, vectors[0], rtol=1e-9)


def test_a_sample_of_weight_0_is_not_learnt():
    weights = np.r_[np.ones(30), np.zeros(10)]
    masked, _ = trained(X, Y, weights, epochs=3)
    other, _ = trained(X, np.r_[Y[:30], (Y[30:] + 1) % 3], weights, epochs=3)
    np.testing.assert_array_equal(masked.network.parameters.vector, other.network.parameters.vector)


@pytest.mark.parametrize("given", ["balanced", {"a": 1.0, "b": 2.0, "c": 4.0}, "b=2,c=4"])
def test_class_weights_are_sample_weights_by_class(given):
    recipe = resolve_recipe(registry, class_weight=given, model="mlp:hidden=8", epochs=2, batch_size=8)
    data = prepare_data(TASK, Split(X, Y), None, names=("a", "b", "c"))
    trainer = prepare(build_network(recipe, data.problem), recipe, data)
    counts = np.bincount(Y)
    wanted = 40 / (3 * counts) if given == "balanced" else np.array([1.0, 2, 4])
    plain = resolve_recipe(registry, model="mlp:hidden=8", epochs=2, batch_size=8)
    weighted = prepare_data(TASK, Split(X, Y, weights=wanted[Y]), None, names=("a", "b", "c"))
    same = prepare(build_network(plain, weighted.problem), plain, weighted)
    history, expected = list(trainer.epochs()), list(same.epochs())
    np.testing.assert_array_equal(trainer.network.parameters.vector, same.network.parameters.vector)
    assert history[-1].train_loss == expected[-1].train_loss
