"""The explanation on a terminal, with an image of the sample."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from nnzoo.explanation.section import WORKED, Array, Section, Table
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.words import Format, listed
from nnzoo.kinds import Floats
from nnzoo.nn.summary import format_shape

LARGEST = 64
"""Images with a longer side than this, in pixels, are not drawn."""

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}

MARKS = {"confirmed": ("✓", "green"), "kink": ("kink", "yellow"), "not confirmed": ("NOT CONFIRMED", "bold red")}
INDENT = 2


def draw(values: Floats, *, width: int, greys: bool) -> Text | None:
    """Draw a sample with block characters; None if it is not a greyscale image, or wider than ``width`` columns.

    The shape is (h, w), or has an axis of length 1 for the only channel. Without ``greys``, pixels are black or white.
    """
    image = np.squeeze(values, axis=tuple(axis for axis in (0, -1) if values.ndim == 3 and values.shape[axis] == 1))
    if image.ndim != 2 or min(image.shape) < 2 or image.shape[1] > width or max(image.shape) > LARGEST:
        return None
    spread = float(np.ptp(image)) or 1.0
    levels = (image - image.min()) / spread
    if len(levels) % 2:
        levels = np.vstack([levels, np.zeros((1, levels.shape[1]))])
    text = Text(no_wrap=True)
    for row, (upper, lower) in enumerate(zip(levels[::2], levels[1::2], strict=True)):
        text.append("\n" if row else "")
        for above, below in zip(upper, lower, strict=True):
            if greys:
                text.append("▀", Style(color=_grey(above), bgcolor=_grey(below)))
            else:
                text.append(HALVES[bool(above >= 0.5), bool(below >= 0.5)])
    return text


def _grey(level: float) -> str:
    return "#" + f"{round(255 * level):02x}" * 3


def print_story(console: Console, subject: Subject, sections: Iterable[Section]) -> None:
    """Print an explanation: its heading and the sections of `story`."""
    console.print(_heading(console, subject))
    format = Format(subject.small)
    for section in sections:
        console.print(_rendered(format, section))


def _heading(console: Console, subject: Subject) -> RenderableType:
    parts: list[RenderableType] = [Text(line) for line in heading(subject)]
    picture = draw(subject.x[0], width=console.width - INDENT, greys=console.color_system is not None)
    if picture is not None:
        parts.append(Padding(picture, (1, 0, 0, INDENT)))
    return Padding(Group(*parts), (0, 0, 1, 0))


def heading(subject: Subject) -> list[str]:
    """Return a few lines that describe the sample, the components and the network."""
    recipe, network = subject.recipe, subject.network
    shapes, branched = [network.input_shape], ""
    if network.graph.is_row():
        for plan in network.plans:
            if plan.parameters or plan.output_shape != shapes[-1]:
                shapes.append(plan.output_shape)
    else:
        shapes.append(network.output_shape)
        branched = f" through a graph of {len(network.layers)} layers"
    label = "" if subject.label is None else f", of class {subject.label}"
    if subject.labels is not None:
        label = f", with {listed(subject.labels) or 'no label'}"
    return [
        f"One step of gradient descent on one sample: {subject.sample}{label}",
        f"model {recipe.model}, activation {recipe.activation}, loss {recipe.loss}, optimizer {recipe.optimizer}",
        f"{' → '.join(map(format_shape, shapes))}{branched}, {len(network.parameters):,} parameters",
        "Indices count from 0, as in NumPy. All is computed in float64; training does the same in float32.",
    ]


def _rendered(format: Format, section: Section) -> RenderableType:
    parts: list[RenderableType] = []
    if section.equation:
        parts.append(Text("\n".join(section.equation), style="cyan"))
    if section.symbols:
        parts.append(Text(section.symbols, style="dim"))
    if section.arrays:
        parts.append(_arrays(format, section.arrays))
    if section.workings:
        parts.append(Text("\n".join(section.workings)))
    parts += [_table(table) for table in section.tables]
    if section.notes:
        parts.append(Group(*(Text(note) for note in section.notes)))
    name = f"{section.part} · {section.title}" if section.title else section.part
    spaced = [Padding(part, (0, 0, 1, INDENT), expand=False) for part in parts]
    return Group(Rule(Text(name, style="bold"), align="left", style="dim"), *spaced)


def _arrays(format: Format, arrays: Iterable[Array]) -> RenderableType:
    grid = RichTable.grid(padding=(0, 1))
    for array in arrays:
        if array.tabled:
            continue
        first, *others = format.array(array.values)
        lines = [f"{first}   {array.meaning}" if array.meaning else first, *others]
        label = f"{array.symbol} ({format_shape(array.values.shape)})"
        grid.add_row(Text(label), Text("="), Text("\n".join(lines)))
    return grid


def _table(table: Table) -> RenderableType:
    text_columns = (table.titles[0], WORKED)
    columns = [
        Column(Text(title)) if title in text_columns else Column(Text(title.replace(" ", "\n")), justify="right")
        for title in table.titles
    ]
    if any(row.verdict for row in table.rows):
        columns.append(Column(Text("")))
    rendered = RichTable(*columns, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for row in table.rows:
        mark = [Text(*MARKS[row.verdict])] if row.verdict else []
        rendered.add_row(*map(Text, row.cells), *mark)
    return rendered
