"""`make_report`: all that there is to see of a run, as one page."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.figures.bars import importance_label
from nnzoo.figures.of_runs import figures_for
from nnzoo.figures.words import capitalized
from nnzoo.nn.summary import table_of
from nnzoo.pages import run_facts
from nnzoo.pages.page import Image, render_page
from nnzoo.pages.run_facts import preprocessing_table
from nnzoo.pages.run_figures import LeftOut, images, importance_rows, leave_out, photos, plugin_images
from nnzoo.pages.run_results import Results, epoch_table, measured_results
from nnzoo.trained_run import TrainedRun

_LEARNED = ("weights", "first-layer", "architecture")
_IN_TABLES = ("confusion", "mistakes")
"""What the page has as tables and cards, in place of drawings."""
_MOST_CURVES = 6
"""Metrics whose curves are drawn; the table of epochs has all of them."""


@dataclass(frozen=True)
class ImportanceSection:
    """Which columns of a table count: a drawing, the same as a table, and how it was measured."""

    image: Image
    title: str
    change: str
    rows: list[tuple[str, str, str]]
    samples: int
    repeats: int


@dataclass(frozen=True)
class Report:
    """A page, and what it does not have.

    Attributes
    ----------
    html : str
    left_out : dict of str to list of str
        By the reason, which the page has too.
    cure : str
        How to install the packages that are missing; empty where none is known to be.
    """

    html: str
    left_out: LeftOut
    cure: str = ""


def make_report(run: TrainedRun) -> Report:
    """Show a run in one page that needs nothing but itself.

    What is missing is left out, and the page says why: a run that has not finished has no network, and without its
    data it is unknown what it mistakes.

    Parameters
    ----------
    run : TrainedRun
        It is untrusted: everything in it is text to the page.
    """
    left_out: LeftOut = {}
    known = figures_for([run])
    curves = ("loss", *run.figures[:_MOST_CURVES], "learning-rate")
    more = {*figures_for([run], of_plugins=True)} - {*known}
    answers = [name for name in run.task_figures if name not in (*_IN_TABLES, *more)]
    results = _results(run, left_out)
    layer_titles, layers = layer_table(run)
    learned = images(run, [name for name in _LEARNED if name in known], left_out)
    html = render_page(
        "report.html.jinja",
        run=run.name,
        facts=run_facts.facts(run),
        results=results,
        epochs=epoch_table(run),
        left_out=left_out,
        curves=images(run, curves, left_out),
        answers=images(run, answers, left_out),
        importance=_importance(run, left_out),
        of_plugins=plugin_images(run, left_out),
        learned=learned,
        photos=photos(run, learned),
        layers=layers,
        layer_titles=layer_titles,
        preprocessing=preprocessing_table(run),
    )
    return Report(html, left_out)


def layer_table(run: TrainedRun) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of layers, titles and rows; none where there is no network, which the figures show."""
    try:
        titles, rows = table_of(run.dnn.network)
    except NnzooError:
        return (), []
    layer = titles.index("layer")
    return titles, [(*row[:layer], run_facts.spaced(row[layer]), *row[layer + 1 :]) for row in rows]


def _results(run: TrainedRun, left_out: LeftOut) -> Results | None:
    """What the network does on the test data; None where that is not available."""
    try:
        return measured_results(run)
    except NnzooError as error:
        leave_out("the results on test data", error, left_out)
        return None


def _importance(run: TrainedRun, left_out: LeftOut) -> ImportanceSection | None:
    """Which columns count; None where the network takes no table, or that can't be measured."""
    if not run.columns:
        return None
    drawn = images(run, ("importance",), left_out)
    if not drawn:
        return None
    found = run.importance
    title, rows = capitalized(importance_label(found)), importance_rows(found)
    return ImportanceSection(drawn["importance"], title, found.change, rows, found.rows, found.repeats)
