"""The results: a table for people, the same in Markdown, and a JSON file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.measuring import Row

STYLES = {"ok": "green", "missed": "bold red", "skipped": "yellow"}
"""Styles of cells with exactly this text."""
NOT_A_TERMINAL_WIDTH = 180


def print_results(machine: Mapping[str, str], rows: Sequence[Row], *, markdown: bool) -> None:
    """Print machine and rows."""
    for name, value in machine.items():
        print(f"- {name}: {value}" if markdown else f"{name:10}{value}")
    print()
    print_table(("measurement", "figure", "goal", "", "from"), [cells(row) for row in rows], "lrrll", markdown=markdown)


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """A row as text: figure and goal with their unit."""
    figure = "–" if row.figure is None else number(row.figure, row.unit)
    bar = "" if row.bar is None else f"≤ {number(row.bar, row.unit)}"
    return row.what, figure, bar, row.verdict, row.note


def number(value: float, unit: str) -> str:
    """A ratio with two digits after the point, three if it is small; a size as a whole number.

    >>> number(1.456, ""), number(1 / 6, ""), number(161.6, "MB")
    ('1.46', '0.167', '162 MB')
    """
    if unit:
        return f"{value:,.0f} {unit}"
    return f"{value:.2f}" if value >= 0.2 else f"{value:.3f}"


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]], sides: str, *, markdown: bool) -> None:
    """Print rows of text; ``sides`` has l or r for each column."""
    if markdown:
        rule = "|".join("--:" if side == "r" else "---" for side in sides)
        print(f"| {' | '.join(titles)} |\n|{rule}|")
        print("\n".join(f"| {' | '.join(row)} |" for row in rows))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, side in zip(titles, sides, strict=True):
        table.add_column(title, justify="right" if side == "r" else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, STYLES.get(cell, "")) for cell in row))
    Console(highlight=False, width=None if sys.stdout.isatty() else NOT_A_TERMINAL_WIDTH).print(table)


def write_json(path: Path, machine: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Write machine and rows, with every single measurement."""
    document = {"machine": machine, "rows": [row.to_dict() for row in rows]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
