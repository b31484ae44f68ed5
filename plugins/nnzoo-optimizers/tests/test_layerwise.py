"""LARS, LAMB and Muon against their papers' formulas, written down anew in float64, on a small network."""

import json
import math

import numpy as np
import pytest
from nnzoo import DeepNeuralNetwork, registry
from nnzoo.api import Split
from nnzoo.cli.main import main
from nnzoo.nn import Network
from nnzoo.testing.numerics import peak_memory
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

from nnzoo_optimizers import Lamb, Lars, Muon
from nnzoo_optimizers.muon import orthogonalize

OPTIMIZERS = [
    Lars(),
    Lars(beta=0.5, trust=0.1, weight_decay=0.3),
    Lars(weight_decay=0),
    Lamb(),
    Lamb(beta1=0.5, beta2=0.8, epsilon=0.01, weight_decay=2),
    Lamb(weight_decay=0),
    Muon(),
    Muon(beta=0.5, adam_rate=1, beta1=0.3, beta2=0.7, epsilon=0.1),
    Muon(beta=0),
]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)


# --- the formulas: what an array becomes, from all its gradients so far -----------------------------------------------


def adam_direction(gradients, beta1, beta2, epsilon):
    t = len(gradients)
    m = sum((1 - beta1) * beta1 ** (t - 1 - i) * g for i, g in enumerate(gradients)) / (1 - beta1**t)
    v = sum((1 - beta2) * beta2 ** (t - 1 - i) * g**2 for i, g in enumerate(gradients)) / (1 - beta2**t)
    return m / (np.sqrt(v) + epsilon)


class ByHand:
    """The path of all arrays of a network."""

    def __init__(self, optimizer, arrays):
        self.optimizer = optimizer
        self.arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
        self.gradients = {name: [] for name in arrays}
        self.velocities = dict.fromkeys(arrays, 0.0)

    def step(self, gradients, rate):
        rule = {Lars: self.lars, Lamb: self.lamb, Muon: self.muon}[type(self.optimizer)]
        for name, gradient in gradients.items():
            self.gradients[name].append(gradient.astype(np.float64))
            self.arrays[name] = self.arrays[name] + rule(name, self.arrays[name], rate)

    def lars(self, name, theta, rate):
        o, g = self.optimizer, self.gradients[name][-1]
        decay, ratio = 0.0, 1.0
        if theta.ndim > 1:
            decay = o.weight_decay
            if np.any(theta) and np.any(g):
                ratio = o.trust * np.linalg.norm(theta) / (np.linalg.norm(g) + decay * np.linalg.norm(theta))
        self.velocities[name] = o.beta * self.velocities[name] + rate * ratio * (g + decay * theta)
        return -self.velocities[name]

    def lamb(self, name, theta, rate):
        o = self.optimizer
        r = adam_direction(self.gradients[name], o.beta1, o.beta2, o.epsilon)
        if theta.ndim == 1:
            return -rate * r
        u = r + o.weight_decay * theta
        ratio = np.linalg.norm(theta) / np.linalg.norm(u) if np.any(theta) and np.any(u) else 1.0
        return -rate * ratio * u

    def muon(self, name, theta, rate):
        o, g = self.optimizer, self.gradients[name]
        if theta.ndim == 1:
            return -rate * o.adam_rate * adam_direction(g, o.beta1, o.beta2, o.epsilon)
        v = sum(o.beta ** (len(g) - 1 - i) * each for i, each in enumerate(g))
        x = (g[-1] + o.beta * v).reshape(-1, theta.shape[-1])
        # The iteration acts on each singular value by itself.
        left, values, right = np.linalg.svd(x, full_matrices=False)
        values = newton_schulz(values / (np.linalg.norm(values) or 1))
        return -rate * math.sqrt(max(1, x.shape[1] / x.shape[0])) * (left * values @ right).reshape(theta.shape)


def newton_schulz(values):
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


# --- on a small network -----------------------------------------------------------------------------------------------


def small_trainer(optimizer, **options):
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=96)
    split = Split((rng.normal(size=(96, 6)) + labels[:, None]).astype(np.float32), labels)
    options = {"model": "mlp:hidden=9,4", "epochs": 1, "batch_size": 8, "schedule": "constant"} | options
    recipe = resolve_recipe(registry, optimizer=optimizer, weight_decay=0.0, **options)
    data = prepare_data(recipe.task, split, None, names=())
    return prepare(build_network(recipe, data.problem), recipe, data)


@every_optimizer
def test_it_trains_a_network_as_the_formulas_say(optimizer):
    trainer = small_trainer(optimizer, learning_rate=0.05)
    network = trainer.network
    expected = ByHand(optimizer, network.parameters.views())
    copy = Network(network.layers, network.input_shape, dtype=np.float64)
    for batch in trainer.train.shuffled(0, 1):
        for name, array in expected.arrays.items():
            copy.parameters[name][...] = array
        outputs = copy.forward(batch.inputs.astype(np.float64), step=0)
        p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        copy.backward((p - np.eye(3)[batch.targets]) / len(p))
        expected.step({name: copy.gradients[name].copy() for name in expected.arrays}, 0.05)
        trainer._step(batch)
    for name, array in expected.arrays.items():
        np.testing.assert_allclose(network.parameters[name], array, rtol=1e-3, atol=2e-4, err_msg=name)


