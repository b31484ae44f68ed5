"""Tables for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

NOT_A_TERMINAL_WIDTH = 160


def print_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of text below their titles; long text wraps within its column."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*titles, box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    for row in rows:
        table.add_row(*map(Text, row))
    width = None if sys.stdout.isatty() else NOT_A_TERMINAL_WIDTH
    Console(width=width, highlight=False).print(table)
