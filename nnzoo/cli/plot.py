"""``nnzoo plot``."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.errors import UsageError
from nnzoo.terminal import printable

if TYPE_CHECKING:
    from nnzoo.figures.writing import Drawn


@click.command()
@click.argument("run", metavar="RUN…", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--what",
    metavar="NAME[,NAME…]",
    multiple=True,
    help="The figures.  [default: all that there are of such a run] Repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="figs",
    show_default=True,
    metavar="DIR",
    help="Where they go; with --animate it may be a file.",
)
@click.option(
    "--format",
    metavar="png|svg|pdf|gif|html",
    help="What kind of files.  [default: png; with --animate gif]",
)
@click.option("--animate", is_flag=True, help="Draw figures after each epoch, as a GIF or an HTML page.")
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plot(
    run: tuple[Path, ...],
    what: tuple[str, ...],
    out: Path,
    format: str | None,
    animate: bool,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw figures of runs: how they went, what was learned, what was answered wrong.

    Figures are loss, each metric by its name (accuracy, f1, r2, …) and learning-rate, in which several runs lie over
    each other; and of each run by itself weights, first-layer (of images), architecture, importance (which columns of a
    table count), and what suits its task: confusion and mistakes, predicted (against true values), or labels. A run
    that has not finished has the curves. Plugins bring others, which may have hyperparameters, as in
    decision:resolution=50; nnzoo list-plugins --kind figure shows them.

    Of a sweep there are configurations (parallel coordinates), importance (of settings) and rungs.

    With --animate, a figure that can be animated is drawn as it was after each epoch: an animated GIF, or an HTML page
    with a slider. The run is trained again for this, which gives the same bits, and takes as long.

    \b
    nnzoo plot runs/first
    nnzoo plot runs/first runs/second --what loss,accuracy
    nnzoo plot runs/prices --what r2,predicted,importance
    nnzoo plot runs/relu-8-seeds runs/gelu-8-seeds
    nnzoo plot runs/first --what weights --format svg --out paper
    nnzoo plot sweeps/first
    nnzoo plot runs/moons --what decision --animate --out moons.gif
    """
    from nnzoo.comparing.candidates import is_run_group
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.sweeps.view import is_sweep, view_sweep
    from nnzoo.trained_run import TrainedRun

    registry, cache = make_registry(plugin_files, disabled), FileCache(data_dir)
    with redirect_stdout(sys.stderr):  # a plugin may print
        names = [name for words in what for name in figure_names(words)] if what else None
        if any(map(is_sweep, run)):
            from nnzoo.figures.sweeps import write_sweep_figures

            if animate or not all(map(is_sweep, run)):
                raise UsageError("figures of sweeps are drawn by themselves, and not animated")
            outcome = write_sweep_figures([view_sweep(path) for path in run], out, names=names, format=format or "png")
        elif any(is_run_group(path) for path in run):
            from nnzoo.figures.bands import read_group_of_runs, write_bands

            if animate:
                raise UsageError("several runs as one are not animated", hint=f"name one run: {run[0]}/seed-0")
            groups = [read_group_of_runs(path, registry, cache) for path in run]
            outcome = write_bands(groups, out, names=names, format=format or "png")
        elif animate:
            from nnzoo.pages.animation import write_animations

            runs = [TrainedRun(path, registry, cache) for path in run]
            outcome = write_animations(runs, out, names=names, format=format)
        else:
            from nnzoo.figures.writing import write_figures

            runs = [TrainedRun(path, registry, cache) for path in run]
            outcome = write_figures(runs, out, names=names, format=format or "png", of_plugins=True)
    tell_left_out(outcome)
    if as_json:
        click.echo(json.dumps(_answer(outcome)))
    else:
        for file in outcome.written:
            click.echo(printable(str(file.path)))


def figure_names(words: str) -> list[str]:
    """Names of figures between commas; behind a name with ``:``, what has ``=`` or begins with no letter belongs to it.

    >>> figure_names("loss, decision:resolution=50,levels=1,2,weights")
    ['loss', 'decision:resolution=50,levels=1,2', 'weights']
    """
    names: list[str] = []
    for word in (word.strip() for word in words.split(",")):
        belongs = ("=" in word and ":" not in word.partition("=")[0]) or not word[:1].isalpha()
        if names and ":" in names[-1] and word and belongs:
            names[-1] += f",{word}"
        else:
            names.append(word)
    return names


def tell_left_out(outcome: Drawn) -> None:
    """A line on standard error for each figure that a run does not have, and why."""
    for file, error in outcome.left_out:
        click.echo(printable(f"nnzoo: no figure {file.name}: {error.message}"), err=True)


def _answer(outcome: Drawn) -> dict[str, Any]:
    """Which figures were written and left out, as JSON can hold it."""
    return {
        "figures": [
            {"figure": file.name, "runs": [str(run.path) for run in file.runs], "file": str(file.path)}
            for file in outcome.written
        ],
        "left_out": [
            {"figure": file.name, "runs": [str(run.path) for run in file.runs], "reason": error.message}
            for file, error in outcome.left_out
        ],
    }
