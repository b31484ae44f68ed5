"""Optimizers that want a second gradient at other parameters: the trainer's steps against their formula in float64."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import registry
from nnzoo.api import ProbingOptimizer, Split, UsageError, bound_update
from nnzoo.testing import run_checks
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

RATE = 0.5
RNG = np.random.default_rng(0)
X = RNG.standard_normal((24, 3)).astype(np.float32)
Y = X @ np.float32([[1], [-2], [3]]) + 0.5


@dataclass(frozen=True)
class Extragradient(ProbingOptimizer):
    """Steps along the gradient where gradient descent would be (Korpelevich 1976)."""

    name: ClassVar[str] = "extragradient"
    default_learning_rate: ClassVar[float] = 0.1

    def init(self, params):
        return {}

    def probe(self, params, grad, state, learning_rate, step):
        grad *= learning_rate
        params -= grad

    def update(self, params, grad, state, learning_rate, step):
        grad *= learning_rate
        params -= grad


@dataclass(frozen=True)
class Returning(Extragradient):
    """Returns the parameters where they are to be changed in place."""

    def probe(self, params, grad, state, learning_rate, step):
        return params - learning_rate * grad


def trainer_of(optimizer):
    recipe = resolve_recipe(
        registry,
        task="regression",
        model="mlp:hidden=",
        optimizer=optimizer,
        epochs=2,
        batch_size=8,
        schedule="constant",
        learning_rate=RATE,
        weight_decay=0.0,
    )
    data = prepare_data(recipe.task, Split(X, Y), None, names=())
    return prepare(build_network(recipe, data.problem), recipe, data)


def test_every_step_is_that_of_the_formula():
    trainer = trainer_of(Extragradient())
    vector = trainer.network.parameters.vector
    for epoch in (1, 2):
        for batch in trainer.train.shuffled(0, epoch):
            x = np.column_stack([batch.inputs, np.ones(len(batch.inputs))]).astype(np.float64)
            hessian = 2 * x.T @ x / len(x)
            theta = vector.astype(np.float64)
            at_the_probe = theta - RATE * (hessian @ theta - 2 * x.T @ batch.targets[:, 0] / len(x))
            expected = theta - RATE * (hessian @ at_the_probe - 2 * x.T @ batch.targets[:, 0] / len(x))
            trainer._step(batch)
            np.testing.assert_allclose(vector, expected, rtol=1e-4, atol=1e-5)


def test_it_passes_the_kit():
    report = run_checks(Extragradient())
    assert report.passed, report


def test_the_kit_names_a_probe_that_returns_something():
    failed = {outcome.check.name: outcome.reason for outcome in run_checks(Returning()).outcomes if outcome.reason}
    assert "probe returns" in failed["probe"]


def test_a_loop_that_computes_one_gradient_is_refused():
    network = trainer_of(Extragradient()).network
    with pytest.raises(UsageError, match="second gradient"):
        bound_update(Extragradient(), network.parameters, network.gradients)
