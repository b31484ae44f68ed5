"""``nnzoo report``."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.terminal import printable


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Where it goes.  [default: report.html in RUN]"
)
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def report(
    run: Path,
    out: Path | None,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a page about a run or a sweep: one HTML file that loads nothing.

    It has curves and figures of every epoch, the comparison with the baseline, what suits the task (confusion matrix,
    predicted against true values, each label), the worst mistakes as images or as rows of the table, which columns of a
    table count, the weights, what was done to the data, all settings, the environment, and how to reproduce it. A page
    about a run that has not finished, or whose data are not there, says what it lacks.

    The page of a sweep has its best configuration and the command to train it, all configurations as parallel
    coordinates, how much each setting counts, the rungs, and what failed.

    \b
    nnzoo report runs/first
    nnzoo report runs/first --out first.html
    nnzoo report sweeps/first
    """
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.files.writing import write_whole
    from nnzoo.pages.report import Report, make_report
    from nnzoo.sweeps.view import is_sweep, view_sweep
    from nnzoo.trained_run import TrainedRun

    path = run / "report.html" if out is None else out
    if is_sweep(run):
        from nnzoo.pages.sweep import make_sweep_page

        page = Report(make_sweep_page(view_sweep(run)), {})
    else:
        with redirect_stdout(sys.stderr):  # a plugin may print
            page = make_report(TrainedRun(run, make_registry(plugin_files, disabled), FileCache(data_dir)))
    data = page.html.encode()
    write_whole(path, data)
    for reason, what in page.left_out.items():
        click.echo(printable(f"nnzoo: the report lacks {', '.join(what)}: {reason}"), err=True)
    if as_json:
        left_out = [{"what": what, "reason": reason} for reason, what in page.left_out.items()]
        click.echo(json.dumps({"run": str(run), "report": str(path), "bytes": len(data), "left_out": left_out}))
    else:
        click.echo(printable(str(path)))
