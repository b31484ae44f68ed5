"""``train(resume=True)`` ends in the same bits as one long training, or says why it can't continue."""

import copy

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.errors import UsageError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 5)).astype(np.float32), RNG.integers(0, 3, 60)
TRAININGS = {
    "constant": {"schedule": "constant"},
    "the best is kept": {"schedule": "constant", "validation": 0.2, "keep": "best", "learning_rate": 5},
    "an average": {"schedule": "constant", "observers": ["average:decay=0.5"]},
    "frozen": {"schedule": "constant", "freeze": "0.*", "learning_rate_of": {"2.*": 0.5}},
}


def network():
    return DeepNeuralNetwork(sizes=[5, 4, 3])


def train(dnn, **choices):
    return dnn.train(X, Y, batch_size=16, verbose=False, **choices)


def same(one, other):
    figures = ([{**each.to_dict(), "seconds": 0} for each in dnn.history] for dnn in (one, other))
    return (
        np.array_equal(one.network.parameters.vector, other.network.parameters.vector)
        and len(set(map(str, figures))) == 1
    )


@pytest.mark.parametrize("training", TRAININGS)
def test_training_in_pieces_gives_the_same_bits(training):
    whole, pieces, choices = network(), network(), TRAININGS[training]
    train(whole, epochs=7, **choices)
    train(pieces, epochs=2, **choices)
    train(pieces, epochs=3, resume=True, **choices)
    pieces = copy.deepcopy(pieces)
    assert [each.epoch for each in train(pieces, epochs=7, resume=True, **choices)] == [4, 5, 6, 7]
    assert same(whole, pieces)


def test_a_schedule_that_plans_for_all_epochs_gets_their_number_first():
    whole, pieces = network(), network()
    train(whole, epochs=5)
    train(pieces, epochs=5, stop_after=2)
    train(pieces, epochs=5, stop_after=4, resume=True)
    train(pieces, epochs=5, resume=True)
    assert same(whole, pieces)


WRONG = {
    "at its end": ({"epochs": 3}, "at its end"),
    "other rates so far": ({"epochs": 5}, "plans for all epochs"),
    "another optimizer": ({"epochs": 3, "optimizer": "sgd"}, "optimizer = sgd, was momentum"),
    "too early a stop": ({"epochs": 3, "stop_after": 3}, "at its end"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_training_that_can_not_be_resumed_is_refused_and_changes_nothing(case):
    dnn, (choices, fragment) = network(), WRONG[case]
    train(dnn, epochs=3)
    before = dnn.network.parameters.vector.copy()
    with pytest.raises(UsageError) as caught:
        train(dnn, resume=True, **choices)
    assert fragment in str(caught.value)
    assert np.array_equal(dnn.network.parameters.vector, before)


def test_other_data_and_a_network_that_was_never_trained_are_refused():
    dnn = network()
    with pytest.raises(UsageError, match="no training to resume"):
        train(dnn, epochs=3, resume=True)
    train(dnn, epochs=3, stop_after=1)
    with pytest.raises(UsageError, match="steps an epoch"):
        dnn.train(X[:40], Y[:40], batch_size=16, epochs=3, verbose=False, resume=True)
    with pytest.raises(UsageError, match="stop_after"):
        train(dnn, epochs=3, stop_after=1, resume=True)
