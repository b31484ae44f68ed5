"""`make_card_page`: the page of a trained network of the zoo."""

from __future__ import annotations

from importlib.resources import as_file

import numpy as np

from nnzoo.errors import NnzooError
from nnzoo.figures.of_runs import figures_for
from nnzoo.kinds import DataCache
from nnzoo.model.model_file import read_model
from nnzoo.pages.numbers import share
from nnzoo.pages.page import render_page
from nnzoo.pages.report import Report, layer_table
from nnzoo.pages.run_facts import preprocessing_table
from nnzoo.pages.run_figures import LeftOut, images, leave_out, photos, plugin_images
from nnzoo.pages.run_results import Results, measured_results, results_of_counts
from nnzoo.plugins.catalogue import way_to_install_all
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import ZooEntry
from nnzoo.runs.record import missing_packages
from nnzoo.trained_run import TrainedRun
from nnzoo.zoo.card import output_tables
from nnzoo.zoo.contents import Card
from nnzoo.zoo.reproducing import recorded
from nnzoo.zoo.search import card_of

_LEARNED = ("weights", "first-layer", "architecture")
"""Figures of the network. `weights` is left out after fine-tuning, because the zoo lacks the initial network."""
_IN_TABLES = ("confusion", "mistakes")
_OF_TRAINING = ("loss", "learning-rate")
"""Figures that networks of the zoo lack."""


def make_card_page(registry: Registry, entry: ZooEntry, cache: DataCache) -> Report:
    """Make the self-contained page of a network of the zoo.

    Parts whose data are not available are left out; the page says why.

    Raises
    ------
    FileFormatError, StorageError
        When its card or its model file can't be read.
    """
    card = card_of(entry)
    with as_file(entry.model.model_file) as path:
        file = read_model(path)
    run = TrainedRun.of_model(card.name, file, recorded(file.description, card), registry, cache)
    left_out: LeftOut = {}
    known = figures_for([run])
    answers = [name for name in known if name not in (*_OF_TRAINING, *_LEARNED, *_IN_TABLES, *run.figures)]
    results = _results(run, card, left_out)
    outputs = [] if results and results.rates else output_tables(card)
    shown = [name for name in _LEARNED if name in known and not (name == "weights" and run.record.start)]
    learned = images(run, shown, left_out)
    cure = way_to_install_all(missing_packages(registry, run.record)) if left_out else ""
    html = render_page(
        "card.html.jinja",
        card=card,
        plugin=str(entry.source),
        tiles=tiles(card),
        figures=figure_rows(card),
        results=results,
        outputs=outputs,
        answers=images(run, answers, left_out),
        own=plugin_images(run, left_out),
        learned=learned,
        photos=photos(run, learned),
        layers=layer_table(run),
        preprocessing=preprocessing_table(run),
        facts=[fact for fact in card.facts if fact[0] not in ("use", "limits", "command")],
        commands=commands(card),
        left_out=left_out,
        cure=cure,
    )
    return Report(html, left_out, cure)


def tiles(card: Card) -> list[tuple[str, str]]:
    """Return the key figures of a card, with their titles."""
    shown: list[tuple[str, str]] = []
    if best := card.headline:
        shown += [(f"test {best.title}", best.measure.show(best.value)), ("95 % interval", best.interval)]
    shown += [("data", card.data.name), ("parameters", f"{card.parameters:,}")]
    shown += [] if card.size is None else [("file size", f"{card.size / 1000:,.0f} kB")]
    return shown + ([] if card.milliseconds is None else [("on one core", card.speed)])


def figure_rows(card: Card) -> list[tuple[str, ...]]:
    """Return a row for each figure of a card."""
    return [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures]


def commands(card: Card) -> list[tuple[str, str]]:
    """Return commands for a network, each with its purpose."""
    return [
        ("To apply it to your own files", f"nnzoo predict {card.name} FILE"),
        ("To measure it again, and compare it with this card", f"nnzoo zoo verify {card.name}"),
        ("To fine-tune it with your own data", f"nnzoo train --from {card.name} --new-head --dataset DATA"),
        ("To train it again", card.command),
        ("In Python", f'import nnzoo\n\nnetwork = nnzoo.load_model("{card.name}")\nnetwork.answers(…)'),
    ]


def _results(run: TrainedRun, card: Card, left_out: LeftOut) -> Results | None:
    """The results on the test data; if these are not available, the results on the card."""
    try:
        return measured_results(run)
    except NnzooError as error:
        leave_out("test samples", error, left_out)
    if not card.confusion:
        return None
    rates = ("precision", "recall", "f1")
    rows = [
        (each.name, *(share(each.figures.get(name)) for name in rates), f"{each.figures.get('samples') or 0:,}")
        for each in card.outputs
    ]
    return results_of_counts(card.class_names, np.array(card.confusion), rows)
