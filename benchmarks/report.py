"""The results: a table for people, the same in Markdown, and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.measuring import Row

TITLES = ("what", "figure", "bar", "", "made of")
STYLES = {"ok": "green", "missed": "bold red", "skipped": "yellow", "": ""}
NOT_A_TERMINAL_WIDTH = 180


def cells(row: Row) -> tuple[str, str, str, str, str]:
    """A row as text: figure and bar with their unit."""
    figure = "–" if row.figure is None else number(row.figure, row.unit)
    bar = "" if row.bar is None else f"≤ {number(row.bar, row.unit)}"
    return row.what, figure, bar, row.verdict, row.note


def number(value: float, unit: str) -> str:
    """A ratio with two digits after the point, three where it is small; a size as a whole number.

    >>> number(1.456, ""), number(1 / 6, ""), number(161.6, "MB")
    ('1.46', '0.167', '162 MB')
    """
    if unit:
        return f"{value:,.0f} {unit}"
    return f"{value:.2f}" if value >= 0.2 else f"{value:.3f}"


def print_table(machine: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Print machine and rows for people."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=NOT_A_TERMINAL_WIDTH)
    for name, value in machine.items():
        console.print(Text(f"{name:10}{value}"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, justify in zip(TITLES, ("left", "right", "right", "left", "left"), strict=True):
        table.add_column(title, justify="right" if justify == "right" else "left", overflow="fold")
    for row in rows:
        what, figure, bar, verdict, note = cells(row)
        table.add_row(Text(what), figure, bar, Text(verdict, STYLES[verdict]), Text(note, "dim"))
    console.print(table)


def print_markdown(machine: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Print the same as Markdown, ready to be pasted into a page."""
    print("\n".join(f"- {name}: {value}" for name, value in machine.items()))
    print(f"\n| {' | '.join(TITLES)} |\n|---|--:|--:|---|---|")
    for row in rows:
        print(f"| {' | '.join(cells(row))} |")


def write_json(path: Path, machine: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Write machine and rows, with every single measurement."""
    document = {"machine": machine, "rows": [row.to_dict() for row in rows]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
