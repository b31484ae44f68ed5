"""One step on one sample as a page, with images of the weights, their gradients, and how far they moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from nnzoo.errors import UsageError
from nnzoo.explanation.section import WORKED, Section, Table
from nnzoo.explanation.subject import Subject
from nnzoo.explanation.text import MARKS, heading
from nnzoo.explanation.walk import Walk
from nnzoo.explanation.words import Format
from nnzoo.figures.first_layer import first_layer_patterns
from nnzoo.figures.matrices import array_figure, patterns_figure, sample_figure
from nnzoo.figures.pictures import is_picture
from nnzoo.figures.weights import weight_names
from nnzoo.kinds import Floats
from nnzoo.nn import Network
from nnzoo.nn.summary import format_shape
from nnzoo.pages.page import Image, figure_image, render_page


@dataclass(frozen=True)
class PageTable:
    """A table as the page's template wants it; the first ``words`` columns are text."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int


@dataclass(frozen=True)
class PageSection:
    """A section with its numbers in words, and its images.

    ``new_part`` says whether it is the first of its part: of ``Forward``, ``Loss``, ``Backward``, ``Update``.
    """

    section: Section
    new_part: bool
    arrays: tuple[tuple[str, ...], ...]
    tables: tuple[PageTable, ...]
    images: tuple[Image, ...]


def explanation_page(subject: Subject, walk: Walk, sections: Sequence[Section]) -> str:
    """The page.

    Parameters
    ----------
    subject, walk : Subject, Walk
        What is explained, and the step that was taken.
    sections : sequence of Section
        As `story` has it.
    """
    format, agreement = Format(subject.small), walk.agreement()
    parts = [section.part for section in sections]
    told = [
        PageSection(
            section=section,
            new_part=section.part not in parts[:place],
            arrays=tuple(_array_rows(format, section)),
            tables=tuple(_table(table) for table in section.tables),
            images=tuple(_images(subject, walk, section)),
        )
        for place, section in enumerate(sections)
    ]
    title, *lead = heading(subject)
    x = subject.x[0]
    return render_page(
        "explanation.html.jinja",
        title=title,
        lead=lead,
        sample=figure_image(sample_figure(x), "the sample") if is_picture(x.shape) else None,
        tiles=[
            ("loss before the step", format.number(walk.loss.value)),
            ("loss after the step", format.number(walk.update.loss)),
            ("parameters", f"{len(subject.network.parameters):,}"),
            ("gradients confirmed", f"{agreement.confirmed:,} of {agreement.checked:,}"),
        ],
        sections=told,
        wrong=agreement.not_confirmed > 0,
    )


def _array_rows(format: Format, section: Section) -> Iterator[tuple[str, ...]]:
    """Each array: its symbol, its shape, its numbers, and where it comes from."""
    for array in section.arrays:
        if not array.tabled:
            numbers = Markup("<br>").join(format.array(array.values))
            yield array.symbol, format_shape(array.values.shape), numbers, array.meaning


def _table(table: Table) -> PageTable:
    """A table with a last column for what the finite differences say, if there are any."""
    first = Markup('<span style="white-space: nowrap">{}</span>')
    titles, rows = table.titles, [(first.format(row.cells[0]), *row.cells[1:]) for row in table.rows]
    if any(row.verdict for row in table.rows):
        marks = [MARKS[row.verdict][0] if row.verdict else "" for row in table.rows]
        said = [Markup("<strong>{}</strong>").format(mark) if len(mark) > 4 else mark for mark in marks]
        titles, rows = (*titles, ""), [(*cells, mark) for cells, mark in zip(rows, said, strict=True)]
    return PageTable(titles, tuple(rows), 2 if WORKED in titles else 1)


def _images(subject: Subject, walk: Walk, section: Section) -> Iterator[Image]:
    """The weights on the way forward, their gradients on the way back, and in the end how they changed."""
    update = walk.update
    shown = {
        "Forward": ("Weights", update.before.vector),
        "Backward": ("Gradient", update.gradient.vector),
        "Update": ("Change", update.after.vector - update.before.vector),
    }
    if section.part in shown:
        what, vector = shown[section.part]
        network = _with_parameters(subject.network, vector)
        for name in weight_names(network):
            if name.startswith(f"{section.layer}.") or not section.layer:
                yield _image(network, name, f"{what} of {name}")


def _image(network: Network, name: str, title: str) -> Image:
    """An array of weights: of the first layer, that looks at pictures, one for each unit; a matrix otherwise."""
    patterns: Floats | None = None
    if name == weight_names(network)[0]:
        try:
            patterns = first_layer_patterns(network)
        except UsageError:  # its input is not an image
            patterns = None
    values = network.parameters[name]
    figure = array_figure(values, title) if patterns is None else patterns_figure(patterns, title)
    return figure_image(figure, f"{title}, an array of {format_shape(values.shape)}: red above 0, blue below")


def _with_parameters(network: Network, vector: Floats) -> Network:
    """The same network with other values for its parameters."""
    other = Network(network.graph, network.input_shape, seed=network.seed, dtype=np.float64)
    np.copyto(other.parameters.vector, vector)
    return other
