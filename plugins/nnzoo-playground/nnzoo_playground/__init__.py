"""The playground for nnzoo: watch any network learn in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnzoo.api import DatasetLoader, Layer, Model, Observer, hookimpl

from nnzoo_playground.halt import Halt
from nnzoo_playground.painted import Drawn, Painted
from nnzoo_playground.sparsity import L1
from nnzoo_playground.stack import Stack
from nnzoo_playground.terms import Terms

if TYPE_CHECKING:
    from click import Command

__all__ = ["L1", "Drawn", "Halt", "Painted", "Stack", "Terms"]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Stack]


@hookimpl
def nnzoo_layers() -> list[type[Layer]]:
    return [Terms]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [Painted, Drawn]


@hookimpl
def nnzoo_observers() -> list[type[Observer]]:
    return [Halt, L1]


@hookimpl
def nnzoo_commands() -> list[Command]:
    from nnzoo_playground.command import playground

    return [playground]
