"""``nnzoo plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import PATH, data_dir_option, make_cache, make_registry, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.errors import UsageError

if TYPE_CHECKING:
    from nnzoo.figures.writing import Drawn, FigureFile


@click.command()
@click.argument("run", metavar="RUN…", type=PATH, nargs=-1, required=True)
@click.option(
    "--what", metavar="NAME[,NAME…]", multiple=True, help="The figures.  [default: all that suit the run] Repeatable."
)
@click.option(
    "--out",
    type=PATH,
    default="figs",
    show_default=True,
    metavar="DIR",
    help="The output folder; with --animate it can be a file.",
)
@click.option("--format", metavar="png|svg|pdf|gif|html", help="The file format.  [default: png; with --animate gif]")
@click.option("--animate", is_flag=True, help="Draw figures after each epoch, as a GIF or an HTML page.")
@data_dir_option
@usual_options
def plot(
    run: tuple[Path, ...], what: tuple[str, ...], out: Path, format: str | None, animate: bool, as_json: bool
) -> None:
    """Draw figures of runs: training curves, learned weights, mistakes.

    Curves of several runs share one figure: loss, each metric by its name (accuracy, f1, r2, …) and learning-rate. Each
    run also has figures of its network: weights, first-layer (for images), architecture, importance (of the columns of
    a table), and those of its task: confusion and mistakes, predicted (against true values), or labels. A run that has
    not finished has the curves only. Plugins provide more, which may have hyperparameters, as in
    decision:resolution=50; nnzoo list-plugins --kind figure lists them.

    A sweep has the figures configurations (parallel coordinates), importance (of settings) and rungs.

    With --animate, a figure is drawn after each epoch, into an animated GIF or an HTML page with a slider. For this,
    the run is trained again, which takes as long and gives the same bits.

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
    from nnzoo.sweeps.view import is_sweep, view_sweep
    from nnzoo.trained_run import TrainedRun

    registry, cache = make_registry(), make_cache()
    with prints_to_stderr():
        names = [name for words in what for name in figure_names(words)] if what else None
        if any(map(is_sweep, run)):
            from nnzoo.figures.sweeps import write_sweep_figures

            if animate or not all(map(is_sweep, run)):
                raise UsageError("figures of sweeps can't be animated, or drawn together with figures of runs")
            outcome = write_sweep_figures([view_sweep(path) for path in run], out, names=names, format=format or "png")
        elif any(is_run_group(path) for path in run):
            from nnzoo.figures.bands import read_group_of_runs, write_bands

            if animate:
                raise UsageError("groups of runs can't be animated", hint=f"name one run: {run[0]}/seed-0")
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
        print_json(_answer(outcome))
    else:
        for file in outcome.written:
            click.echo(str(file.path))


def figure_names(words: str) -> list[str]:
    """Split names of figures at commas, except commas between the hyperparameters of a figure.

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
    """Print the figures that were left out to standard error, with the reasons."""
    for file, error in outcome.left_out:
        click.echo(f"nnzoo: no figure {file.name}: {error.message}", err=True)


def _answer(outcome: Drawn) -> dict[str, Any]:
    """The written figures and those left out, as JSON."""

    def described(file: FigureFile) -> dict[str, Any]:
        return {"figure": file.name, "runs": [str(run.path) for run in file.runs]}

    return {
        "figures": [{**described(file), "file": str(file.path)} for file in outcome.written],
        "left_out": [{**described(file), "reason": error.message} for file, error in outcome.left_out],
    }
