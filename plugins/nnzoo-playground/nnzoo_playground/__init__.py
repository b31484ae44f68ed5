"""The playground for nnzoo: watch any network learn, in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnzoo.api import DatasetLoader, Model, Observer, hookimpl

from nnzoo_playground.halt import Halt
from nnzoo_playground.painted import Drawn, Painted
from nnzoo_playground.stack import Stack

if TYPE_CHECKING:
    from click import Command

__all__ = ["Drawn", "Halt", "Painted", "Stack"]


@hookimpl
def nnzoo_models() -> list[type[Model]]:
    return [Stack]


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [Painted, Drawn]


@hookimpl
def nnzoo_observers() -> list[type[Observer]]:
    return [Halt]


@hookimpl
def nnzoo_commands() -> list[Command]:
    from nnzoo_playground.command import playground

    return [playground]
