"""``nnzoo compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.compare_trained import find_wanted, train_wanted
from nnzoo.cli.options import PATH, data_dir_option, make_registry, usual_options
from nnzoo.cli.output import print_json
from nnzoo.cli.tables import print_table
from nnzoo.cli.train_many import DEFAULT_SEEDS, Many
from nnzoo.errors import UsageError
from nnzoo.terminal import output_width

if TYPE_CHECKING:
    from nnzoo.comparing.comparison import Comparison
    from nnzoo.training.measures import Measure


@click.command()
@click.argument("candidates", metavar="A B [C…]", nargs=-1, required=True)
@click.option("--metric", metavar="FIGURE", help="The figure to compare, such as test_f1.  [default: the first metric]")
@click.option(
    "--meant",
    metavar="NAME[,NAME…]",
    help="Settings that are meant to differ; others are warned of.  [default: any one]",
)
@click.option("--out", type=PATH, metavar="FILE", help="Draw the differences: .png, .svg or .pdf.")
@click.option("--dataset", metavar="NAME", help="The data set for candidates that are settings.")
@click.option("--with", "common", metavar="SETTINGS", help="Settings that all of these share.")
@click.option("--seeds", metavar="N|A-B|A,B,…", help=f"The seeds to train them with.  [default: {DEFAULT_SEEDS}]")
@click.option("--folds", type=int, metavar="K", help="Train them on K folds instead of several seeds.")
@click.option("--run-dir", type=PATH, metavar="DIR", help="The folder for their runs.  [default: runs/compared]")
@click.option("--executor", metavar="NAME", help="The executor that trains them.  [default: processes]")
@click.option("--workers", type=int, metavar="N", help="Runs at a time.  [default: all cores]")
@data_dir_option
@usual_options
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
    as_json: bool,
) -> None:
    """Compare B, C, … with A: each a run, or a directory with runs of one configuration and several seeds.

    A candidate can also be settings of nnzoo train, separated by spaces, as in 'optimizer=sgd epochs=5'; the word
    default, for no settings; or SWEEP#1, the best row of a sweep. These candidates are trained with the same seeds.
    Their runs are kept, and not trained again next time.

    Runs with the same seed are pairs. A candidate is better only if the 95 % interval of the mean difference (BCa
    bootstrap) excludes 0 and the p-value of an exact sign-flip test is below 5 %, after Holm's correction for several
    candidates. If there are too few seeds to decide, the verdict says so.

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
    registry = make_registry()
    many = Many.given(executor, workers, as_json=True, quiet=False)  # progress goes to standard error
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
        else ()
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
        print_json(comparison.to_dict() | ({"file": str(out)} if out else {}))
    else:
        _print(comparison, measure)


def _print(comparison: Comparison, measure: Measure) -> None:
    part = comparison.figure.partition("_")[0]
    rows = []
    for each in comparison.candidates:
        interval = "-" if each.interval is None else " … ".join(map(measure.show, each.interval))
        rows.append((each.name, str(len(each.values)), measure.show(each.mean), interval))
    titles = ("candidate", f"{comparison.unit}s", f"{part} {measure.short_title}", "95 % interval of the mean (t)")
    print_table(titles, rows, numbers=3, width=output_width())
    if comparison.settings:
        names = map(str, range(1, len(comparison.candidates) + 1))
        settings = [(name, *values) for name, values in comparison.settings.items()]
        print_table(("setting that differs", *names), settings, width=output_width())
    for warning in comparison.warnings:
        click.echo(f"Note: {warning}.")
    if comparison.warnings:
        click.echo()
    for difference in comparison.differences:
        click.echo(difference.sentence)
