"""The activations: values, derivatives, manners; and that nnzoo finds and trains them."""

import json
import math
import subprocess
import sys

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nnzoo import load_dataset, registry
from nnzoo.api import HyperparameterError
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

from nnzoo_activations import Elu, Gelu, LeakyRelu, Silu, Softplus, Tanh
from nnzoo_activations.erf import erf

# Each with its definition in plain Python, and whether its slope jumps or bends at 0.
CASES = {
    "tanh": (Tanh(), math.tanh, False),
    "leaky-relu": (LeakyRelu(), lambda z: z if z > 0 else 0.01 * z, True),
    "leaky-relu, steep": (LeakyRelu(negative_slope=0.5), lambda z: z if z > 0 else 0.5 * z, True),
    "elu": (Elu(), lambda z: z if z > 0 else math.expm1(z), True),
    "elu, flat": (Elu(alpha=0.25), lambda z: z if z > 0 else 0.25 * math.expm1(z), True),
    "gelu": (Gelu(), lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2)), False),
    "silu": (Silu(), lambda z: z / (1 + math.exp(-z)), False),
    "softplus": (Softplus(), lambda z: math.log1p(math.exp(z)), False),
}
NAMES = ("elu", "gelu", "leaky-relu", "silu", "softplus", "tanh")

every_case = pytest.mark.parametrize(("activation", "function", "has_kink"), CASES.values(), ids=CASES.keys())
every_name = pytest.mark.parametrize("name", NAMES)


def value(activation, z):
    out = np.full_like(z, np.nan)
    activation.forward(z, out)
    return out


def slope(activation, z):
    grad = np.ones_like(z)
    activation.backward(z, value(activation, z), grad)
    return grad


@every_case
def test_values_are_those_of_the_definition(activation, function, has_kink):
    z = np.linspace(-8, 8, 321)
    np.testing.assert_allclose(value(activation, z), [function(x) for x in z], rtol=1e-13, atol=1e-15)
    single = z.astype(np.float32)
    np.testing.assert_allclose(value(activation, single), [function(x) for x in z], rtol=1e-5, atol=1e-6)


@every_case
def test_the_derivative_is_that_of_the_function(activation, function, has_kink):
    z = np.linspace(-6, 6, 241)
    if has_kink:
        z = z[np.abs(z) > 1e-3]
    step = 1e-5
    numerical = (value(activation, z + step) - value(activation, z - step)) / (2 * step)
    np.testing.assert_allclose(slope(activation, z), numerical, atol=1e-9)


@every_case
def test_extreme_inputs_give_neither_nan_nor_warning(activation, function, has_kink):
    z = np.array([-1e4, -100, -20, -0.0, 0, 20, 100, 1e4], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.isfinite(value(activation, z)).all()
        assert np.isfinite(slope(activation, z)).all()
    assert np.abs(slope(activation, z)).max() < 1.2


@every_case
@given(shape=arrays.array_shapes(max_dims=4, max_side=4), dtype=st.sampled_from([np.float32, np.float64]))
def test_work_happens_in_place(activation, function, has_kink, shape, dtype):
    z = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    before, out, grad = z.copy(), np.full_like(z, np.nan), np.full_like(z, 2)
    assert activation.forward(z, out) is None
    assert activation.backward(z, out.copy(), grad) is None
    np.testing.assert_array_equal(z, before)
    np.testing.assert_allclose(grad, 2 * slope(activation, z), rtol=1e-5)
    assert out.dtype == grad.dtype == dtype


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 5e-16), (np.float32, 3e-7)])
def test_erf_is_exact_to_the_precision_of_its_type(dtype, tolerance):
    x = np.linspace(-7, 7, 20_001).astype(dtype)
    out = np.empty_like(x)
    erf(x, out)
    exact = np.array([math.erf(float(v)) for v in x])
    np.testing.assert_allclose(out.astype(float), exact, rtol=tolerance, atol=0)
    erf(x, out=x)  # in place
    np.testing.assert_array_equal(x, out)


@pytest.mark.parametrize(
    ("component", "options"),
    [(LeakyRelu, {"negative_slope": -0.1}), (LeakyRelu, {"negative_slope": 1}), (Elu, {"alpha": 0})],
)
def test_hyperparameters_out_of_range_are_refused(component, options):
    with pytest.raises(HyperparameterError, match="is not allowed"):
        component(**options)


@every_name
def test_nnzoo_finds_it_and_says_where_it_comes_from(name):
    component = registry.build("activation", name)
    assert registry.provider(component).distribution == "nnzoo-activations"
    assert registry.build("activation", f"nnzoo-activations/{name}") == component
    assert "Equation" in component.description()


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@every_name
def test_digits_are_learnt_with_the_defaults(digits, name):
    reached = []
    for seed in range(3):
        recipe = resolve_recipe(registry, activation=name, seed=seed)
        network = build_network(recipe, digits.input_shape, digits.outputs)
        *_, last = prepare(network, recipe, digits.train, digits.test, classes=10).epochs()
        reached.append(last.test_accuracy)
    assert np.mean(reached) >= 0.955, reached


def test_the_command_line_trains_with_it(tmp_path):
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--activation", "elu:alpha=0.5", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["activation"] == "elu"
    (record,) = tmp_path.glob("runs/*/run.json")
    stored = json.loads(record.read_text())["components"]["activation"]
    assert (stored["name"], stored["options"]) == ("nnzoo-activations/elu", {"alpha": 0.5})
