"""Each optimizer against plain Python that has no state: every step is worked out anew from all gradients so far."""

import math
import random

import numpy as np
import pytest

from nnzoo_optimizers import Adagrad, Adam, AdamW, HeavyBall, Lion, Nesterov, RmsProp

# One coordinate at a time. `g` is the list of its gradients up to now, the newest last; each function returns what is
# taken from the parameter, in units of the learning rate. Recurrences are written out as the sums they stand for.


def decayed(beta, numbers):
    """β⁰ xₜ + β¹ xₜ₋₁ + … + βᵗ⁻¹ x₁."""
    return math.fsum(beta**age * x for age, x in enumerate(reversed(numbers)))


def squares(g):
    return [x**2 for x in g]


def heavy_ball(g, beta):
    return decayed(beta, g)


def nesterov(g, beta):
    return g[-1] + beta * decayed(beta, g)


def adagrad(g, epsilon):
    return g[-1] / (math.hypot(*g) + epsilon)


def rmsprop(g, beta, epsilon):
    return g[-1] / (math.sqrt((1 - beta) * decayed(beta, squares(g))) + epsilon)


def adam(g, beta1, beta2, epsilon):
    # The bias correction turns the sums into averages whose weights add up to 1 (Kingma & Ba, section 3).
    mean = decayed(beta1, g) / decayed(beta1, [1] * len(g))
    mean_square = decayed(beta2, squares(g)) / decayed(beta2, [1] * len(g))
    return mean / (math.sqrt(mean_square) + epsilon)


def lion(g, beta1, beta2):
    *earlier, newest = g
    decision = beta1 * (1 - beta2) * decayed(beta2, earlier) + (1 - beta1) * newest
    return (decision > 0) - (decision < 0)


CASES = [
    (HeavyBall(), heavy_ball),
    (HeavyBall(beta=0.5), heavy_ball),
    (HeavyBall(beta=0), heavy_ball),
    (Nesterov(), nesterov),
    (Nesterov(beta=0.3), nesterov),
    (Nesterov(beta=0), nesterov),
    (Adagrad(), adagrad),
    (Adagrad(epsilon=0.5), adagrad),
    (RmsProp(), rmsprop),
    (RmsProp(beta=0.9, epsilon=0.1), rmsprop),
    (RmsProp(beta=0), rmsprop),
    (Adam(), adam),
    (Adam(beta1=0.5, beta2=0.9, epsilon=0.1), adam),
    (Adam(beta1=0, beta2=0), adam),
    (Adam(beta1=0.99, beta2=0.5), adam),
    (AdamW(), adam),
    (AdamW(beta1=0.5, beta2=0.9, weight_decay=0.3), adam),
    (AdamW(weight_decay=0), adam),
    (Lion(), lion),
    (Lion(beta1=0.3, beta2=0.8), lion),
    (Lion(beta1=0.99, beta2=0.9), lion),
    (Lion(beta1=0, beta2=0), lion),
]
every_case = pytest.mark.parametrize(("optimizer", "formula"), CASES, ids=[str(optimizer) for optimizer, _ in CASES])


def by_hand(optimizer, formula, start, gradients, rates):
    options = optimizer.to_options()
    decay = options.pop("weight_decay", 0.0)
    theta, points = start, []
    for t, rate in enumerate(rates, start=1):
        theta = theta - rate * decay * theta
        theta = theta - rate * formula(gradients[:t], **options)
        points.append(theta)
    return points


def run(optimizer, start, gradients, rates, dtype=np.float64):
    params = np.array(start, dtype)
    state = optimizer.init(params)
    points = []
    for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True)):
        optimizer.update(params, np.array(gradient, dtype), state, rate, step)
        points.append(params.tolist())
    return points


def problem(seed, steps=40, size=5):
    """A start, gradients of very different sizes, of which some are zero, and learning rates that change."""
    rng = random.Random(seed)
    start = [rng.gauss(0, 2) for _ in range(size)]
    gradients = [[rng.gauss(0, 1) * 10 ** rng.uniform(-4, 2) for _ in range(size)] for _ in range(steps)]
    for step in (0, 1, 7, steps - 1):
        gradients[step][0] = 0.0
    return start, gradients, [10 ** rng.uniform(-4, 0) for _ in range(steps)]


@every_case
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-5)], ids=["float64", "float32"])
def test_trajectory(optimizer, formula, seed, dtype, tolerance):
    start, gradients, rates = problem(seed)
    columns = [
        by_hand(optimizer, formula, theta, list(column), rates)
        for theta, column in zip(start, zip(*gradients, strict=True), strict=True)
    ]
    expected = np.transpose(columns)
    size = np.abs(expected).max(axis=0)
    np.testing.assert_allclose(
        run(optimizer, start, gradients, rates, dtype) / size, expected / size, rtol=0, atol=tolerance
    )


def test_nesterov_takes_its_gradient_ahead():
    """The original form: v ← β v − η f′(θ + β v), θ ← θ + v. Our parameters are the point ahead, θ + β v."""

    def slope(x):
        return 4 * x**3 - 3 * x + 1

    beta, rate, theta, velocity = 0.8, 0.02, 1.5, 0.0
    params = np.array([theta])
    state = Nesterov(beta).init(params)
    for step in range(30):
        assert params[0] == pytest.approx(theta + beta * velocity, rel=1e-12)
        velocity = beta * velocity - rate * slope(theta + beta * velocity)
        theta += velocity
        Nesterov(beta).update(params, slope(params), state, rate, step)


def test_adam_without_memory_is_the_sign_of_the_gradient():
    points = run(Adam(beta1=0, beta2=0), [0.0, 0.0], [[5.0, -1e-3]], [0.5])
    assert points[0] == pytest.approx([-0.5, 0.5], rel=1e-4)


@pytest.mark.parametrize("gradient", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(
    ("optimizer", "size"), [(Adam(), 1), (AdamW(), 1), (Adagrad(), 1), (RmsProp(beta=0.99), 10), (Lion(), 1)], ids=str
)
def test_first_step_does_not_grow_with_the_gradient(optimizer, size, gradient):
    """Adam with a step counted from 1, or without bias correction, would fail here."""
    assert run(optimizer, [0.0], [[gradient]], [0.1])[0] == pytest.approx([-0.1 * size], rel=1e-3)
    assert not optimizer.gradient_scaled


def test_adamw_decays_every_parameter_by_the_learning_rate_times_the_weight_decay():
    assert run(AdamW(weight_decay=0.25), [2.0, -4.0], [[0.0, 0.0]], [0.5]) == [[1.75, -3.5]]


def test_lion_moves_by_the_learning_rate_or_not_at_all():
    start = [1.0, 1.0, 1.0, 1.0]
    assert run(Lion(), start, [[3.0, -1e-20, 0.0, 1e20]], [0.25], np.float32) == [[0.75, 1.25, 1.0, 0.75]]


def test_lion_comes_to_rest_where_gradients_have_stopped():
    params = np.ones(1, np.float32)
    state = Lion().init(params)
    for step in range(8000):
        Lion().update(params, np.full(1, step == 0, np.float32), state, 1e-3, step)
    before = params.copy()
    Lion().update(params, np.zeros(1, np.float32), state, 1e-3, 8000)
    assert params[0] == pytest.approx(before[0], abs=1e-6)
