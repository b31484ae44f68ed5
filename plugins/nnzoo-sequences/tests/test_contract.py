"""nnzoo's conformance kit, and what it can't know: memory in a step, and the shapes that are refused."""

from __future__ import annotations

import pytest
from nnzoo.api import UsageError
from nnzoo.testing import parametrize_with_checks

from nnzoo_sequences import Attention, Embedding, Gru, LayerNorm, Linear, Lstm, Position, RmsNorm

LAYERS = [
    Embedding(7, 5),
    Position(),
    Linear(5),
    Linear(5, bias=False),
    LayerNorm(),
    RmsNorm(),
    Attention(heads=2),
    Attention(heads=4, causal=False),
    Gru(5),
    Lstm(5),
]


@parametrize_with_checks(LAYERS)
def test_the_rules_of_its_kind(check):
    check()


@pytest.mark.parametrize("layer", [Position(), Attention(), Gru(), Lstm()])
@pytest.mark.parametrize("shape", [(6,), (3, 4, 4)])
def test_only_sequences_of_vectors_are_taken(layer, shape):
    with pytest.raises(UsageError, match="sequences of shape"):
        layer.plan(shape)


def test_heads_must_divide_the_values():
    with pytest.raises(UsageError, match="shared by 3 heads"):
        Attention(heads=3).plan((5, 8))
