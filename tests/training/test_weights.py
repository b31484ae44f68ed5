"""Weights of samples: what they do to loss and gradient."""

import numpy as np
import pytest

from nnzoo import registry
from nnzoo.kinds import Split
from nnzoo.training.batches import Batches
from nnzoo.training.metrics import evaluate, weigh
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.trainer import Trainer

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((40, 5)), RNG.integers(0, 3, 40)
WEIGHTS = RNG.lognormal(0, 1, 40)


def trained(x, y, weights=None, *, batch_size=100, epochs=5, loss="softmax-cross-entropy"):
    """The trainer at the end of a training in float64."""
    recipe = resolve_recipe(
        registry, model="mlp:hidden=8", loss=loss, learning_rate=0.3, epochs=epochs, batch_size=batch_size
    )
    trainer = Trainer(
        build_network(recipe, (5,), 3, np.float64), recipe, Batches(Split(x, y), batch_size, 3, np.float64, weights)
    )
    return trainer, [metrics.train_loss for metrics in trainer.epochs()]


@pytest.mark.parametrize("loss", ["softmax-cross-entropy", "mse"])
def test_a_weight_is_worth_as_many_copies(loss):
    counts = RNG.integers(1, 5, 40)
    weighted, losses = trained(X, Y, counts, loss=loss)
    repeated, expected = trained(X.repeat(counts, axis=0), Y.repeat(counts), batch_size=200, loss=loss)
    np.testing.assert_allclose(
        weighted.network.parameters.vector, repeated.network.parameters.vector, rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(losses, expected, rtol=1e-4)


def test_equal_weights_change_nothing_but_the_last_digits():
    plain, losses = trained(X, Y, batch_size=7)
    weighted, same = trained(X, Y, np.full(40, 3.5), batch_size=7)
    np.testing.assert_allclose(weighted.network.parameters.vector, plain.network.parameters.vector, rtol=1e-12)
    np.testing.assert_allclose(same, losses, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7, 40])
def test_batches_together_have_the_gradient_of_the_weighted_mean(batch_size):
    """Σ over the batches of n_b times the batch's gradient is that of Σ wᵢ ℓᵢ, however the samples fall."""
    recipe = resolve_recipe(registry, model="mlp:hidden=8")
    network = build_network(recipe, (5,), 3, np.float64)

    def gradient(x, targets, weigh_rows=None):
        logits = network.forward(x)
        grad = np.empty_like(logits)
        recipe.loss.value_and_gradient(logits, targets, grad)
        if weigh_rows is not None:
            weigh(recipe.loss, logits, targets, weigh_rows, grad)
        network.backward(grad)
        return network.gradients.vector * len(x)

    expected = sum(w * gradient(x[None], np.eye(3)[[y]]) for w, x, y in zip(WEIGHTS, X, Y, strict=True))
    batches = Batches(Split(X, Y), batch_size, 3, np.float64, WEIGHTS)
    total = sum(gradient(x, targets, batches.weights) for x, targets, _ in batches.shuffled(0, 1))
    np.testing.assert_allclose(total * WEIGHTS.mean(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("spread", [0, 1, 4])
def test_the_weighted_loss_is_that_of_each_sample_times_its_weight(spread):
    loss = registry.build("loss", "softmax-cross-entropy")
    logits, targets = RNG.standard_normal((60, 3)), np.eye(3)[RNG.integers(0, 3, 60)]
    weights = RNG.lognormal(0, spread, (60, 1))
    each = [loss.value_and_gradient(z[None], t[None], np.empty((1, 3))) for z, t in zip(logits, targets, strict=True)]
    grad = np.ones((60, 3))
    assert weigh(loss, logits, targets, weights, grad) == pytest.approx(float(np.mean(weights[:, 0] * each)), rel=1e-4)
    assert (grad == weights).all()


def test_batches_without_any_weight_left_do_no_harm():
    loss = registry.build("loss", "mse")
    grad = np.ones((2, 1))
    assert weigh(loss, np.ones((2, 1)), np.zeros((2, 1)), np.zeros((2, 1)), grad) == 0
    assert not grad.any()


def test_evaluation_is_weighted_too():
    loss, weights = registry.build("loss", "mse"), np.array([1.0, 2, 5])
    network = build_network(resolve_recipe(registry, regression=True, model="mlp:hidden="), (1,), 1, np.float64)
    network.parameters.vector[:] = 0
    values = np.array([[1.0], [2], [3]])
    for batch_size in (1, 2, 3):
        batches = Batches(Split(np.ones((3, 1)), values), batch_size, 0, np.float64, weights)
        assert evaluate(network, loss, batches)[0] == pytest.approx((1 + 2 * 4 + 5 * 9) / 8, rel=1e-4)


def test_huge_and_tiny_weights_mean_the_same():
    sizes = (1, 1.7e308 / WEIGHTS.max(), 1e-300)  # the second makes their sum overflow
    vectors = [trained(X, Y, WEIGHTS * size)[0].network.parameters.vector for size in sizes]
    for vector in vectors[1:]:
        np.testing.assert_allclose(vector, vectors[0], rtol=1e-9)


def test_without_weights_a_batch_has_none():
    batches = Batches(Split(X, Y), 7, 3)
    assert all(batches.weights is None for _ in batches.shuffled(0, 1))
