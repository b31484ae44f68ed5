"""The trained networks that come along are what their cards say, and are trained again to the same bits."""

import pytest
from nnzoo import list_models, load_model
from nnzoo.testing import check_zoo_model

NAMES = [found.name for found in list_models() if found.entry.source.distribution == "nnzoo-tables"]


def test_there_is_one_for_each_table():
    assert len(NAMES) == 5


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_true(name):
    check_zoo_model(name, retrain_under=5)


def test_raw_rows_are_answered():
    adelie = {"island": "Torgersen", "bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181.0}
    rest = {"body_mass_g": None, "sex": "male", "year": 2007}
    network = load_model("penguins-mlp")
    (answer,) = network.predict({name: [value] for name, value in (adelie | rest).items()})
    assert network.class_names[answer] == "Adelie"
