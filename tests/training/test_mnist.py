"""What the defaults reach on the real MNIST, ten epochs; skipped where its files are not at hand."""

import statistics
from functools import cache

import pytest

from nnzoo import load_dataset, registry
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

pytestmark = pytest.mark.mnist


@pytest.fixture(scope="module")
def accuracy(mnist_dir):
    """The test accuracy after a training as ``nnzoo train`` does it; each is run once."""
    data = load_dataset("mnist", mnist_dir)

    @cache
    def train(activation, optimizer, seed, **choices):
        recipe = resolve_recipe(registry, activation=activation, optimizer=optimizer, seed=seed, **choices)
        assert (recipe.epochs, recipe.batch_size) == (choices.get("epochs", 10), 128)
        (*_, last) = prepare_new(recipe, data).epochs()
        return last.test_accuracy

    return train


def test_the_default_with_one_seed_and_a_fifth_of_the_epochs(accuracy):
    assert accuracy("relu", "momentum", 0, epochs=2) >= 0.96


@pytest.mark.thorough
def test_the_default(accuracy):
    reached = [accuracy("relu", "momentum", seed) for seed in range(5)]
    assert statistics.mean(reached) >= 0.980, reached
    assert min(reached) >= 0.977, reached


@pytest.mark.thorough
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_each_pair_of_activation_and_optimizer(accuracy, activation, optimizer):
    reached = [accuracy(activation, optimizer, seed) for seed in range(3)]
    assert statistics.mean(reached) >= 0.975, reached


@pytest.mark.thorough
def test_the_teaching_originals_command(accuracy):
    assert accuracy("sigmoid", "momentum", 0, learning_rate=4.0) >= 0.975
