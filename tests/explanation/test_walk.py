"""The step that is explained is the one that the trainer takes; finite differences, and where there are none."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import Activation, Layer, LayerPlan
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.losses import MeanSquaredError
from nnzoo.data import load_dataset
from nnzoo.errors import DivergedError
from nnzoo.explanation.differences import check_gradient
from nnzoo.explanation.walk import walk
from nnzoo.kinds import Problem
from nnzoo.nn import Network
from nnzoo.plugins.registry import default_registry
from nnzoo.training.batches import Batch, Batches
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.scoring import Scorer
from nnzoo.training.trainer import Trainer


def recipe(**choices):
    return resolve_recipe(default_registry(), schedule="constant", **choices)


def digit(index):
    """One digit, prepared for classification."""
    data = load_dataset("digits")
    return prepare_data(recipe().task, data.train.take(np.array([index])), None, names=data.names)


def one(x, label, classes):
    """A sample of a class, and its problem."""
    return Problem(x.shape[1:], (classes,), ()), Batch(x, np.array([label]))


@dataclass(frozen=True)
class Noise(Layer):
    """Multiplied by random numbers in training."""

    name: ClassVar[str] = "noise"

    def plan(self, input_shape):
        return LayerPlan(input_shape, random=True)

    def forward(self, x, out, memory):
        memory.noise = memory.rng.random(x.shape) if memory.training else np.ones(x.shape)
        np.multiply(x, memory.noise, out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            np.multiply(grad_out, memory.noise, out=grad_in)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_it_is_the_step_of_the_trainer_to_the_bit(optimizer):
    chosen = recipe(model="mlp:hidden=8,8", activation="sigmoid", optimizer=optimizer, batch_size=1, epochs=1)
    data = digit(5)
    network, again = (build_network(chosen, data.problem, np.float64) for _ in range(2))
    batches = Batches(data.train, 1, data.problem, np.float64)
    batch = next(batches.in_order())
    taken = walk(network, chosen, data.problem, Batch(batch.inputs.copy(), batch.targets.copy()))
    assert np.array_equal(network.parameters.vector, again.parameters.vector)  # only a copy has moved
    scorer = Scorer(chosen.task, chosen.loss, (), data.problem, dtype=np.float64)
    trainer = Trainer(network, chosen, scorer, batches)
    metrics = trainer.advance()
    assert np.array_equal(taken.update.after.vector, network.parameters.vector)
    assert taken.loss.value == metrics.train_loss
    for name, array in trainer.state.optimizer.items():
        assert np.array_equal(taken.update.state_after[name], array)
    assert taken.agreement().not_confirmed == 0


def test_the_largest_gradients_and_some_others_of_a_large_array_are_checked():
    data, chosen = digit(0), recipe()
    batch = next(Batches(data.train, 1, data.problem, np.float64).in_order())
    taken = walk(build_network(chosen, data.problem), chosen, data.problem, batch)
    gradient = taken.layers[0].gradients["weight"]
    assert gradient.values.shape == (64, 64)
    assert len(gradient.entries) == len(set(gradient.entries.tolist())) == 8
    assert np.abs(gradient.at_entries[:4]).min() == np.sort(np.abs(gradient.values.ravel()))[-4]
    assert gradient.verdicts() == ["confirmed"] * 8
    assert len(taken.loss.gradient.entries) == 10


def test_random_layers_draw_the_same_numbers_for_each_difference():
    network = Network([Dense(4), Noise(), Dense(3)], (2,), seed=3, dtype=np.float64)
    taken = walk(network, recipe(), *one(np.array([[0.3, -0.7]]), 1, 3))
    assert not np.array_equal(taken.layers[1].x, taken.layers[1].out)
    assert (taken.agreement().not_confirmed, taken.culprit()) == (0, None)


def test_a_layer_with_a_wrong_gradient_is_named():
    @dataclass(frozen=True)
    class Doubled(Dense):
        """Whose bias gets twice its gradient."""

        name: ClassVar[str] = "doubled"

        def backward(self, x, out, grad_out, grad_in, memory):
            super().backward(x, out, grad_out, grad_in, memory)
            memory.gradients["bias"] *= 2

    layers = [Dense(4), Activate(), Doubled(3), Activate(), Dense(2)]
    taken = walk(Network(layers, (2,), dtype=np.float64), recipe(), *one(np.array([[0.3, -0.7]]), 1, 2))
    assert taken.culprit() == layers[2]
    wrong = [name for name, _, gradient in taken.checked() if "not confirmed" in gradient.verdicts()]
    assert wrong == ["2.doubled.bias"]


def test_a_kink_is_distinguished_from_a_wrong_gradient():
    network = Network([Dense(3), Activate(default_registry().build("activation", "relu")), Dense(2)], (2,))
    taken = walk(network, recipe(), *one(np.zeros((1, 2)), 0, 2))  # all z are 0
    assert taken.layers[1].grads_in[0].verdicts() == ["kink"] * 3
    assert taken.layers[0].gradients["bias"].verdicts() == ["kink"] * 3
    assert taken.layers[0].gradients["weight"].verdicts() == ["confirmed"] * 6
    assert taken.culprit() is None


def differences(f, x, gradient):
    array = np.array([x])
    checked = check_gradient(lambda: f(array[0]), array, np.array([gradient]))
    assert array[0] == x
    return checked.verdicts()[0]


def test_each_checked_gradient_gets_a_verdict():
    assert differences(lambda x: x**3, 2.0, 12.0) == "confirmed"
    assert differences(lambda x: x**3, 2.0, 12.01) == "not confirmed"
    assert differences(lambda x: x**2, 0.0, 0.01) == "not confirmed"
    assert differences(lambda x: 1e3 * x, 0.0, 2e3) == "not confirmed"
    assert differences(abs, 0.0, 0.5) == "kink"
    assert differences(abs, 5e-6, 1.0) == "confirmed"  # a kink beside it
    assert differences(abs, 5e-6, 0.25) == "not confirmed"
    assert differences(lambda x: 1e8 + x, 1.0, 1.0) == "confirmed"  # for all the rounding of a large loss


def test_numbers_that_are_not_finite_are_an_error():
    @dataclass(frozen=True)
    class Broken(Activation):
        """Nothing good."""

        name: ClassVar[str] = "broken"

        def forward(self, z, out):
            np.log(-np.abs(z), out=out)

        def backward(self, z, a, grad):
            pass

    problem, x = Problem((2,), (2,), (2,)), np.ones((1, 2))
    values = recipe(task="regression", loss=MeanSquaredError(), learning_rate=1e308)
    with pytest.raises(DivergedError, match=r"the loss \(nan\) of this step is not finite"):
        walk(Network([Dense(2), Activate(Broken())], (2,)), values, problem, Batch(x, x))
    with pytest.raises(DivergedError, match="after the step"):
        walk(Network([Dense(2)], (2,)), values, problem, Batch(1e3 * x, x))


@pytest.mark.parametrize("task", ["multi-label", "regression"])
def test_labels_and_values_are_targets_too(task):
    labels = task == "multi-label"
    problem = Problem((3,), (2,), (2,), has_labels=labels)
    batch = Batch(np.array([[0.5, -1.0, 2.0]]), np.array([[1.0, 0.0]]))
    chosen = recipe(task=task, model="mlp:hidden=4")
    taken = walk(build_network(chosen, problem, np.float64), chosen, problem, batch)
    z, t = taken.loss.logits, np.array([1.0, 0.0])
    p = 1 / (1 + np.exp(-z)) if labels else z
    np.testing.assert_allclose(taken.loss.predicted, p)
    value = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean() if labels else np.square(z - t).mean()
    assert taken.loss.value == pytest.approx(value)
    np.testing.assert_allclose(taken.loss.gradient.values, (p - t) / 2 if labels else z - t)
    assert (taken.agreement().not_confirmed, taken.update.loss < taken.loss.value) == (0, True)


def test_a_class_at_each_of_several_positions():
    problem, batch = Problem((2,), (3, 4), (3,)), Batch(np.array([[0.5, -1.0]]), np.array([2, 0, 3]))
    chosen = recipe()
    taken = walk(build_network(chosen, problem, np.float64), chosen, problem, batch)
    z = taken.loss.logits.reshape(3, 4)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert taken.loss.value == pytest.approx(-np.log(p[[0, 1, 2], [2, 0, 3]]).mean())
    assert taken.loss.targets.reshape(3, 4).argmax(axis=1).tolist() == [2, 0, 3]
    assert taken.agreement().not_confirmed == 0
