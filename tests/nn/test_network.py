"""`Network`: shapes, names, memory, and where initial weights come from."""

import math
import tracemalloc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.api import Layer, LayerPlan
from nnzoo.builtin.activations import Relu, Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.models import Mlp
from nnzoo.errors import UsageError
from nnzoo.nn import EVALUATION_BATCH, Network


def mlp(hidden=(5,), input_shape=(4,), outputs=3, activation=None, **options):
    return Network(Mlp(hidden).layers(input_shape, outputs, activation or Relu()), input_shape, **options)


def test_names_and_order_of_parameters():
    network = mlp((5, 6))
    assert {name: view.shape for name, view in network.parameters.views().items()} == {
        "0.dense.weight": (4, 5),
        "2.dense.weight": (5, 6),
        "4.dense.weight": (6, 3),
        "0.dense.bias": (5,),
        "2.dense.bias": (6,),
        "4.dense.bias": (3,),
    }
    assert network.gradients.layout == network.parameters.layout
    assert network.gradients.vector.shape == network.parameters.vector.shape
    assert network.parameters.weights.size == 4 * 5 + 5 * 6 + 6 * 3


@given(
    hidden=st.lists(st.integers(1, 5), max_size=3).map(tuple),
    input_shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    outputs=st.integers(1, 4),
    n=st.integers(1, 6),
)
def test_forward_is_the_formula(hidden, input_shape, outputs, n):
    network = mlp(hidden, input_shape, outputs, Sigmoid(), dtype=np.float64)
    rng = np.random.default_rng(0)
    network.parameters.vector[...] = rng.standard_normal(len(network.parameters))
    x = rng.standard_normal((n, *input_shape))
    expected = x.reshape(n, math.prod(input_shape))
    for place in range(0, 2 * len(hidden) + 1, 2):
        weight, bias = (network.parameters[f"{place}.dense.{name}"] for name in ("weight", "bias"))
        expected = (1 / (1 + np.exp(-expected)) if place else expected) @ weight + bias
    before = x.copy()
    np.testing.assert_allclose(network.forward(x), expected, rtol=1e-12, atol=1e-12)
    assert network.output_shape == (outputs,)
    np.testing.assert_array_equal(x, before)


@given(sizes=st.lists(st.integers(1, 20), min_size=2, max_size=6))
def test_batches_of_any_size_in_any_order_do_not_disturb_each_other(sizes):
    rng = np.random.default_rng(0)
    x, grad = rng.standard_normal((20, 4)), rng.standard_normal((20, 3))
    network = mlp(dtype=np.float64)
    for n in sizes:
        fresh = mlp(dtype=np.float64)
        logits = [one.forward(x[:n], step=0).copy() for one in (network, fresh)]
        for one in (network, fresh):
            one.backward(grad[:n].copy())
        np.testing.assert_array_equal(*logits)
        np.testing.assert_array_equal(network.gradients.vector, fresh.gradients.vector)


def test_a_batch_size_seen_before_allocates_nothing():
    network = mlp((200,), (300,), 100)
    x, grad = np.ones((256, 300), np.float32), np.ones((256, 100), np.float32)
    network.forward(x, step=0)
    network.backward(grad)
    tracemalloc.start()
    try:
        network.forward(x, step=1)
        network.backward(grad)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 256 * 100 * 4 / 2  # half of the smallest array of a batch


def test_arrays_have_the_requested_dtype():
    assert mlp().forward(np.ones((2, 4), np.float32)).dtype == np.float32
    assert mlp(dtype=np.float64).forward(np.ones((2, 4))).dtype == np.float64
    np.testing.assert_array_equal(mlp().parameters.vector, mlp(dtype=np.float64).parameters.vector.astype(np.float32))


def test_initial_weights_depend_on_the_seed_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002  the global state must not be touched
    one, same, other = mlp(seed=1), mlp(seed=1), mlp(seed=2)
    np.testing.assert_array_equal(one.parameters.vector, same.parameters.vector)
    assert not np.isin(one.parameters.weights, other.parameters.weights).any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_equal_layers_of_one_network_start_differently():
    network = mlp((4, 4))
    assert (network.parameters["0.dense.weight"] != network.parameters["2.dense.weight"]).all()


