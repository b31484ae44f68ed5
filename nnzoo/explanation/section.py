"""`Section`: one part of the explanation, such as a layer's forward pass, independent of how it is displayed."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.explanation.differences import Verdict
from nnzoo.kinds import Floats

WORKED = "worked out"
"""The title of the column with calculations, which is text, not numbers."""


@dataclass(frozen=True)
class Array:
    """An array with its symbol in the equation; ``values`` have no batch axis.

    ``meaning`` is its source or role; ``tabled`` says whether a table of the section has all its entries.
    """

    symbol: str
    meaning: str
    values: Floats
    tabled: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table; it has a ``verdict`` if its last two cells are a gradient and its finite difference."""

    cells: tuple[str, ...]
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Table:
    """A table of numbers; the first column is text."""

    titles: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """One section of the explanation.

    Attributes
    ----------
    part : str
        ``Data``, ``Forward``, ``Loss``, ``Backward``, ``Update``, or ``Checked``.
    title : str
        The component that computes the numbers, or another heading.
    layer : str
        The layer's place and name, such as ``0.dense``; empty where the section is not about a layer.
    symbols : str
        The meaning of the equation's symbols; may be empty.
    equation : tuple of str
        Its lines.
    arrays : tuple of Array
        Inputs and outputs.
    workings : tuple of str
        The equation with numbers filled in, for some entries or all.
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
