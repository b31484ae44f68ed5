"""The explanation of one step as a page, with images of weights, gradients and changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
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
from nnzoo.pages import page
from nnzoo.pages.page import Image, figure_image, render_page


@dataclass(frozen=True)
class PageSection:
    """A section with its numbers as text, and its images.

    ``new_part`` says whether it is the first section of its part: ``Forward``, ``Loss``, ``Backward``, ``Update``.
    """

    section: Section
    new_part: bool
    arrays: tuple[tuple[str, ...], ...]
    tables: tuple[page.Table, ...]
    images: tuple[Image, ...]


def explanation_page(subject: Subject, walk: Walk, sections: Sequence[Section]) -> str:
    """Return the page of an explanation: of its subject, the step, and the sections of `story`."""
    format, agreement = Format(subject.small), walk.agreement()
    parts = [section.part for section in sections]
    page_sections = [
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
        sections=page_sections,
        wrong=agreement.not_confirmed > 0,
    )


def _array_rows(format: Format, section: Section) -> Iterator[tuple[str, ...]]:
    """Each array: its symbol, its shape, its numbers, and its meaning."""
    for array in section.arrays:
        if not array.tabled:
            numbers = Markup("<br>").join(format.array(array.values))
            yield array.symbol, format_shape(array.values.shape), numbers, array.meaning


def _table(table: Table) -> page.Table:
    """A table, with a last column for the verdicts of finite differences, if there are any."""
    first = Markup('<span style="white-space: nowrap">{}</span>')
    titles, rows = table.titles, [(first.format(row.cells[0]), *row.cells[1:]) for row in table.rows]
    if any(row.verdict for row in table.rows):
        marks = [MARKS[row.verdict][0] if row.verdict else "" for row in table.rows]
        marks = [Markup("<strong>{}</strong>").format(mark) if len(mark) > 4 else mark for mark in marks]
        titles, rows = (*titles, ""), [(*cells, mark) for cells, mark in zip(rows, marks, strict=True)]
    return page.Table(titles, rows, 2 if WORKED in titles else 1)


def _images(subject: Subject, walk: Walk, section: Section) -> Iterator[Image]:
    """Weights for the forward pass, gradients for the backward pass, and changes for the update."""
    update = walk.update
    shown = {
        "Forward": ("Weights", update.before.vector),
        "Backward": ("Gradient", update.gradient.vector),
        "Update": ("Change", update.after.vector - update.before.vector),
    }
    if section.part in shown:
        quantity, vector = shown[section.part]
        network = _with_parameters(subject.network, vector)
        for name in weight_names(network):
            if name.startswith(f"{section.layer}.") or not section.layer:
                yield _image(network, name, f"{quantity} of {name}")


def _image(network: Network, name: str, title: str) -> Image:
    """An array of weights: a matrix, or for the first layer of images, an image for each unit."""
    values = network.parameters[name]
    figure = None
    if name == weight_names(network)[0]:
        with suppress(UsageError):  # the inputs may not be images
            figure = patterns_figure(first_layer_patterns(network), title)
    figure = figure or array_figure(values, title)
    return figure_image(figure, f"{title}, an array of {format_shape(values.shape)}: red above 0, blue below")


def _with_parameters(network: Network, vector: Floats) -> Network:
    """A network with the same layers and other parameters."""
    other = Network(network.graph, network.input_shape, seed=network.seed, dtype=np.float64)
    np.copyto(other.parameters.vector, vector)
    return other
