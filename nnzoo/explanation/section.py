"""`Section`: one step of the explanation, as a terminal and a page show it."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.explanation.differences import Verdict
from nnzoo.kinds import Floats

WORKED = "worked out"
"""The title of a column of text, not numbers: how a number comes about."""


@dataclass(frozen=True)
class Array:
    """An array by its symbol in the equation; ``values`` have no batch axis.

    ``meaning`` says where it comes from or what it is; ``tabled`` whether a table has all its entries.
    """

    symbol: str
    meaning: str
    values: Floats
    tabled: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table; ``verdict`` where its last two cells are a gradient and its finite difference."""

    cells: tuple[str, ...]
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Table:
    """Numbers beside each other; the first column is text."""

    titles: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """One step.

    Attributes
    ----------
    part : str
        What it belongs to: ``Data``, ``Forward``, ``Loss``, ``Backward``, ``Update``, or ``Checked``.
    title : str
        What computes it.
    layer : str
        Of a layer's step, the layer's place and name: ``0.dense``. Empty otherwise.
    symbols : str
        What the equation's symbols mean; may be empty.
    equation : tuple of str
        Lines.
    arrays : tuple of Array
        What goes in and comes out.
    workings : tuple of str
        The equation with its numbers, for some entries or all.
    tables : tuple of Table
    notes : tuple of str
        Sentences.
    """

    part: str
    title: str = ""
    layer: str = ""
    symbols: str = ""
    equation: tuple[str, ...] = ()
    arrays: tuple[Array, ...] = ()
    workings: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