def arrays_and_gradients(steps=6, seed=0, dtype=np.float64):
    """Arrays of one, two and three axes, tall, wide and square, one of them all 0, and gradients of all sizes."""
    rng = np.random.default_rng(seed)
    shapes = {"tall": (7, 3), "wide": (3, 8), "square": (4, 4), "filters": (2, 3, 4), "zero": (5, 2), "bias": (6,)}
    arrays = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
    arrays["zero"][...] = 0
    gradients = [
        {name: (rng.normal(size=shape) * 10 ** rng.uniform(-3, 2)).astype(dtype) for name, shape in shapes.items()}
        for _ in range(steps)
    ]
    gradients[1]["square"][...] = 0
    return arrays, gradients


@every_optimizer
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 2e-4)], ids=["float64", "float32"])
def test_arrays_of_every_shape_move_as_the_formulas_say(optimizer, dtype, tolerance):
    arrays, gradients = arrays_and_gradients(dtype=dtype)
    expected = ByHand(optimizer, arrays)
    state = optimizer.init_arrays(arrays)
    for step, gradient in enumerate(gradients):
        rate = 0.1 / (step + 1)
        expected.step({name: array.copy() for name, array in gradient.items()}, rate)
        optimizer.update_arrays(arrays, gradient, state, rate, step)
        for name, array in expected.arrays.items():
            scale = np.abs(array).max()
            np.testing.assert_allclose(arrays[name] / scale, array / scale, rtol=0, atol=tolerance, err_msg=name)


@every_optimizer
def test_matrices_are_changed_where_they_are_and_scratch_space_carries_nothing(optimizer):
    arrays, gradients = arrays_and_gradients(dtype=np.float32)
    clean = {name: array.copy() for name, array in arrays.items()}
    state, clean_state = optimizer.init_arrays(arrays), optimizer.init_arrays(clean)
    held = dict(state)
    for step, gradient in enumerate(gradients):
        optimizer.update_arrays(clean, {n: g.copy() for n, g in gradient.items()}, clean_state, 0.1, step)
        if "scratch" in state:
            state["scratch"].fill(np.nan)
        optimizer.update_arrays(arrays, gradient, state, 0.1, step)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, clean[name])
    assert state.keys() == held.keys()
    assert all(state[name] is array and array.dtype == np.float32 for name, array in held.items())


@every_optimizer
def test_a_step_of_matrices_allocates_nothing(optimizer):
    arrays = {"0.weight": np.ones((400, 300), np.float32), "0.bias": np.ones(300, np.float32)}
    gradients = {name: np.ones_like(array) for name, array in arrays.items()}
    state = optimizer.init_arrays(arrays)
    peak = peak_memory(lambda: optimizer.update_arrays(arrays, gradients, state, 0.01, 0))
    assert peak < 400 * 300 * 4 / 10


@pytest.mark.parametrize("optimizer", [Lars(weight_decay=0), Lamb(), Muon()], ids=str)
def test_a_step_of_weights_does_not_grow_with_the_gradient(optimizer):
    steps = []
    for size in (1e-3, 1.0, 1e3):
        arrays, (gradient, *_) = arrays_and_gradients()
        before = arrays["tall"].copy()
        scaled = {name: array * size for name, array in gradient.items()}
        optimizer.update_arrays(arrays, scaled, optimizer.init_arrays(arrays), 0.1, 0)
        steps.append(np.linalg.norm(arrays["tall"] - before))
    np.testing.assert_allclose(steps, steps[1], rtol=0.02)
    assert not optimizer.gradient_scaled


@pytest.mark.parametrize("shape", [(30, 12), (12, 30), (20, 20), (1, 5), (5, 1)])
def test_orthogonalizing_keeps_the_directions_and_evens_out_the_singular_values(shape):
    x = np.random.default_rng(0).normal(size=shape)
    left, values, right = np.linalg.svd(x, full_matrices=False)
    scratch = np.full(x.size + 2 * min(shape) ** 2, np.nan)
    found = orthogonalize(x.copy(), scratch)
    inside = np.diag(left.T @ found @ right.T)
    np.testing.assert_allclose(left * inside @ right, found, atol=1e-10)
    wide = values / np.linalg.norm(values) > 0.003
    assert wide.sum() > 0.9 * len(wide)
    assert 0.6 < inside[wide].min() <= inside[wide].max() < 1.25


@pytest.mark.parametrize("name", ["lars", "lamb", "muon"])
def test_a_stopped_training_goes_on_to_the_same_bits(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def weights(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["train", *arguments, "--json", "--quiet"])
        assert ended.value.code == 0
        run = tmp_path / json.loads(capsys.readouterr().out)["run_dir"]
        return DeepNeuralNetwork.load(run / "model.safetensors").network.parameters.vector, run

    options = ("--dataset", "digits", "--optimizer", name, "--schedule", "constant")
    whole, _ = weights(*options, "--epochs", "3")
    _, half = weights(*options, "--epochs", "2")
    resumed, _ = weights("--resume", str(half), "--epochs", "3")
    np.testing.assert_array_equal(resumed, whole)
