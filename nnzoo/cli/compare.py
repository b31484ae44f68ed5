"""``nnzoo compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table
from nnzoo.errors import UsageError
from nnzoo.terminal import output_width, printable

if TYPE_CHECKING:
    from nnzoo.comparing.comparison import Comparison
    from nnzoo.training.measures import Measure


@click.command(short_help="Tell which of several trainings is better, seed by seed.")
@click.argument("candidates", metavar="A B [C…]", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--metric", metavar="FIGURE", help="What is compared, such as test_f1.  [default: the first metric]")
@click.option(
    "--meant",
    metavar="NAME[,NAME…]",
    help="Settings that are meant to differ; others are warned of.  [default: any one]",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Draw the differences: .png, .svg or .pdf."
)
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(
    candidates: tuple[Path, ...],
    metric: str | None,
    meant: str | None,
    out: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Hold B, C, … against A: each a run, or a directory with runs of one configuration and several seeds.

    Runs of the same seed are pairs. One candidate is called better only if the 95 % interval of the mean difference
    (BCa bootstrap) leaves out 0 and an exact sign-flip test comes below 5 %, after Holm's correction where there are
    several. It says when there are too few seeds to tell.

    \b
    nnzoo compare runs/relu runs/gelu
    nnzoo compare runs/sgd runs/momentum runs/adam --metric validation_loss --meant optimizer,learning_rate
    nnzoo compare runs/relu runs/gelu --out differences.png --json
    """
    from nnzoo.comparing.candidates import find_candidate, find_figure, rates_not_chosen
    from nnzoo.comparing.comparison import compare as compared

    if len(candidates) < 2:
        raise UsageError("one candidate alone can't be compared", hint="name two runs or directories of runs, or more")
    if out is not None:
        from nnzoo.figures.style import require_format

        require_format(out.suffix.removeprefix("."))
    registry = make_registry(plugin_files, disabled)
    found = [find_candidate(path) for path in candidates]
    figure, measure = find_figure(found, metric, registry)
    names = [name.strip().replace("-", "_") for name in meant.split(",")] if meant else []
    comparison = compared(found, figure, measure, meant=names, follow=rates_not_chosen(found, registry))
    if out is not None:
        from nnzoo.figures.comparison import comparison_figure
        from nnzoo.figures.style import save_figure

        save_figure(comparison_figure(comparison, measure), out)
    if as_json:
        click.echo(json.dumps(comparison.to_dict() | ({"file": str(out)} if out else {}), allow_nan=False))
    else:
        _tell(comparison, measure)


def _tell(comparison: Comparison, measure: Measure) -> None:
    part = comparison.figure.partition("_")[0]
    rows = []
    for each in comparison.candidates:
        interval = "-" if each.interval is None else " … ".join(map(measure.show, each.interval))
        rows.append((each.name, str(len(each.values)), measure.show(each.mean), interval))
    titles = ("candidate", f"{comparison.unit}s", f"{part} {measure.short_title}", "95 % interval of the mean (t)")
    print_table(titles, rows, numbers=3, width=output_width())
    if comparison.settings:
        names = [f"{place}" for place in range(1, len(comparison.candidates) + 1)]
        rows_of_settings = [(name, *values) for name, values in comparison.settings.items()]
        print_table(("setting that differs", *names), rows_of_settings, width=output_width())
    for warning in comparison.warnings:
        click.echo(printable(f"Note: {warning}."))
    if comparison.warnings:
        click.echo()
    for each_difference in comparison.differences:
        click.echo(printable(each_difference.sentence))
