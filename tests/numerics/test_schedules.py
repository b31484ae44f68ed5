"""Learning-rate schedules, over every step of trainings of any length."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.builtin.schedules import Constant, OneCycle

step_of_total = st.integers(1, 100_000).flatmap(lambda total: st.tuples(st.integers(0, total - 1), st.just(total)))
one_cycles = st.builds(
    OneCycle,
    warmup=st.floats(0, 1, exclude_max=True),
    start=st.floats(0, 1, exclude_min=True),
)


@given(step_of_total)
def test_constant_is_one(step_of_total):
    assert Constant().factor(*step_of_total) == 1


@given(schedule=one_cycles, step_of_total=step_of_total)
def test_one_cycle_stays_between_zero_and_one(schedule, step_of_total):
    assert 0 <= schedule.factor(*step_of_total) <= 1 + 1e-12


@given(warmup=st.floats(0.01, 0.99), start=st.floats(0.01, 1), total=st.integers(1, 10_000))
def test_one_cycle_starts_at_its_start(warmup, start, total):
    assert OneCycle(warmup, start).factor(0, total) == pytest.approx(start)


def test_one_cycle_without_warm_up_starts_at_its_maximum():
    assert OneCycle(warmup=0).factor(0, 100) == 1


@given(quarter=st.integers(1, 1000))
def test_one_cycle_reaches_one_when_the_warm_up_ends(quarter):
    factors = [OneCycle(warmup=0.25).factor(step, 4 * quarter) for step in range(4 * quarter)]
    assert factors[quarter] == max(factors) == 1
    assert factors[: quarter + 1] == sorted(factors[: quarter + 1])
    assert factors[quarter:] == sorted(factors[quarter:], reverse=True)


def test_one_cycle_ends_near_zero():
    assert 0 < OneCycle().factor(99_999, 100_000) < 1e-8


@given(warmup=st.floats(0.05, 0.95), start=st.floats(0.01, 1), total=st.integers(2, 2000), data=st.data())
def test_one_cycle_is_continuous(warmup, start, total, data):
    """No step changes the factor by more than the steeper of the two slopes allows: at the join, too."""
    step = data.draw(st.integers(0, total - 2))
    schedule = OneCycle(warmup, start)
    steepest = max((1 - start) / warmup, math.pi / 2 / (1 - warmup)) / total
    assert abs(schedule.factor(step + 1, total) - schedule.factor(step, total)) <= steepest * (1 + 1e-9)


def test_one_cycle_halfway_points():
    schedule = OneCycle(warmup=0.5, start=0.2)
    assert schedule.factor(1, 4) == pytest.approx(0.6)  # halfway from 0.2 to 1
    assert schedule.factor(3, 4) == pytest.approx(0.5)  # half a cosine, halfway
