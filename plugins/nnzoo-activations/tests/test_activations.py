"""The activations: values, derivatives, manners; and that nnzoo finds and trains them."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from nnzoo import load_dataset, registry
from nnzoo.testing import parametrize_with_checks
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

from nnzoo_activations import Elu, Gelu, LeakyRelu, Silu, Softplus, Tanh
from nnzoo_activations.erf import erf

# Each with its definition in plain Python.
CASES = {
    "tanh": (Tanh(), math.tanh),
    "leaky-relu": (LeakyRelu(), lambda z: z if z > 0 else 0.01 * z),
    "leaky-relu, steep": (LeakyRelu(negative_slope=0.5), lambda z: z if z > 0 else 0.5 * z),
    "elu": (Elu(), lambda z: z if z > 0 else math.expm1(z)),
    "elu, flat": (Elu(alpha=0.25), lambda z: z if z > 0 else 0.25 * math.expm1(z)),
    "gelu": (Gelu(), lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2))),
    "silu": (Silu(), lambda z: z / (1 + math.exp(-z))),
    "softplus": (Softplus(), lambda z: math.log1p(math.exp(z))),
}
NAMES = ("elu", "gelu", "leaky-relu", "silu", "softplus", "tanh")

every_case = pytest.mark.parametrize(("activation", "function"), CASES.values(), ids=CASES.keys())
every_name = pytest.mark.parametrize("name", NAMES)


def value(activation, z):
    out = np.full_like(z, np.nan)
    activation.forward(z, out)
    return out


@parametrize_with_checks([activation for activation, _ in CASES.values()])
def test_conformance(check):
    check()


@every_case
def test_values_are_those_of_the_definition(activation, function):
    z = np.linspace(-8, 8, 321)
    np.testing.assert_allclose(value(activation, z), [function(x) for x in z], rtol=1e-13, atol=1e-15)
    single = z.astype(np.float32)
    np.testing.assert_allclose(value(activation, single), [function(x) for x in z], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 5e-16), (np.float32, 3e-7)])
def test_erf_is_exact_to_the_precision_of_its_type(dtype, tolerance):
    x = np.linspace(-7, 7, 20_001).astype(dtype)
    out = np.empty_like(x)
    erf(x, out)
    exact = np.array([math.erf(float(v)) for v in x])
    np.testing.assert_allclose(out.astype(float), exact, rtol=tolerance, atol=0)
    erf(x, out=x)  # in place
    np.testing.assert_array_equal(x, out)


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
        *_, last = prepare_new(recipe, digits).epochs()
        reached.append(last.test_accuracy)
    assert np.mean(reached) >= 0.955, reached


def test_the_command_line_trains_with_it(tmp_path):
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--activation", "elu:alpha=0.5", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["activation"] == "elu"
    (record,) = tmp_path.glob("runs/*/run.json")
    stored = json.loads(record.read_text())["components"]["activation"]
    assert (stored["name"], stored["options"]) == ("nnzoo-activations/elu", {"alpha": 0.5})
