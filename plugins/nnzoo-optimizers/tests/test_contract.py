"""What every optimizer owes to the trainer."""

import numpy as np
import pytest
from nnzoo.api import HyperparameterError
from nnzoo.testing import parametrize_with_checks

from nnzoo_optimizers import (
    Adagrad,
    Adam,
    AdamW,
    HeavyBall,
    Lamb,
    Lars,
    Lion,
    Muon,
    Nesterov,
    RmsProp,
    Sam,
    nnzoo_optimizers,
)

OPTIMIZERS = [optimizer() for optimizer in nnzoo_optimizers()]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)


@parametrize_with_checks([*OPTIMIZERS, Adam(beta1=0.0), AdamW(weight_decay=0.1), Lion(beta2=0.9), Sam(rho=0.5)])
def test_conformance(check):
    check()


def random_arrays(count, size, dtype, seed=0):
    return [array.astype(dtype) for array in np.random.default_rng(seed).standard_normal((count, size))]


def take_steps(optimizer, params, gradients, state=None, first=0):
    state = optimizer.init(params) if state is None else state
    for step, gradient in enumerate(gradients, start=first):
        optimizer.update(params, gradient.copy(), state, 0.01, step)
    return state


@every_optimizer
def test_parameters_that_never_had_a_gradient_stay(optimizer):
    params = np.ones(3, np.float32)
    optimizer = AdamW(weight_decay=0) if isinstance(optimizer, AdamW) else optimizer
    take_steps(optimizer, params, [np.zeros(3, np.float32)] * 20)
    assert params.tolist() == [1, 1, 1]


@every_optimizer
def test_scratch_space_carries_nothing(optimizer):
    params, *gradients = random_arrays(11, 9, np.float32)
    clean, state = params.copy(), optimizer.init(params)
    take_steps(optimizer, clean, gradients)
    for step, gradient in enumerate(gradients):
        if "scratch" in state:
            state["scratch"].fill(np.nan)
        take_steps(optimizer, params, [gradient], state, first=step)
    np.testing.assert_array_equal(params, clean)


@every_optimizer
def test_changes_nothing_beyond_its_slice(optimizer):
    whole = np.full(9, 5, np.float32)
    take_steps(optimizer, whole[2:6], [np.ones(4, np.float32)])
    assert whole[[0, 1, 6, 7, 8]].tolist() == [5] * 5
    assert (whole[2:6] < 5).all()


@every_optimizer
def test_huge_and_tiny_gradients_leave_finite_parameters(optimizer):
    params = np.ones(4, np.float32)
    gradients = [np.array([1e15, -1e15, 1e-30, 0], np.float32), np.zeros(4, np.float32)] * 3
    with np.errstate(under="ignore"):
        take_steps(optimizer, params, gradients)
    assert np.isfinite(params).all()


# --- convergence -----------------------------------------------------------------------------------------------------

# The optimizer and its learning rates on the parabola and on Rosenbrock's valley, going down to zero in a line.
CONVERGENCE = [
    (HeavyBall(), 0.01, 3e-4),
    (Nesterov(), 0.01, 3e-4),
    (Adagrad(), 1.0, 0.5),
    (RmsProp(), 0.03, 0.01),
    (Adam(), 0.03, 0.02),
    (AdamW(weight_decay=0), 0.03, 0.02),
    (Lion(), 0.01, 3e-3),
    (Lars(), 0.01, 3e-4),  # these three see an array with one axis, which they treat as their equations say of biases
    (Lamb(), 0.03, 0.02),
    (Muon(), 0.15, 0.1),
    (Sam(), 0.01, 3e-4),
]
every_convergence = pytest.mark.parametrize(
    ("optimizer", "parabola", "valley"), CONVERGENCE, ids=[optimizer.name for optimizer, *_ in CONVERGENCE]
)


def minimise(optimizer, slope, start, rate, steps):
    params = np.array(start)
    state = optimizer.init(params)
    for step in range(steps):
        optimizer.update(params, slope(params), state, rate * (1 - step / steps), step)
    return params


@every_convergence
def test_converges_on_a_parabola(optimizer, parabola, valley):
    """½ (x − 3)² + 5 (y + 2)²."""
    minimum, curvature = np.array([3.0, -2.0]), np.array([1.0, 10.0])
    found = minimise(optimizer, lambda p: (p - minimum) * curvature, [0.0, 0.0], parabola, 2000)
    np.testing.assert_allclose(found, minimum, atol=0.01)


@every_convergence
def test_converges_on_rosenbrock(optimizer, parabola, valley):
    """(1 − x)² + 100 (y − x²)², whose minimum at (1, 1) lies in a bent, narrow valley."""

    def slope(p):
        x, y = p
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    found = minimise(optimizer, slope, [-1.2, 1.0], valley, 10_000)
    np.testing.assert_allclose(found, [1, 1], atol=0.1)


# --- hyperparameters -------------------------------------------------------------------------------------------------

BETAS = [(HeavyBall, "beta"), (Nesterov, "beta"), (RmsProp, "beta"), (Lars, "beta"), (Muon, "beta")]
BETAS += [(optimizer, name) for optimizer in (Adam, AdamW, Lion, Lamb, Muon) for name in ("beta1", "beta2")]
EPSILONS = [(optimizer, "epsilon") for optimizer in (Adagrad, RmsProp, Adam, AdamW, Lamb, Muon)]
DECAYS = [(optimizer, "weight_decay") for optimizer in (AdamW, Lars, Lamb)]


@pytest.mark.parametrize(("optimizer", "name"), [*BETAS, *EPSILONS, *DECAYS])
def test_takes_the_lowest_value_that_is_allowed(optimizer, name):
    lowest = 1e-30 if name == "epsilon" else 0.0
    chosen = optimizer(**{name: lowest})
    params, *gradients = random_arrays(4, 5, np.float32)
    gradients[1][0] = 0
    take_steps(chosen, params, gradients)
    assert np.isfinite(params).all()


@every_optimizer
def test_gives_its_equation_and_its_source(optimizer):
    assert "Equation" in optimizer.description()
    assert "References" in optimizer.description()


def test_a_typo_is_offered_the_right_name():
    with pytest.raises(HyperparameterError, match="no hyperparameter 'betta1'") as error:
        Adam.from_options({"betta1": "0.5"})
    assert "beta1" in str(error.value.hint)
