"""SAM in real trainings, against its formula written down anew in float64."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Buffer, Layer, LayerPlan, Model, Parameter, Split, UsageError, bound_update
from nnzoo.builtin.models import Mlp
from nnzoo.nn import Network
from nnzoo.testing.numerics import peak_memory
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

from nnzoo_optimizers import Adam, HeavyBall, Muon, Sam

RHO, BETA, RATE = 0.3, 0.5, 0.05


@dataclass(frozen=True)
class Jitter(Layer):
    """Multiplies by random numbers, and counts its training steps."""

    name: ClassVar[str] = "jitter"

    def plan(self, input_shape):
        noise = {"noise": Buffer(input_shape)}
        return LayerPlan(input_shape, state={"steps": Parameter((1,))}, workspace=noise, random=True)

    def forward(self, x, out, memory):
        noise = memory.workspace["noise"]
        noise.fill(1)
        if memory.training:
            noise[...] = memory.rng.random(noise.shape)
            memory.state["steps"] += 1
        np.multiply(x, noise, out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        if grad_in is not None:
            np.multiply(grad_out, memory.workspace["noise"], out=grad_in)


@dataclass(frozen=True)
class Jittery(Model):
    """A linear model behind it."""

    name: ClassVar[str] = "jittery"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        dense, _, last = Mlp((9,)).layers(input_shape, outputs, activation)
        return [dense, Jitter(), last]


def data(samples=96):
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=samples)
    return (rng.normal(size=(samples, 6)) + labels[:, None]).astype(np.float32), labels


def trainer_of(optimizer, model=None, **options):
    options = {"epochs": 1, "batch_size": 8, "schedule": "constant", "learning_rate": RATE} | options
    recipe = resolve_recipe(registry, optimizer=optimizer, weight_decay=0.0, model=model or Mlp((9, 4)), **options)
    prepared = prepare_data(recipe.task, Split(*data()), None, names=())
    return prepare(build_network(recipe, prepared.problem), recipe, prepared)


@pytest.mark.parametrize("model", [Mlp((9, 4)), Jittery()], ids=str)
def test_it_trains_a_network_as_the_formula_says(model):
    trainer = trainer_of(Sam(inner=HeavyBall(beta=BETA), rho=RHO), model)
    network = trainer.network
    theta = network.parameters.vector.astype(np.float64)
    velocity = np.zeros_like(theta)
    copy = Network(network.graph, network.input_shape, seed=network.seed, dtype=np.float64)

    def gradient_at(parameters, batch, step):
        copy.parameters.vector[...] = parameters
        outputs = copy.forward(batch.inputs.astype(np.float64), step=step)  # the same random numbers both times
        p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        copy.backward((p - np.eye(3)[batch.targets]) / len(p))
        return copy.gradients.vector.copy()

    for step, batch in enumerate(trainer.train.shuffled(0, 1)):
        g = gradient_at(theta, batch, step)
        g = gradient_at(theta + RHO * g / np.linalg.norm(g), batch, step)
        velocity = BETA * velocity + g
        theta = theta - RATE * velocity
        trainer._step(batch)
    np.testing.assert_allclose(network.parameters.vector, theta, rtol=1e-3, atol=2e-4)
    plain = trainer_of(HeavyBall(beta=BETA), model)
    list(plain.epochs())
    assert np.abs(plain.network.parameters.vector - theta).max() > 0.01


def test_what_is_reported_and_running_statistics_are_those_of_the_first_pass():
    def first_step(optimizer):
        trainer = trainer_of(optimizer, Jittery())
        trainer.advance(1)
        return trainer.state.tally.loss_sum, trainer.network.state.vector.tolist()

    loss, steps = first_step(Sam(rho=5))
    assert (loss, steps) == first_step(HeavyBall())
    assert steps == [1]


def test_where_the_gradient_is_zero_it_looks_nowhere():
    params = np.ones(4, np.float32)
    Sam().probe(params, np.zeros(4, np.float32), {}, 0.1, 0)
    assert params.tolist() == [1, 1, 1, 1]


def test_a_step_allocates_nothing():
    trainer = trainer_of(Sam(), Mlp((300, 300)))
    batch = next(iter(trainer.train.shuffled(0, 1)))
    trainer._step(batch)
    assert peak_memory(lambda: trainer._step(batch)) < 20_000


def test_a_training_of_ones_own_that_computes_one_gradient_is_reported():
    network = trainer_of(HeavyBall()).network
    with pytest.raises(UsageError, match="second gradient"):
        bound_update(Sam(), network.parameters, network.gradients)


def test_stopped_and_resumed_it_ends_at_the_same_bits(tmp_path):
    x, y = data()
    whole, parts = (DeepNeuralNetwork(sizes=[6, 5, 3]) for _ in range(2))
    given = {"optimizer": Sam(inner=Adam()), "epochs": 3, "verbose": False}
    whole.train(x, y, **given)
    parts.train(x, y, stop_after=1, **given)
    parts.train(x, y, resume=True, **given)
    np.testing.assert_array_equal(whole.network.parameters.vector, parts.network.parameters.vector)


@pytest.mark.parametrize("inner", [Sam(), Muon()], ids=str)
def test_what_would_not_get_its_gradient_or_arrays_can_not_stand_inside(inner):
    with pytest.raises(UsageError, match=f"sam can't work through optimizer {inner.name}"):
        trainer_of(Sam(inner=inner))
