"""Tables for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

NOT_A_TERMINAL_WIDTH = 160


def printable(text: str) -> str:
    r"""The text with control characters spelt out: what a file holds must not steer the terminal.

    >>> printable("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> None:
    """Print rows of text below their titles; long text wraps in its column, and the last ``numbers`` align right."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    columns = [
        Column(Text(printable(title)), justify="right" if len(titles) - place <= numbers else "left")
        for place, title in enumerate(titles)
    ]
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    for row in rows:
        table.add_row(*(Text(printable(cell), overflow="fold") for cell in row))
    width = None if sys.stdout.isatty() else NOT_A_TERMINAL_WIDTH
    Console(width=width, highlight=False).print(table)


def print_confusion(samples: str, class_names: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
    """Print a confusion matrix of what ``samples`` names, below a line that says how to read it."""
    click.echo(f"{samples} of each class (row), and what they were taken for (column):\n")
    rows = [(label, *map(str, row)) for label, row in zip(class_names, counts, strict=True)]
    print_table(("", *class_names), rows, numbers=len(class_names))
