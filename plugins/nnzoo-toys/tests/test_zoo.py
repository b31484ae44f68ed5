"""The trained networks that come along are what their cards say; the quick ones are trained again to the same bits."""

import pytest
from nnzoo import list_models
from nnzoo.testing import check_zoo_model

NAMES = [found.name for found in list_models() if found.entry.source.distribution == "nnzoo-toys"]


def test_there_are_some():
    assert len(NAMES) == 11


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_true(name):
    check_zoo_model(name, retrain_under=5)
