"""``nnzoo compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.compare_trained import find_wanted, train_wanted
from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.tables import print_table
from nnzoo.cli.train_many import DEFAULT_SEEDS, Many
from nnzoo.errors import UsageError
from nnzoo.terminal import output_width, printable

if TYPE_CHECKING:
    from nnzoo.comparing.comparison import Comparison
    from nnzoo.training.measures import Measure


@click.command()
@click.argument("candidates", metavar="A B [C…]", nargs=-1, required=True)
@click.option("--metric", metavar="FIGURE", help="What is compared, such as test_f1.  [default: the first metric]")
@click.option(
    "--meant",
    metavar="NAME[,NAME…]",
    help="Settings that are meant to differ; others are warned of.  [default: any one]",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Draw the differences: .png, .svg or .pdf."
)
@click.option("--dataset", metavar="NAME", help="What candidates are trained on that are written as settings.")
@click.option("--with", "common", metavar="SETTINGS", help="Settings that all of these have.")
@click.option("--seeds", metavar="N|A-B|A,B,…", help=f"Seeds that they are trained with.  [default: {DEFAULT_SEEDS}]")
@click.option("--folds", type=int, metavar="K", help="Train them on K folds, in place of seeds.")
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where their runs are kept.  [default: runs/compared]",
)
@click.option("--executor", metavar="NAME", help="Where they are trained.  [default: processes]")
@click.option("--workers", type=int, metavar="N", help="Runs at a time.  [default: all cores]")
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(
    candidates: tuple[str, ...],
    metric: str | None,
    meant: str | None,
    out: Path | None,
    dataset: str | None,
    common: str | None,
    seeds: str | None,
    folds: int | None,
    run_dir: Path | None,
    executor: str | None,
    workers: int | None,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Hold B, C, … against A: each a run, or a directory with runs of one configuration and several seeds.

    A candidate may also be settings as nnzoo train has them, divided by spaces, as in 'optimizer=sgd epochs=5';
    default, which is none; or SWEEP#1, the best row of a sweep. Such candidates are trained, with the same seeds, and
    their runs are kept: what was trained before is not trained again.

    Runs of the same seed are pairs. One candidate is called better only if the 95 % interval of the mean difference
    (BCa bootstrap) leaves out 0 and an exact sign-flip test comes below 5 %, after Holm's correction where there are
    several. It says when there are too few seeds to decide.

    \b
    nnzoo compare runs/relu runs/gelu
    nnzoo compare runs/sgd runs/momentum runs/adam --metric validation_loss --meant optimizer,learning_rate
    nnzoo compare runs/relu runs/gelu --out differences.png --json
    nnzoo compare optimizer=sgd optimizer=momentum --dataset digits --seeds 8
    nnzoo compare default 'hidden=128 learning_rate=0.5' --with epochs=5 --dataset digits
    nnzoo compare default sweeps/first#1 --seeds 20
    """
    from nnzoo.comparing.candidates import find_candidate, find_figure, rates_not_chosen
    from nnzoo.comparing.comparison import compare as compared

    if len(candidates) < 2:
        raise UsageError("a single candidate cannot be compared", hint="name at least two runs or directories of runs")
    if out is not None:
        from nnzoo.figures.style import require_format

        require_format(out.suffix.removeprefix("."))
    registry = make_registry(plugin_files, disabled)
    many = Many(plugin_files, disabled, data_dir, executor, workers, as_json=True, quiet=False)  # to standard error
    wanted = [find_wanted(text, many) for text in candidates]
    to_train = [each for each in wanted if each is not None]
    options = {"dataset": dataset, "with": common, "seeds": seeds, "folds": folds, "run-dir": run_dir}
    options |= {"executor": executor, "workers": workers}
    unused = [name for name, value in options.items() if value is not None]
    if unused and not to_train:
        raise UsageError(
            f"--{unused[0]} is for candidates that are trained, and these are runs",
            hint="settings are written 'optimizer=sgd epochs=5'; no settings are: default",
        )
    trained = iter(
        train_wanted(to_train, dataset=dataset, common=common, seeds=seeds, folds=folds, folder=run_dir)
        if to_train
        else []
    )
    found = [
        find_candidate(Path(text)) if each is None else next(trained)
        for text, each in zip(candidates, wanted, strict=True)
    ]
    figure, measure = find_figure(found, metric, registry)
    names = [name.strip().replace("-", "_") for name in meant.split(",")] if meant else []
    names += sorted({name for each in to_train for name in each.meant} - {*names})
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
