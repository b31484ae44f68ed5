"""Sequences for nnzoo: recurrent and attention layers, character models, the task next-token, and a text to learn."""

from __future__ import annotations

from nnzoo.api import Layer, hookimpl

from nnzoo_sequences.attention import Attention
from nnzoo_sequences.embedding import Embedding
from nnzoo_sequences.gru import Gru
from nnzoo_sequences.linear import Linear
from nnzoo_sequences.lstm import Lstm
from nnzoo_sequences.norms import LayerNorm, RmsNorm
from nnzoo_sequences.position import Position

__all__ = ["Attention", "Embedding", "Gru", "LayerNorm", "Linear", "Lstm", "Position", "RmsNorm"]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Embedding, Position, Linear, LayerNorm, RmsNorm, Attention, Gru, Lstm]
