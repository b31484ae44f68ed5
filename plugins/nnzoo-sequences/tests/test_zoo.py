"""The trained networks that come along."""

from __future__ import annotations

import pytest
from nnzoo import load_model

from nnzoo_sequences import nnzoo_zoo
from nnzoo_sequences.generating import generate


@pytest.mark.parametrize("model", nnzoo_zoo(), ids=lambda model: model.name)
def test_it_writes_verses(model):
    dnn = load_model(model.architecture)
    text = "".join(generate(dnn, "And the LORD ", 300, 0.5, 0))
    words = text.replace("\n", " ").split()
    assert sum(word in ("the", "and", "of", "his", "him", "he", "shall", "in", "to") for word in words) > len(words) / 8
    assert model.card_file.name.startswith(model.name)
