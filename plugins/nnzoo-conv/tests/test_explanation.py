"""``nnzoo explain`` of networks with these layers: every gradient that has a finite difference is confirmed by it."""

import numpy as np
import pytest
from nnzoo import load_dataset
from nnzoo.builtin.activations import Sigmoid
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.explanation.subject import DataPart, sample_subject
from nnzoo.explanation.walk import walk
from nnzoo.nn import Network
from nnzoo.plugins.registry import default_registry
from nnzoo.training.data import prepare_dataset
from nnzoo.training.recipe import resolve_recipe

from nnzoo_conv.dropout import Dropout
from nnzoo_conv.flatten import Flatten
from nnzoo_conv.lenet5 import Lenet5


@pytest.fixture(scope="module")
def explained():
    """``explained(layers)``: the step of a network of these layers on a digit."""
    recipe = resolve_recipe(default_registry(), schedule="constant")
    raw = load_dataset("digits")
    digits = prepare_dataset(raw, recipe.task)
    part = DataPart("digits (train)", raw.train, digits.train)

    def explained(layers):
        network = Network(layers, digits.problem.input_shape, dtype=np.float64)
        subject = sample_subject(part, 0, digits.problem, recipe, network, digits.preprocessing)
        return walk(subject.network, recipe, subject.problem, subject.batch)

    return explained


@pytest.mark.parametrize("batchnorm", [False, True])
def test_lenet5(explained, batchnorm):
    taken = explained(Lenet5(batchnorm=batchnorm).layers((8, 8), 10, Sigmoid()))
    names = {name for name, _, _ in taken.checked()}
    assert {"0.conv2d.weight", "0.conv2d.bias", "1.maxpool2d.input", "logits"} <= names
    assert ("2.batchnorm.scale" in names) == batchnorm
    tally = taken.agreement()
    assert (tally.not_confirmed, taken.culprit()) == (0, None)
    assert tally.confirmed > 0.8 * tally.checked


def test_dropout_silences_the_same_values_for_every_difference(explained):
    taken = explained([Flatten(), Dense(20), Dropout(0.5), Activate(Sigmoid()), Dense(10)])
    assert 0 < (taken.layers[2].out == 0).sum() < 20
    assert taken.agreement().confirmed == taken.agreement().checked
