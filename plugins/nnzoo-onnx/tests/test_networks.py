"""Exported networks compute what nnzoo computes: on 1,000 inputs, to 1e-5. The exporter numpy knows the same layers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nnzoo import DeepNeuralNetwork
from nnzoo.api import Dataset, Split

SAMPLES = 1000
ACTIVATIONS = (
    "relu",
    "sigmoid",
    "identity",
    "tanh",
    "leaky-relu:negative_slope=0.3",
    "elu:alpha=0.5",
    "gelu",
    "silu",
    "softplus",
)


def samples(shape, seed=1, n=SAMPLES):
    return np.random.default_rng(seed).standard_normal((n, *shape)).astype(np.float32)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_multilayer_perceptrons_with_every_activation(network, computes_the_same, activation):
    dnn = network((28, 28), model="mlp:hidden=64,32", activation=activation)
    computes_the_same(dnn, samples((28, 28)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_inputs_far_from_zero(network, computes_the_same, activation):
    dnn = network((3,), model="mlp:hidden=5", activation=activation)
    computes_the_same(dnn, 100 * samples((3,)))


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        ((28, 28), "lenet5"),
        ((8, 8), "lenet5"),
        ((3, 15, 12), "lenet5"),
        ((15, 12, 3), "lenet5:channels=last"),
        ((13, 14), "every-layer"),
        ((12, 17), "every-layer"),
        ((8, 8), "resnet-small:filters=4,6"),
        ((3, 9, 7), "resnet-small:filters=4,6,stride=2"),
        ((40,), "resnet-small:filters=4,6"),
        ((40,), "conv-small:filters=3,4"),
        ((8, 8), "tiny-conv"),
    ],
)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_convolutional_networks(network, computes_the_same, shape, model, activation):
    computes_the_same(network(shape, model=model, activation=activation), samples(shape))


def test_regression(network, computes_the_same):
    dnn = network((4,), 2, model="mlp:hidden=8", activation="tanh", task="regression")
    computes_the_same(dnn, samples((4,)))


@pytest.mark.parametrize("n", [1, 2, 1001])
def test_any_number_of_samples(network, computes_the_same, n):
    dnn = network((8, 8), model="lenet5")
    computes_the_same(dnn, samples((8, 8), n=n))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
    hidden=st.lists(st.integers(1, 12), max_size=3),
    outputs=st.integers(2, 11),
    activation=st.sampled_from(ACTIVATIONS),
    seed=st.integers(0, 1000),
)
def test_any_multilayer_perceptron(network, computes_the_same, shape, hidden, outputs, activation, seed):
    model = f"mlp:hidden={','.join(map(str, hidden))}"
    dnn = network(shape, outputs, seed, model=model, activation=activation)
    computes_the_same(dnn, samples(shape, seed, n=50))


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_networks_that_branch_and_share_weights(network, computes_the_same, activation):
    computes_the_same(network((5, 6), 4, model="every-branch", activation=activation), samples((5, 6)))


def test_several_things_at_once(computes_the_same):
    x, rng = samples((4,), n=60), np.random.default_rng(2)
    targets = {"kind": rng.integers(3, size=60), "sizes": 100 + 5 * rng.standard_normal((60, 2))}
    split = Split.joined(x, targets)
    data = Dataset(split, split, task="joint")
    dnn = DeepNeuralNetwork.for_dataset(data, task="joint")
    dnn.train(data, epochs=1, verbose=False)
    computes_the_same(dnn, x)


@pytest.mark.parametrize("model", ["autoencoder:code=3,hidden=8", "denoising:code=3,hidden=8", "vae:code=3,hidden=8"])
@pytest.mark.parametrize("loss", ["mse", "binary-cross-entropy"])
def test_autoencoders(network, computes_the_same, model, loss):
    dnn = network((5, 6), 30, model=model, task="reconstruction", loss=loss)
    computes_the_same(dnn, samples((5, 6)))
