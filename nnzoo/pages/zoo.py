"""`make_zoo_page`: the page of the whole zoo, with a sortable table and a card for each network."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.figures.architecture import architecture_figure
from nnzoo.figures.style import styled
from nnzoo.model import DeepNeuralNetwork
from nnzoo.pages.card import figure_rows, tiles
from nnzoo.pages.page import Image, figure_image, render_page
from nnzoo.plugins.registry import Registry
from nnzoo.zoo.contents import Card
from nnzoo.zoo.search import Listed


@dataclass(frozen=True)
class Entry:
    """A network on the page: the anchor of its card is ``id``, and ``picture`` is None if a plugin is missing."""

    id: str
    card: Card
    plugin: str
    tiles: list[tuple[str, str]]
    figures: list[tuple[str, ...]]
    picture: Image | None


@dataclass(frozen=True)
class Cell:
    """A cell of the table and its sort key; ``link`` is the anchor of the network's card."""

    text: str
    key: str
    link: str = ""


TITLES = ("network", "task", "data", "figure", "on test", "95 % interval", "parameters", "kB", "ms a sample", "from")
WORDS = 4
"""The number of columns with text, which are the first."""


def make_zoo_page(registry: Registry, found: list[Listed]) -> str:
    """Make the self-contained page of trained networks; those without a readable card are listed at the end."""
    entries = [_entry(registry, each, each.card) for each in found if each.card]
    return render_page(
        "zoo.html.jinja",
        entries=entries,
        titles=TITLES,
        words=WORDS,
        rows=[_row(entry) for entry in entries],
        problems=[(each.name, each.problem) for each in found if not each.card],
    )


def _entry(registry: Registry, found: Listed, card: Card) -> Entry:
    name = found.entry.full_name
    return Entry(name, card, str(found.entry.source), tiles(card), figure_rows(card), _picture(registry, name))


def _picture(registry: Registry, name: str) -> Image | None:
    try:
        network = DeepNeuralNetwork.from_zoo(name, registry=registry).network
    except NnzooError:
        return None
    with styled():
        figure = architecture_figure(network)
    return figure_image(figure, f"The layers: {' → '.join(str(layer) for layer in network.layers)}.")


def _row(entry: Entry) -> list[Cell]:
    card, best = entry.card, entry.card.headline

    def number(value: float | None, text: str) -> Cell:
        return Cell("–", "") if value is None else Cell(text, repr(value))

    return [
        Cell(card.name, card.name, entry.id),
        Cell(card.task, card.task),
        Cell(card.data.name, card.data.name),
        Cell(best.title, best.title) if best else Cell("–", ""),
        number(best.value, best.measure.show(best.value)) if best else Cell("–", ""),
        number(best.low, best.interval) if best else Cell("–", ""),
        number(card.parameters, f"{card.parameters:,}"),
        number(card.size, f"{(card.size or 0) / 1000:,.0f}"),
        number(card.milliseconds, f"{card.milliseconds or 0:.3g}"),
        Cell(entry.plugin.partition(" ")[0], entry.plugin),
    ]
