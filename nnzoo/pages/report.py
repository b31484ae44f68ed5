"""`make_report`: all that there is to see of a run, as one page."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.figures.pictures import is_picture
from nnzoo.nn.summary import TITLES, layer_summaries
from nnzoo.pages import run_facts
from nnzoo.pages.epochs import epoch_table
from nnzoo.pages.page import render_page
from nnzoo.pages.run_figures import LeftOut, images, leave_out
from nnzoo.pages.run_results import Results, measured_results
from nnzoo.trained_run import TrainedRun


@dataclass(frozen=True)
class Report:
    """A page, and what it does not have.

    Attributes
    ----------
    html : str
    left_out : dict of str to list of str
        By the reason, which the page tells too.
    """

    html: str
    left_out: LeftOut


def make_report(run: TrainedRun) -> Report:
    """Tell of a run in one page that needs nothing but itself.

    What can't be had is left out, and the page says why: a run that has not finished has no network, and without its
    data nobody knows what it mistakes.

    Parameters
    ----------
    run : TrainedRun
        It may come from a stranger: everything in it is text to the page.
    """
    left_out: LeftOut = {}
    classes = run.task == "classification"
    curves = ("loss", "accuracy", "learning-rate") if classes else ("loss", "learning-rate")
    learned = ("weights", "first-layer", "architecture") if _of_pictures(run) else ("weights", "architecture")
    results = _results(run, left_out)
    html = render_page(
        "report.html.jinja",
        run=run.name,
        facts=run_facts.facts(run, results),
        results=results,
        epochs=epoch_table(run),
        left_out=left_out,
        curves=images(run, curves, left_out),
        predictions={} if classes else images(run, ("predictions",), left_out),
        learned=images(run, learned, left_out),
        layers=_layers(run),
        layer_titles=TITLES,
    )
    return Report(html, left_out)


def _of_pictures(run: TrainedRun) -> bool:
    """Whether its samples are pictures, so that there is something to see in its first layer."""
    return is_picture(run.record.data.input_shape)


def _layers(run: TrainedRun) -> list[tuple[str, ...]]:
    """The rows of the table of layers; none where there is no network, which the figures tell."""
    try:
        rows = [layer.cells() for layer in layer_summaries(run.dnn.network)]
    except NnzooError:
        return []
    return [(run_facts.spaced(layer), *sizes) for layer, *sizes in rows]


def _results(run: TrainedRun, left_out: LeftOut) -> Results | None:
    """What the network does on the test data; None where that can't be had."""
    try:
        return measured_results(run)
    except NnzooError as error:
        what = "precision, recall, confusion and mistakes" if run.task == "classification" else "R²"
        leave_out(what, error, left_out)
        return None
