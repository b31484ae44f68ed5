"""SGD and Momentum against trajectories in plain Python: lists and floats, no NumPy."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo import registry
from nnzoo.api import Split
from nnzoo.builtin.activations import Identity
from nnzoo.builtin.models import Mlp
from nnzoo.builtin.optimizers import Momentum, Sgd, nnzoo_optimizers
from nnzoo.kinds import Problem
from nnzoo.nn import Network
from nnzoo.training.batches import Batches
from nnzoo.training.recipe import resolve_recipe
from nnzoo.training.scoring import Scorer
from nnzoo.training.trainer import Trainer

OPTIMIZERS = [optimizer() for optimizer in nnzoo_optimizers()]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)

gradients_of_three = st.lists(st.lists(st.floats(-10, 10), min_size=3, max_size=3), min_size=1, max_size=8)
rates = st.floats(1e-3, 10)
betas = st.floats(0, 0.999)


def sgd(theta, gradients, rate):
    for gradient in gradients:
        theta = [t - rate * g for t, g in zip(theta, gradient, strict=True)]
    return theta


def momentum(theta, gradients, rate, beta):
    velocity = [0.0] * len(theta)
    for gradient in gradients:
        velocity = [beta * v + (1 - beta) * g for v, g in zip(velocity, gradient, strict=True)]
        theta = [t - rate * v for t, v in zip(theta, velocity, strict=True)]
    return theta


def heavy_ball(theta, gradients, rate, beta):
    velocity = [0.0] * len(theta)
    for gradient in gradients:
        velocity = [beta * v + g for v, g in zip(velocity, gradient, strict=True)]
        theta = [t - rate * v for t, v in zip(theta, velocity, strict=True)]
    return theta


def run(optimizer, theta, gradients, rate, dtype=np.float64):
    params = np.array(theta, dtype)
    state = optimizer.init(params)
    for step, gradient in enumerate(gradients):
        optimizer.update(params, np.array(gradient, dtype), state, rate, step)
    return params


START = [1.0, -2.0, 0.5]
close = {"rtol": 1e-11, "atol": 1e-11}


@given(gradients=gradients_of_three, rate=rates)
def test_sgd_trajectory(gradients, rate):
    np.testing.assert_allclose(run(Sgd(), START, gradients, rate), sgd(START, gradients, rate), **close)


@given(gradients=gradients_of_three, rate=rates, beta=betas)
def test_momentum_trajectory(gradients, rate, beta):
    expected = momentum(START, gradients, rate, beta)
    np.testing.assert_allclose(run(Momentum(beta), START, gradients, rate), expected, **close)


def test_momentum_by_hand():
    # v: 0.1, 0.19;  θ: 1 − 2·0.1 = 0.8, 0.8 − 2·0.19 = 0.42
    assert run(Momentum(beta=0.9), [1.0], [[1.0], [1.0]], 2.0) == pytest.approx([0.42], rel=1e-14)


@given(gradients=gradients_of_three, rate=rates, beta=betas)
def test_momentum_is_the_heavy_ball_with_a_smaller_learning_rate(gradients, rate, beta):
    expected = heavy_ball(START, gradients, rate * (1 - beta), beta)
    np.testing.assert_allclose(run(Momentum(beta), START, gradients, rate), expected, **close)


@given(gradients=gradients_of_three, rate=rates)
def test_momentum_without_memory_is_sgd(gradients, rate):
    np.testing.assert_array_equal(run(Momentum(beta=0), START, gradients, rate), run(Sgd(), START, gradients, rate))


@every_optimizer
def test_update_is_in_place_and_keeps_float32(optimizer):
    rng = np.random.default_rng(0)
    params, grad = (rng.standard_normal(5).astype(np.float32) for _ in range(2))
    before, address = params.copy(), params.ctypes.data
    state = optimizer.init(params)
    np.testing.assert_array_equal(params, before)
    arrays = dict(state)
    optimizer.update(params, grad, state, 0.1, 0)
    assert (params != before).all()
    assert params.dtype == grad.dtype == np.float32
    assert params.ctypes.data == address
    assert state.keys() == arrays.keys()
    for name, array in state.items():
        assert array is arrays[name]
        assert type(array) is np.ndarray
        assert array.dtype == np.float32
        assert array.shape == params.shape


@every_optimizer
def test_update_reaches_a_network_through_a_slice_and_nothing_beyond(optimizer):
    whole = np.full(9, 5, np.float32)
    params = whole[2:6]
    optimizer.update(params, np.ones(4, np.float32), optimizer.init(params), 0.5, 0)
    assert whole[[0, 1, 6, 7, 8]].tolist() == [5] * 5
    assert (whole[2:6] < 5).all()


@every_optimizer
def test_update_allocates_nothing_that_grows_with_the_network(optimizer):
    params, grad = np.ones(500_000, np.float32), np.ones(500_000, np.float32)
    state = optimizer.init(params)
    tracemalloc.start()
    try:
        optimizer.update(params, grad, state, 0.1, 0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < params.nbytes / 20


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_learning_rate_zero_moves_nothing(optimizer, dtype):
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((4, 3))
    assert run(optimizer, START, gradients, 0.0, dtype).tolist() == START


# --- the real trainer ----------------------------------------------------------------------------------------------

X = [[0.5, -1.0], [1.5, 2.0], [-0.25, 0.75], [1.0, 1.0], [-2.0, 0.5]]
Y = [1.0, -0.5, 2.0, 0.25, 1.5]
RATE, DECAY, BETA, EPOCHS, BATCH = 0.3, 0.05, 0.8, 4, 2


def one_cycle(step, total, warmup=0.25, start=0.04):
    share = step / total
    if share < warmup:
        return start + (1 - start) * share / warmup
    return (1 + math.cos(math.pi * (share - warmup) / (1 - warmup))) / 2


def linear_regression(theta, batches, beta, factor):
    """Train y = w₁x₁ + w₂x₂ + b by hand: mean squared error, decoupled decay of w but not of b, momentum β."""
    velocity = [0.0, 0.0, 0.0]
    for step, batch in enumerate(batches):
        gradient = [0.0, 0.0, 0.0]
        for (x1, x2), y in batch:
            error = theta[0] * x1 + theta[1] * x2 + theta[2] - y
            for place, x in enumerate((x1, x2, 1.0)):
                gradient[place] += 2 * error * x / len(batch)
        rate = RATE * factor(step, len(batches))
        theta = [theta[0] * (1 - rate * DECAY), theta[1] * (1 - rate * DECAY), theta[2]]
        velocity = [beta * v + (1 - beta) * g for v, g in zip(velocity, gradient, strict=True)]
        theta = [t - rate * v for t, v in zip(theta, velocity, strict=True)]
    return theta


@pytest.mark.parametrize("batch_size", [BATCH, 100], ids=["mini-batches, the last one short", "full batches"])
@pytest.mark.parametrize(
    ("schedule", "factor"), [("constant", lambda step, total: 1.0), ("one-cycle", one_cycle)], ids=["constant", "cycle"]
)
@pytest.mark.parametrize(("optimizer", "beta"), [(Sgd(), 0.0), (Momentum(BETA), BETA)], ids=str)
def test_trainer_takes_the_steps_that_plain_python_takes(optimizer, beta, schedule, factor, batch_size):
    recipe = resolve_recipe(
        registry,
        task="regression",
        model=Mlp(()),
        optimizer=optimizer,
        schedule=schedule,
        learning_rate=RATE,
        weight_decay=DECAY,
        epochs=EPOCHS,
        batch_size=batch_size,
        seed=7,
    )
    network = Network(recipe.model.layers((2,), 1, Identity()), (2,), seed=7, dtype=np.float64)
    network.parameters["0.dense.bias"][...] = 0.5  # so that decaying it would show
    start = network.parameters.vector.tolist()
    problem = Problem((2,), (1,), (1,))
    batches = Batches(Split(np.array(X), np.array(Y)[:, None]), batch_size, problem, np.float64)
    by_hand = [
        list(zip(batch.inputs.tolist(), batch.targets[:, 0].tolist(), strict=True))
        for epoch in range(1, EPOCHS + 1)
        for batch in batches.shuffled(7, epoch)
    ]
    assert [len(batch) for batch in by_hand] == ([2, 2, 1] if batch_size == BATCH else [5]) * EPOCHS

    trainer = Trainer(network, recipe, Scorer(recipe.task, recipe.loss, (), problem, dtype=np.float64), batches)
    metrics = list(trainer.epochs())

    expected = linear_regression(start, by_hand, beta, factor)
    np.testing.assert_allclose(network.parameters.vector, expected, rtol=1e-11)
    assert trainer.state.steps == trainer.total_steps == len(by_hand)
    assert metrics[-1].learning_rate == pytest.approx(RATE * factor(len(by_hand) - 1, len(by_hand)))
