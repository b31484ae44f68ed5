"""`make_report`: the page of a run."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.figures.bars import importance_label
from nnzoo.figures.of_runs import figures_for
from nnzoo.figures.words import capitalized
from nnzoo.nn.summary import table_of
from nnzoo.pages import run_facts
from nnzoo.pages.page import Image, Table, render_page
from nnzoo.pages.run_facts import preprocessing_table
from nnzoo.pages.run_figures import LeftOut, images, importance_rows, leave_out, photos, plugin_images
from nnzoo.pages.run_results import Results, epoch_table, measured_results
from nnzoo.trained_run import TrainedRun

_LEARNED = ("weights", "first-layer", "architecture")
_IN_TABLES = ("confusion", "mistakes")
"""Figures for which the page has tables and cards instead."""
_MOST_CURVES = 6
"""The most metrics with curves; the table of epochs has all metrics."""


@dataclass(frozen=True)
class ImportanceSection:
    """The importance of a table's columns: a figure, a table, and how it was measured."""

    image: Image
    title: str
    change: str
    rows: list[tuple[str, str, str]]
    samples: int
    repeats: int


@dataclass(frozen=True)
class Report:
    """A page, its missing parts by the reason, and the command that installs missing packages, which may be empty."""

    html: str
    left_out: LeftOut
    cure: str = ""


def make_report(run: TrainedRun) -> Report:
    """Make the self-contained page of a run.

    Missing parts are left out; the page says why. For example, an unfinished run has no network, and without its data,
    its mistakes are unknown. The run need not be trusted: everything in it is text to the page.
    """
    left_out: LeftOut = {}
    known = figures_for([run])
    curves = ("loss", *run.figures[:_MOST_CURVES], "learning-rate")
    of_plugins = {*figures_for([run], of_plugins=True)} - {*known}
    answers = [name for name in run.task_figures if name not in (*_IN_TABLES, *of_plugins)]
    results = _results(run, left_out)
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
        layers=layer_table(run),
        preprocessing=preprocessing_table(run),
    )
    return Report(html, left_out)


def layer_table(run: TrainedRun) -> Table | None:
    """Return the table of layers; None if the run has no network."""
    try:
        titles, rows = table_of(run.dnn.network)
    except NnzooError:
        return None
    layer = titles.index("layer")
    rows = [(*row[:layer], run_facts.spaced(row[layer]), *row[layer + 1 :]) for row in rows]
    return Table(titles, rows, len(titles) - 2)


def _results(run: TrainedRun, left_out: LeftOut) -> Results | None:
    """The results on the test data; None if these are not available."""
    try:
        return measured_results(run)
    except NnzooError as error:
        leave_out("the results on test data", error, left_out)
        return None


def _importance(run: TrainedRun, left_out: LeftOut) -> ImportanceSection | None:
    """The importance of columns; None if the inputs are not a table, or it can't be measured."""
    drawn = images(run, ("importance",), left_out) if run.columns else {}
    if not drawn:
        return None
    importance = run.importance
    title, rows = capitalized(importance_label(importance)), importance_rows(importance)
    return ImportanceSection(drawn["importance"], title, importance.change, rows, importance.rows, importance.repeats)
