"""What it proposes: batches, learning from costs, and the same after everything."""

import math

import numpy as np
import pytest
from nnzoo.api import Choice, Range, Space, Text, Tried

from nnzoo_optuna import Optuna
from nnzoo_optuna.reading import decisions

BETA = Range("optimizer.momentum.beta", 0.5, 0.99)
RATE = Range("learning_rate", 0.001, 10.0, "log")
UNITS = Range("hidden", 1, 64, "integer")
SPACE = Space(
    (
        ("hidden", Text((Choice("hidden.of", (Text((UNITS,)), Text(("64,32",)))),))),
        ("optimizer", Text((Choice("optimizer", (Text(("sgd",)), Text(("momentum:beta=", BETA, ",nesterov=no")))),))),
        ("learning_rate", Text((RATE,))),
    )
)


def cost(configuration):
    """A bowl, lowest with momentum at a rate of 0.1."""
    rate = float(configuration["learning_rate"])
    return abs(math.log10(rate) + 1) + (0.5 if configuration["optimizer"] == "sgd" else 0.0)


def searched(search, trials, *, seed=0, cost=cost, space=SPACE):
    """All batches that it proposes."""
    tried, batches = [], []
    while batch := search.propose(space, trials, seed, tuple(tried)):
        tried += [Tried(one, cost(one.configuration)) for one in batch]
        batches.append([*batch])
    return batches, tried


def test_what_was_decided_is_read_back():
    rng = np.random.default_rng(0)
    for _ in range(300):
        met = {}

        def pick(dimension, met=met):
            of_choice = isinstance(dimension, Choice)
            met[dimension.name] = int(rng.integers(2)) if of_choice else dimension.at(rng.random())
            return met[dimension.name]

        configuration = SPACE.configuration(pick)
        assert decisions(SPACE, configuration) == met


def test_batches_have_their_size_whatever_comes_of_them():
    batches, tried = searched(Optuna(batch=5, startup=8), 30)
    assert [len(batch) for batch in batches] == [8, 5, 5, 5, 5, 2]
    assert len({tuple(one.proposal.configuration.items()) for one in tried}) == 30
    assert [len(batch) for batch in searched(Optuna(), None)[0]] == [10, 4, 4, 2]


def test_the_same_is_proposed_again_from_any_batch_on():
    search = Optuna(batch=3, startup=6)
    batches, tried = searched(search, 21, seed=4)
    assert searched(Optuna(batch=3, startup=6), 21, seed=4)[0] == batches
    done = 6
    for batch in batches[1:]:
        assert [*search.propose(SPACE, 21, 4, tuple(tried[:done]))] == batch
        done += len(batch)
    assert searched(search, 21, seed=5)[0] != batches


def test_it_tries_more_where_it_was_good():
    late = []
    for seed in range(4):
        _, tried = searched(Optuna(), 60, seed=seed)
        late += [one.cost for one in tried[30:]]
    drawn = [one.cost for seed in range(4) for one in searched(Optuna(startup=60), 60, seed=seed)[1]]
    assert np.median(late) < 0.6 * np.median(drawn)


def test_what_diverges_is_avoided():
    def diverging(configuration):
        return math.inf if float(configuration["learning_rate"]) > 0.05 else 1.0 + float(configuration["learning_rate"])

    _, tried = searched(Optuna(), 60, cost=diverging)
    infinite = [math.isinf(one.cost) for one in tried]
    assert sum(infinite[30:]) < sum(infinite[:30])
    _, tried = searched(Optuna(), 20, cost=lambda _: math.inf)
    assert len(tried) == 20


def test_a_small_space_is_tried_whole_and_once():
    space = Space((("activation", Text((Choice("activation", (Text(("relu",)), Text(("tanh",)))),))),))
    _, tried = searched(Optuna(startup=1, batch=1), 50, space=space, cost=lambda one: len(one["activation"]))
    assert sorted(one.proposal.configuration["activation"] for one in tried) == ["relu", "tanh"]


@pytest.mark.parametrize("name", ["learning_rate", "hidden"])
def test_numbers_stay_within_their_range_in_few_digits(name):
    _, tried = searched(Optuna(), 40)
    for one in tried:
        text = one.proposal.configuration[name]
        if name == "learning_rate":
            assert 0.001 <= float(text) <= 10
            assert float(f"{float(text):.4g}") == float(text)
        elif "," not in text:
            assert 1 <= int(text) <= 64
