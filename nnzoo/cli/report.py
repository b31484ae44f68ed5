"""``nnzoo report``."""

from __future__ import annotations

from pathlib import Path

import click

from nnzoo.cli.options import PATH, data_dir_option, make_cache, make_registry, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr, write_page


@click.command()
@click.argument("run", type=PATH)
@click.option("--out", type=PATH, metavar="FILE", help="The output file.  [default: report.html in RUN]")
@data_dir_option
@usual_options
def report(run: Path, out: Path | None, as_json: bool) -> None:
    """Make a page about a run or a sweep: one HTML file that loads nothing.

    The page of a run has the curves and figures of every epoch, the comparison with the baseline, the figures of its
    task (confusion matrix, predicted against true values, labels), the worst mistakes as images or rows of the table,
    the importance of the columns of a table, the weights, the preprocessing, all settings, the environment, and the
    commands to reproduce it. If the run has not finished, or its data are missing, the page says what it lacks.

    The page of a sweep has its best configuration and the command to train it, all configurations as parallel
    coordinates, the importance of each setting, the rungs, and the failures.

    \b
    nnzoo report runs/first
    nnzoo report runs/first --out first.html
    nnzoo report sweeps/first
    """
    from nnzoo.pages.report import Report, make_report
    from nnzoo.sweeps.view import is_sweep, view_sweep
    from nnzoo.trained_run import TrainedRun

    path = run / "report.html" if out is None else out
    if is_sweep(run):
        from nnzoo.pages.sweep import make_sweep_page

        page = Report(make_sweep_page(view_sweep(run)), {})
    else:
        with prints_to_stderr():
            page = make_report(TrainedRun(run, make_registry(), make_cache()))
    size = write_page(path, page)
    if as_json:
        left_out = [{"what": parts, "reason": reason} for reason, parts in page.left_out.items()]
        print_json({"run": str(run), "report": str(path), "bytes": size, "left_out": left_out})
    else:
        click.echo(str(path))
