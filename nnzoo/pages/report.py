"""`make_report`: all that there is to see of a run, as one page."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.errors import NnzooError
from nnzoo.nn.summary import TITLES, layer_summaries
from nnzoo.pages import run_facts
from nnzoo.pages.epochs import epoch_table
from nnzoo.pages.page import render_page
from nnzoo.pages.run_figures import LeftOut, images
from nnzoo.pages.run_results import Results, measured_results
from nnzoo.trained_run import TrainedRun


@dataclass(frozen=True)
class Report:
    """A page, and what it does not have.

    Attributes
    ----------
    html : str
    left_out : list of LeftOut
        With the reasons, which the page tells too.
    """

    html: str
    left_out: list[LeftOut]


def make_report(run: TrainedRun) -> Report:
    """Tell of a run in one page that needs nothing but itself.

    What can't be had is left out, and the page says why: a run that has not finished has no network, and without its
    data nobody knows what it mistakes.

    Parameters
    ----------
    run : TrainedRun
        It may come from a stranger: everything in it is text to the page.
    """
    left_out: list[LeftOut] = []
    classes = run.task == "classification"
    values = {
        "curves": images(
            run, ("loss", "accuracy", "learning-rate") if classes else ("loss", "learning-rate"), left_out
        ),
        "learned": images(run, ("weights", "first-layer", "architecture"), left_out),
        "predictions": {} if classes else images(run, ("predictions",), left_out),
        "results": _results(run, left_out),
        "layers": _layers(run),
        "layer_titles": TITLES,
    }
    html = render_page(
        "report.html.jinja",
        run=run.name,
        facts=run_facts.facts(run),
        epochs=epoch_table(run),
        left_out=_by_reason(left_out),
        **values,
    )
    return Report(html, left_out)


def _layers(run: TrainedRun) -> list[tuple[str, str, str]]:
    """The rows of the table of layers; none where there is no network, which the figures tell."""
    try:
        return [spaced(layer.cells()) for layer in layer_summaries(run.dnn.network)]
    except NnzooError:
        return []


def _results(run: TrainedRun, left_out: list[LeftOut]) -> Results | None:
    """What the network does on the test data; None where that can't be had."""
    try:
        return measured_results(run)
    except NnzooError as error:
        what = "precision, recall, confusion and mistakes" if run.task == "classification" else "R²"
        left_out.append(LeftOut(what, error.message))
        return None


def _by_reason(left_out: list[LeftOut]) -> dict[str, list[str]]:
    """What is not there, by reason."""
    reasons: dict[str, list[str]] = {}
    for one in left_out:
        reasons.setdefault(one.reason, []).append(one.what)
    return reasons
