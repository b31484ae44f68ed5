"""Tables in a terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Sequence

import click

from nnzoo.terminal import make_console, output_width, printable

NOT_A_TERMINAL_WIDTH = 160
NARROWEST_COLUMN = 24
"""The least width, in characters, of a column of long text."""
MISTAKES = 15
"""The most confusions that are listed."""


def print_table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0, width: int | None = None
) -> None:
    """Print a table of text; long text wraps in its column, and the last ``numbers`` columns are aligned right.

    The default width is that of the terminal, or `NOT_A_TERMINAL_WIDTH`. If that leaves a column of long text less than
    `NARROWEST_COLUMN`, empty columns are left out; if it is still too little, each row is printed as a list.
    """
    from rich import box
    from rich.table import Column, Table
    from rich.text import Text

    shown = [[printable(cell) for cell in row] for row in rows]
    right = [len(titles) - place <= numbers for place in range(len(titles))]
    room = width or (output_width() if sys.stdout.isatty() else NOT_A_TERMINAL_WIDTH)
    if not _fits(titles, shown, room):
        kept = [place for place in range(len(titles)) if any(row[place] for row in shown)]
        titles, right = [titles[place] for place in kept], [right[place] for place in kept]
        shown = [[row[place] for place in kept] for row in shown]
        if not _fits(titles, shown, room):
            _print_lists(titles, shown, room)
            return
    columns = [
        Column(Text(printable(title)), justify="right" if number else "left")
        for title, number in zip(titles, right, strict=True)
    ]
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    for row in shown:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    make_console(width=room).print(table)


def _fits(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether each column has room for its text, with long texts wrapped."""
    spare = width - table_width(titles, [[cell[:NARROWEST_COLUMN] for cell in row] for row in rows])
    return spare >= 0 or not rows


def _print_lists(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> None:
    """Print each row as lines of title and text; long text wraps beside the title."""
    margin = max(map(len, titles)) + 2
    for row in rows:
        click.echo()
        for title, cell in zip(titles, row, strict=True):
            if cell:
                lines = textwrap.wrap(cell, max(width - margin, NARROWEST_COLUMN), break_on_hyphens=False)
                click.echo(f"\n{' ' * margin}".join([f"{title:{margin}}{lines[0]}" if lines else title, *lines[1:]]))
    click.echo()


def print_first(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    most: int,
    *,
    numbers: int = 0,
    width: int | None = None,
    of: str = "",
) -> None:
    """Print a table of the first rows, and how many more ``of`` them ``--json`` lists."""
    print_table(titles, rows[:most], numbers=numbers, width=width)
    if len(rows) > most:
        click.echo(f"and {len(rows) - most:,} more{of}, which --json lists\n")


def print_confusion(samples: str, class_names: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
    """Print a confusion matrix below a line that explains it; ``samples`` names the counted samples.

    Columns have the names of classes, or numbers if names are too wide. If the matrix is still wider than the terminal,
    the largest confusions are listed instead.
    """
    numbered = [str(number) for number in range(1, len(class_names) + 1)]
    for titles, labels in (
        (class_names, class_names),
        (numbered, [f"{number} {name}" for number, name in zip(numbered, class_names, strict=True)]),
    ):
        rows = [(label, *map(str, row)) for label, row in zip(labels, counts, strict=True)]
        if table_width(("", *titles), rows) <= output_width():
            click.echo(f"{samples} of each class (row), and what they were taken for (column):\n")
            print_table(("", *titles), rows, numbers=len(titles), width=output_width())
            return
    wrong = [(row, column, counts[row][column]) for row in range(len(counts)) for column in range(len(counts))]
    wrong = sorted((each for each in wrong if each[0] != each[1] and each[2]), key=lambda each: -each[2])
    print_confusions(samples, class_names, wrong, [sum(row) for row in counts])


def print_confusions(
    samples: str, class_names: Sequence[str], wrong: Sequence[tuple[int, int, int]], of: Sequence[int]
) -> None:
    """Print the most frequent confusions: class, the class it was taken for, and how often.

    ``wrong`` has the indices of both classes and the count, the largest first; ``of`` has the samples of each class.
    """
    if not wrong:
        click.echo(f"{samples}: no mistakes.")
        return
    click.echo(f"{samples} that were taken for another class most often:\n")
    rows = [(class_names[row], class_names[column], f"{count:,} of {of[row]:,}") for row, column, count in wrong]
    print_first(("class", "taken for", "samples"), rows, MISTAKES, numbers=1, width=output_width(), of=" pairs")


def table_width(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the width of a table, in characters, if nothing is wrapped."""
    from rich.cells import cell_len

    columns = zip(titles, *rows, strict=True)
    return sum(max(cell_len(printable(cell)) for cell in column) + 3 for column in columns) - 1
