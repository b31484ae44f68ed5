"""The schedules: their courses, and what nnzoo does with them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nnzoo import registry
from nnzoo.api import Split
from nnzoo.testing import parametrize_with_checks
from nnzoo.training.data import prepare_data
from nnzoo.training.prepare import build_network, prepare
from nnzoo.training.recipe import resolve_recipe

from nnzoo_schedules import Cosine, Exponential, ReduceOnPlateau, Step

NAMES = ("cosine", "exponential", "reduce-on-plateau", "step")

totals = st.integers(1, 10_000)


@parametrize_with_checks([Step, Exponential, Cosine, ReduceOnPlateau, Cosine(warmup=0), ReduceOnPlateau(patience=1)])
def test_conformance(check):
    check()


def course(schedule, total):
    return [schedule.factor(step, total) for step in range(total)]


@given(total=totals, data=st.data())
@pytest.mark.parametrize("name", NAMES)
def test_factors_lie_between_0_and_1(name, total, data):
    factor = registry.build("schedule", name).factor(data.draw(st.integers(0, total - 1)), total)
    assert type(factor) is float
    assert 0 <= factor <= 1


def test_step_drops_after_equal_shares():
    np.testing.assert_allclose(course(Step(), 9), [1] * 3 + [0.1] * 3 + [0.01] * 3)
    np.testing.assert_allclose(course(Step(drops=1, ratio=0.5), 4), [1, 1, 0.5, 0.5])


@given(total=st.integers(10, 500), drops=st.integers(1, 5))
def test_step_has_as_many_stages_as_it_should(total, drops):
    factors = course(Step(drops=drops, ratio=0.5), total)
    assert len(set(factors)) == drops + 1
    assert factors == sorted(factors, reverse=True)


def test_exponential_loses_the_same_share_at_every_step():
    factors = np.array(course(Exponential(final=0.01), 1000))
    assert factors[0] == 1
    np.testing.assert_allclose(factors[1:] / factors[:-1], 0.01 ** (1 / 1000))
    np.testing.assert_allclose(factors[-1], 0.01, rtol=0.01)


def test_cosine_warms_up_in_a_line_and_cools_down_along_a_cosine():
    factors = np.array(course(Cosine(warmup=0.1, final=0.2), 1000))
    np.testing.assert_allclose(factors[:100], np.arange(1, 101) / 101)
    assert factors.argmax() == 100
    assert factors[100] == 1
    np.testing.assert_allclose(factors[550], 0.6)  # half-way down
    np.testing.assert_allclose(factors[-1], 0.2, atol=1e-4)
    assert (np.diff(factors[100:]) < 0).all()


@given(total=totals, warmup=st.floats(0, 0.99), final=st.floats(0, 1))
def test_cosine_starts_above_0_and_ends_at_or_above_the_final_factor(total, warmup, final):
    schedule = Cosine(warmup=warmup, final=final)
    assert schedule.factor(0, total) > 0
    assert schedule.factor(total - 1, total) >= min(final, 1 / (warmup * total + 1)) - 1e-12


def heard(schedule, losses, part="validation_loss"):
    memory: dict[str, float] = {}
    return [schedule.after_epoch({"validation_loss": None, "train_loss": 9.0, part: loss}, memory) for loss in losses]


def test_the_plateau_is_waited_for_and_each_drop_starts_a_new_wait():
    schedule = ReduceOnPlateau(patience=2, ratio=0.5, min_factor=0.2)
    assert heard(schedule, [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2]
    assert heard(schedule, [1.0, 0.9, 0.8, 0.7, 0.6]) == [1] * 5
    assert heard(schedule, [1.0, 0.9, 1.1, 0.8, 0.9, 0.7]) == [1] * 6  # never two in a row


def test_a_negative_loss_improves_too():
    assert heard(ReduceOnPlateau(patience=1, threshold=0.1), [-1.0, -1.05]) == [1, 0.1]
    assert heard(ReduceOnPlateau(patience=1, threshold=0.1), [-1.0, -1.2]) == [1, 1]


def test_cosine_warms_up_so_it_takes_the_whole_default_rate():
    rates = {name: resolve_recipe(registry, schedule=name).learning_rate for name in (*NAMES, "one-cycle")}
    assert rates["cosine"] == rates["one-cycle"]
    assert rates["step"] == rates["exponential"] == rates["reduce-on-plateau"] == pytest.approx(rates["cosine"] / 3)


def test_too_small_an_improvement_is_none():
    assert heard(ReduceOnPlateau(patience=1, threshold=0.1), [1.0, 0.95]) == [1, 0.1]
    assert heard(ReduceOnPlateau(patience=1, threshold=0.01), [1.0, 0.95]) == [1, 1]


def test_without_validation_the_training_loss_counts():
    schedule = ReduceOnPlateau(patience=1)
    assert heard(schedule, [1.0, 1.0], part="train_loss") == [1, 0.1]


def test_the_trainer_lowers_the_learning_rate_on_a_plateau():
    rng = np.random.default_rng(0)
    noise = Split(rng.standard_normal((40, 3)).astype(np.float32), rng.integers(0, 2, 40))  # nothing to learn
    plateau = "reduce-on-plateau:patience=1,ratio=0.5,threshold=0.5"
    recipe = resolve_recipe(registry, schedule=plateau, learning_rate=0.01, epochs=4, validation=0.25)
    data = prepare_data(recipe.task, noise, None, names=("a", "b"), validation=0.25)
    trainer = prepare(build_network(recipe, data.problem), recipe, data)
    rates = [metrics.learning_rate for metrics in trainer.epochs()]
    assert rates == pytest.approx([0.01, 0.01, 0.005, 0.0025])


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_trains_with_it(tmp_path, name):
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--schedule", name, "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    results = json.loads(done.stdout)
    assert results["schedule"] == name
    assert results["test_accuracy"] > 0.9
    (record,) = tmp_path.glob("runs/*/run.json")
    stored = json.loads(record.read_text())["components"]["schedule"]
    assert stored["name"] == f"nnzoo-schedules/{name}"
