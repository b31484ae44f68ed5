"""Frozen arrays stay as they are to the bit, and a learning rate of one's own means the same for every optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Layer, LayerPlan, Model, ObserverPlan, Parameter, StepObserver
from nnzoo.builtin.layers import Dense
from nnzoo.errors import UsageError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 5)).astype(np.float32), RNG.integers(0, 3, 60)
HARD = {"epochs": 2, "batch_size": 16, "weight_decay": 0.1, "verbose": False}


def trained(**choices):
    """A small network before and after a training: two dictionaries of arrays."""
    dnn = DeepNeuralNetwork(sizes=[5, 4, 4, 3])
    before = {name: array.copy() for name, array in dnn.network.parameters.views().items()}
    dnn.train(X, Y, **{**HARD, **choices})
    return before, dnn.network.parameters.views()


@dataclass(frozen=True)
class Meddler(StepObserver):
    """Does what no observer may."""

    name: ClassVar[str] = "meddler"

    def plan(self, moment):
        return ObserverPlan()

    def after_step(self, moment, memory):
        moment.parameters += 1e-3


@pytest.mark.parametrize("optimizer", registry.names("optimizer"))
@pytest.mark.parametrize("frozen", ["0.*", "*.bias"])
def test_frozen_arrays_stay_to_the_bit(optimizer, frozen):
    watched = {"observers": ["clip:norm=0.1", "average:decay=0.37", Meddler()], "validation": 0.2, "keep": "best"}
    before, after = trained(optimizer=optimizer, freeze=frozen, learning_rate=0.05, **watched)
    held = {name for name in before if (before[name] == after[name]).all()}
    suffix = frozen.strip("*")
    assert held == {name for name in before if name.startswith(suffix) or name.endswith(suffix)}


@pytest.mark.parametrize("optimizer", registry.names("optimizer"))
def test_a_factor_scales_the_whole_change_of_a_step(optimizer):
    step = {"epochs": 1, "batch_size": 60, "optimizer": optimizer, "learning_rate": 0.05}
    before, usual = trained(**step)
    _, scaled = trained(**step, learning_rate_of={"*": 5, "2.*": 0.25, "0.dense.bias": 1, "4.*": 0})
    factors = {"0.dense.weight": 5, "2.dense.weight": 0.25, "2.dense.bias": 0.25, "0.dense.bias": 1}
    for name, start in before.items():
        change = (usual[name] - start) * np.float32(factors.get(name, 0))
        assert np.array_equal(scaled[name], change + start) or factors.get(name) == 1
    assert np.array_equal(scaled["0.dense.bias"], usual["0.dense.bias"])


def test_a_global_norm_does_not_see_frozen_arrays():
    seen = []

    @dataclass(frozen=True)
    class Norm(Meddler):
        def after_step(self, moment, memory):
            seen.append([name for name, gradient in moment.gradients.items() if gradient.any()])

    trained(observers=[Norm()], freeze=["0.*", "2.dense.bias"], epochs=1, batch_size=60)
    assert seen == [["2.dense.weight", "4.dense.weight", "4.dense.bias"]]


@dataclass(frozen=True)
class Shifted(Layer):
    """Remembers how often it was used in training."""

    name: ClassVar[str] = "shifted"

    def plan(self, input_shape):
        shapes = {"parameters": {"shift": Parameter(input_shape)}, "state": {"used": Parameter((1,))}}
        return LayerPlan(input_shape, **shapes)

    def forward(self, x, out, memory):
        memory.state["used"] += memory.training
        np.add(x, memory.parameters["shift"], out=out)

    def backward(self, x, out, grad_out, grad_in, memory):
        grad_out.sum(axis=0, out=memory.gradients["shift"])
        if grad_in is not None:
            grad_in[...] = grad_out


@dataclass(frozen=True)
class Shifting(Model):
    name: ClassVar[str] = "shifting"

    def depth(self):
        return 1

    def layers(self, input_shape, outputs, activation):
        return [Shifted(), Dense(outputs)]


def test_a_layer_that_is_frozen_as_a_whole_works_as_in_predictions():
    dnn = DeepNeuralNetwork(model=Shifting(), input_shape=(5,), outputs=3)
    dnn.train(X, Y, freeze="0.*", learning_rate=0.1, **HARD)
    assert dnn.network.state["0.shifted.used"] == 0
    dnn.train(X, Y, learning_rate=0.1, **HARD)
    assert dnn.network.state["0.shifted.used"] == 8


WRONG = {
    "no such array": ({"freeze": "dense.*"}, "did you mean 0.dense.weight"),
    "everything": ({"freeze": ["0.*", "*"]}, "every array is frozen"),
    "everything, by factors": ({"learning_rate_of": {"*": 0}}, "every array is frozen"),
    "a rate of what is frozen": ({"freeze": "0.*", "learning_rate_of": {"0.*": 0.1}}, "0.*"),
    "no factor": ({"learning_rate_of": ["0.*"]}, "PATTERN=FACTOR"),
    "a factor below 0": ({"learning_rate_of": {"0.*": -1}}, "PATTERN=FACTOR"),
    "a factor that is none": ({"learning_rate_of": ["0.*=nan"]}, "PATTERN=FACTOR"),
    "an empty pattern": ({"freeze": [""]}, "list of patterns"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_invalid_pattern_is_refused(case):
    choices, fragment = WRONG[case]
    with pytest.raises(UsageError) as caught:
        trained(**choices)
    assert fragment in str(caught.value)
