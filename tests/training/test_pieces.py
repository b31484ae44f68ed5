"""Optimizers that take a long vector in pieces, and steps on several threads: the bits are those of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.builtin.optimizers import Momentum, Sgd
from nnzoo.kinds import Optimizer, Parameter
from nnzoo.nn.parameters import FlatParameters
from nnzoo.nn.threads import work_threads
from nnzoo.training import optimizing
from nnzoo.training.optimizing import bound_update, initial_memory


@dataclass(frozen=True)
class Rebinding(Momentum):
    """Puts a new array into its state in place of writing into the old one."""

    name: ClassVar[str] = "rebinding"

    def update(self, params, grad, state, learning_rate, step):
        state["velocity"] = state["velocity"] * np.float32(self.beta) + grad * np.float32(1 - self.beta)
        params -= state["velocity"] * np.float32(learning_rate)


@dataclass(frozen=True)
class Normed(Sgd):
    """Looks at all of the gradient, so it can't be handed pieces, and says nothing of them."""

    name: ClassVar[str] = "normed"
    in_pieces: ClassVar[bool] = False

    def update(self, params, grad, state, learning_rate, step):
        grad *= np.float32(learning_rate / np.linalg.norm(grad))
        params -= grad


def steps(optimizer: Optimizer, count: int = 4, size: int = 10_007):
    """Parameters and memory after some steps on random gradients."""
    layout = {"weight": Parameter((size,), is_weight=True)}
    parameters, gradients = FlatParameters(layout), FlatParameters(layout)
    rng = np.random.default_rng(0)
    parameters.vector[...] = rng.standard_normal(size)
    memory = initial_memory(optimizer, parameters)
    update = bound_update(optimizer, parameters, gradients)
    for step in range(count):
        gradients.vector[...] = rng.standard_normal(size)
        update(memory, 0.1, step)
    return parameters.vector, memory


@pytest.mark.parametrize("optimizer", [Sgd(), Momentum(), Rebinding(), Normed()])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_pieces_end_where_the_whole_ends(monkeypatch, optimizer, count):
    whole, memory = steps(optimizer)
    monkeypatch.setattr(optimizing, "PIECE", 1000)
    with work_threads(count):
        pieces, kept = steps(optimizer)
    np.testing.assert_array_equal(pieces, whole)
    for name, array in memory.items():
        np.testing.assert_array_equal(kept[name], array)


def test_pieces_are_taken_only_by_an_optimizer_that_says_so(monkeypatch):
    monkeypatch.setattr(optimizing, "PIECE", 1000)
    lengths = []

    @dataclass(frozen=True)
    class Counting(Sgd):
        def update(self, params, grad, state, learning_rate, step):
            lengths.append(len(params))
            super().update(params, grad, state, learning_rate, step)

    class Unasked(Counting):
        in_pieces = False

    steps(Counting(), count=1)
    assert lengths == [1000] * 10 + [7]
    lengths.clear()
    steps(Unasked(), count=1)
    assert lengths == [10_007]


def test_a_large_network_has_the_same_bits_on_any_number_of_threads():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((300, 600)).astype(np.float32), rng.integers(0, 3, 300)
    networks = {}
    for threads in (1, 2, "auto"):
        networks[threads] = DeepNeuralNetwork((600, 512, 512, 3))
        networks[threads].train(x, t, epochs=2, batch_size=250, threads=threads, verbose=False)
    one = networks[1].network.parameters.vector
    for other in networks.values():
        np.testing.assert_array_equal(other.network.parameters.vector, one)