@pytest.mark.parametrize(
    ("initialization", "variance"), [("he", 2 / 400), ("glorot", 2 / 700), ("lecun", 1 / 400)], ids=lambda v: str(v)
)
def test_initial_weights_have_the_variance_of_their_formula(initialization, variance):
    weight = Network([Dense(300, initialization)], (20, 20)).parameters["0.dense.weight"]
    assert weight.mean() == pytest.approx(0, abs=4 * math.sqrt(variance / weight.size))
    assert weight.var() == pytest.approx(variance, rel=0.02)


def test_hidden_layers_start_as_suits_the_activation_and_biases_at_zero():
    he, glorot = (mlp((1000,), (500,), 10, activation) for activation in (Relu(), Sigmoid()))
    assert he.parameters["0.dense.weight"].var() == pytest.approx(2 / 500, rel=0.02)
    assert glorot.parameters["0.dense.weight"].var() == pytest.approx(2 / 1500, rel=0.02)
    assert he.parameters["2.dense.weight"].var() == pytest.approx(2 / 1010, rel=0.06)
    assert not he.parameters["0.dense.bias"].any()
    assert not he.parameters["2.dense.bias"].any()


@dataclass(frozen=True)
class Spy(Layer):
    """Hands its input on, and notes what it was given."""

    name: ClassVar[str] = "spy"
    notes: ClassVar[list] = []

    def plan(self, input_shape):
        return LayerPlan(input_shape, random=True)

    def forward(self, x, out, memory):
        self.notes.append((memory.training, memory.rng.random() if memory.training else None))
        out[...] = x

    def backward(self, x, out, grad_out, grad_in, memory):
        self.notes.append(grad_in is not None)
        if grad_in is not None:
            grad_in[...] = grad_out


def test_only_layers_after_the_first_trained_one_compute_an_input_gradient():
    Spy.notes.clear()
    network = Network([Spy(), Dense(2), Spy(), Dense(2)], (3,), dtype=np.float64)
    network.forward(np.ones((4, 3)), step=0)
    Spy.notes.clear()
    network.backward(np.ones((4, 2)))
    assert Spy.notes == [True]  # the one in the middle; the first is not asked at all


def test_a_random_layer_draws_from_seed_place_and_step():
    def draws(seed, step):
        Spy.notes.clear()
        Network([Spy(), Spy()], (1,), seed=seed).forward(np.ones((1, 1), np.float32), step=step)
        return [number for _, number in Spy.notes]

    assert draws(0, 0) == draws(0, 0)
    assert len({*draws(0, 0), *draws(0, 1), *draws(1, 0)}) == 6


def test_a_prediction_is_not_a_training_step():
    Spy.notes.clear()
    network = Network([Spy()], (1,))
    network.forward(np.ones((1, 1), np.float32))
    network.forward(np.ones((1, 1), np.float32), step=0)
    assert [training for training, _ in Spy.notes] == [False, True]


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.float32])
def test_predict_is_forward_of_the_scaled_samples_however_many(dtype):
    network = mlp(input_shape=(2, 2))
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 255, (2 * EVALUATION_BATCH + 3, 2, 2)).astype(dtype)
    inputs = inputs[:, :, ::-1]  # not contiguous, as an image that was flipped
    before = inputs.copy()
    outputs = network.predict(inputs, scale=1 / 255)
    assert (outputs.shape, outputs.dtype) == ((len(inputs), 3), np.float32)
    np.testing.assert_array_equal(inputs, before)
    expected = network.forward((inputs * np.float32(1 / 255)).astype(np.float32))
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    assert network.predict(inputs[:0]).shape == (0, 3)


def test_outputs_are_those_of_every_layer_and_leave_training_alone():
    network = mlp()
    x = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    logits = network.forward(x, step=0)
    before = logits.copy()
    first, hidden, last = network.outputs(2 * x, scale=0.5)
    assert (first.shape, hidden.shape, last.shape) == ((7, 5), (7, 5), (7, 3))
    np.testing.assert_array_equal(hidden, np.maximum(first, 0))
    np.testing.assert_array_equal(last, before)
    network.outputs(np.zeros((7, 4)))
    np.testing.assert_array_equal(logits, before)
    np.testing.assert_array_equal(last, before)


def test_layers_without_parameters_make_a_network_too():
    network = Network([Activate(Relu())], (2,))
    assert network.forward(np.array([[-1, 2]], np.float32)).tolist() == [[0, 2]]
    network.backward(np.ones((1, 2), np.float32))
    assert len(network.parameters) == 0


def test_a_network_without_layers_is_an_error():
    with pytest.raises(UsageError, match="at least one layer"):
        Network([], (2,))
