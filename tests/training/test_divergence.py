"""Whatever is not finite stops training before it can do harm."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Loss, Split
from nnzoo.errors import DivergedError
from nnzoo.training.batches import Batches
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

GOOD_STEPS = 2
HUGE = np.random.default_rng(0).choice([-3e38, 3e38], (32, 3)).astype(np.float32)


@dataclass(frozen=True)
class Poisoned(Loss):
    """A loss that is spoilt, or whose gradient is, after GOOD_STEPS steps; notes what it watches at each step."""

    name: ClassVar[str] = "poisoned"
    watched: ClassVar[list[np.ndarray]] = []
    snapshots: ClassVar[list[list[np.ndarray]]] = []

    bad: str = "nan"
    where: str = "loss"

    def plan(self, outputs):
        return {}

    def losses(self, outputs, targets, losses, grad, workspace):
        np.subtract(outputs, np.eye(2)[targets], out=grad)
        losses.fill(1)
        self.snapshots.append([array.copy() for array in self.watched])
        if len(self.snapshots) > GOOD_STEPS:
            bad = losses if self.where == "loss" else grad
            bad.flat[-1] = float(self.bad)

    def predict(self, outputs):
        pass


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return Split(rng.standard_normal((12, 3)).astype(np.float32), rng.integers(2, size=12))


def trainer_for(data, test=None, **choices):
    recipe = resolve_recipe(registry, model="mlp:hidden=4", **{"batch_size": 4, "epochs": 2, **choices})
    prepared = prepare_data(recipe.task, data, test, names=("a", "b"), validation=recipe.validation)
    return prepare(build_network(recipe, prepared.problem), recipe, prepared)


@pytest.mark.parametrize("where", ["loss", "gradient"])
@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_training_stops_before_the_update(data, where, bad, optimizer):
    trainer = trainer_for(data, loss=Poisoned(bad, where), optimizer=optimizer, schedule="constant", learning_rate=0.25)
    Poisoned.watched[:] = [trainer.network.parameters.vector, *trainer.state.optimizer.values()]
    Poisoned.snapshots.clear()
    with pytest.raises(DivergedError, match=r"not finite at step 3 of 6, learning rate 0\.25") as caught:
        list(trainer.epochs())
    assert where in caught.value.message
    assert caught.value.exit_code == 6
    assert trainer.state.steps == GOOD_STEPS
    assert len(Poisoned.snapshots) == GOOD_STEPS + 1
    for now, before in zip(Poisoned.watched, Poisoned.snapshots[-1], strict=True):
        np.testing.assert_array_equal(now, before)
    assert (Poisoned.snapshots[0][0] != Poisoned.snapshots[1][0]).any()  # the good steps did move the weights


def test_the_hint_says_what_to_try(data):
    trainer = trainer_for(Split(data.inputs * 1e15, data.targets), learning_rate=1e6, optimizer="sgd")
    with pytest.raises(DivergedError) as caught:
        list(trainer.epochs())
    assert "learning rate below 1e+06" in caught.value.hint
    assert "the default here is 1" in caught.value.hint


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_a_far_too_large_learning_rate_is_detected(activation, optimizer):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 3)), rng.standard_normal((64, 1))
    network = DeepNeuralNetwork([3, 8, 1], activation, task="regression")
    with pytest.raises(DivergedError):
        network.train(x, y, optimizer=optimizer, l_rate=1e12, epochs=20, verbose=False)
    assert len(network.history) < 20


def test_a_loss_that_overflows_leaves_the_initial_weights(data):
    network = DeepNeuralNetwork([3, 1], task="regression")
    before = network.network.parameters.vector.copy()
    x = np.full((4, 3), 3e38)
    with pytest.raises(DivergedError, match="step 1 of 10") as caught:
        network.train(x, np.zeros(4), verbose=False)
    assert "below" not in caught.value.hint  # no rate would help: no step has been made
    assert "nnzoo check" in caught.value.hint
    np.testing.assert_array_equal(network.network.parameters.vector, before)
    assert network.history == []


def test_a_network_with_outputs_that_are_not_finite_has_no_accuracy(data):
    for value in (np.nan, np.inf, -np.inf):
        trainer = trainer_for(data)
        trainer.network.parameters["2.dense.bias"][0] = value
        figures = trainer.scorer.evaluate(trainer.network, Batches(data, 5, trainer.scorer.problem))
        assert np.isnan(figures["loss"])
        assert figures["accuracy"] is None


@pytest.mark.parametrize("part", ["test", "validation"])
def test_outputs_that_are_not_finite_on_other_data_stop_training(data, part):
    if part == "test":
        trainer = trainer_for(data, Split(HUGE, np.zeros(32, int)))
    else:
        trainer = trainer_for(data, validation=0.25)
        trainer.validation = Batches(Split(HUGE, np.zeros(32, int)), 32, trainer.scorer.problem)
    with pytest.raises(DivergedError, match=f"loss on the {part} data"):
        list(trainer.epochs())


def test_an_untrained_network_is_measured_with_the_same_care(data):
    trainer = trainer_for(data, Split(HUGE, np.zeros(32, int)), epochs=0)
    with pytest.raises(DivergedError):
        trainer.measure()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_predicting_and_scoring_raise(data, value):
    network = DeepNeuralNetwork([3, 4, 2])
    network.network.parameters["2.dense.bias"][0] = value
    for use in (network.predict, network.predict_proba, lambda x: network.score(x, data.targets)):
        with pytest.raises(DivergedError, match="not finite"):
            use(data.inputs)


def test_training_never_ends_well_with_weights_that_are_not_finite(data):
    """The last update can overflow as well as any other, and no later loss will show it."""
    network = DeepNeuralNetwork([3, 2])
    with pytest.raises(DivergedError):
        network.train(
            data.inputs * 1e18, data.targets, epochs=1, optimizer="sgd", l_rate=1e25, schedule="constant",
            weight_decay=0, verbose=False,
        )  # fmt: skip


def test_training_can_continue_with_a_lower_learning_rate():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 3))
    network = DeepNeuralNetwork([3, 1], task="regression")
    with pytest.raises(DivergedError):
        network.train(x * 1e25, x[:, 0], verbose=False)
    network.train(x, x[:, 0], l_rate=0.3, epochs=200, weight_decay=0, verbose=False)
    assert network.score(x, x[:, 0]) > 0.999
