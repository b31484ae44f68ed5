"""Sequences for nnzoo: recurrent and attention layers, character models, the task next-token, and a text to learn."""

from __future__ import annotations

from importlib.resources import files

import click
from nnzoo.api import DatasetLoader, GraphModel, Layer, Metric, Task, ZooModel, hookimpl

from nnzoo_sequences.attention import Attention
from nnzoo_sequences.command import generate_text
from nnzoo_sequences.embedding import Embedding
from nnzoo_sequences.gru import Gru
from nnzoo_sequences.linear import Linear
from nnzoo_sequences.lstm import Lstm
from nnzoo_sequences.metrics import BitsPerCharacter, Perplexity
from nnzoo_sequences.models import CharGpt, CharGru
from nnzoo_sequences.next_token import NextToken
from nnzoo_sequences.norms import LayerNorm, RmsNorm
from nnzoo_sequences.position import Position
from nnzoo_sequences.texts import KjvPoetry, Text

__all__ = [
    "Attention",
    "BitsPerCharacter",
    "CharGpt",
    "CharGru",
    "Embedding",
    "Gru",
    "KjvPoetry",
    "LayerNorm",
    "Linear",
    "Lstm",
    "NextToken",
    "Perplexity",
    "Position",
    "RmsNorm",
    "Text",
]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Embedding, Position, Linear, LayerNorm, RmsNorm, Attention, Gru, Lstm]


@hookimpl
def nnzoo_models() -> list[type[GraphModel]]:
    return [CharGru, CharGpt]


@hookimpl
def nnzoo_tasks() -> list[type[Task]]:
    return [NextToken]


@hookimpl
def nnzoo_metrics() -> list[type[Metric]]:
    return [BitsPerCharacter, Perplexity]


@hookimpl
def nnzoo_zoo() -> list[ZooModel]:
    folder = files("nnzoo_sequences") / "trained"
    return [ZooModel(name, folder) for name in ("kjv-char-gpt.small", "kjv-char-gru.small")]


@hookimpl
def nnzoo_commands() -> list[click.Command]:
    return [generate_text]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [KjvPoetry, Text]
