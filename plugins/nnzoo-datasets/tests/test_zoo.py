"""The trained network that comes along is what its card says, where its data are."""

from nnzoo import list_models
from nnzoo.testing import check_zoo_model


def test_it_is_found():
    assert [found.name for found in list_models("fashion-mlp")] == ["fashion-mlp.relu"]


def test_its_card_is_true():
    check_zoo_model("fashion-mlp.relu")
