"""``nnzoo sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnzoo.cli.options import (
    PATH,
    component_option,
    data_dir_option,
    debug_option,
    given_data_dir,
    given_plugins,
    options,
    plugin_options,
    quiet_option,
    recipe_choices,
    training_options,
)
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.tables import print_table
from nnzoo.errors import NnzooError, UsageError
from nnzoo.terminal import one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnzoo.sweeps.board import Sweep
    from nnzoo.sweeps.plan import Trial

F = TypeVar("F", bound="Callable[..., Any]")

DEFAULT_DATASET = "mnist"
KEPT = ("trials", "executor", "workers")
"""Options that can be combined with --resume."""

space_options = options(
    component_option("--model", metavar="SPACE", help="The architecture.  [default: mlp]"),
    click.option(
        "--hidden", metavar="SPACE", help="Units of each hidden layer: 32,64,(64,32) are three to choose from."
    ),
    component_option("--activation", metavar="SPACE", help="The hidden layers' activation.  [default: relu]"),
    component_option("--optimizer", metavar="SPACE", help="The update rule.  [default: momentum]"),
    component_option("--loss", metavar="SPACE", help="Training loss.  [default: the task's]"),
    component_option("--schedule", metavar="SPACE", help="The learning-rate schedule.  [default: one-cycle]"),
    click.option("--learning-rate", "--l_rate", metavar="SPACE", help="[default: the optimizer's own]"),
    click.option("--weight-decay", metavar="SPACE", help="Decoupled weight decay.  [default: the optimizer's own]"),
    click.option("--epochs", metavar="SPACE", help="Passes over the training data.  [default: 10]"),
    click.option("--batch-size", metavar="SPACE", help="Samples in a step.  [default: 128]"),
    click.option("--space", type=PATH, metavar="FILE", help="A TOML file with more of these."),
)
"""The options that a sweep varies: texts with commas and ranges."""

common_options = options(
    component_option("--task", metavar="NAME", help="The meaning of outputs.  [default: the data set's]"),
    click.option(
        "--validation", type=float, metavar="X", help="Share of the training data that ranks.  [default: 0.2]"
    ),
    click.option("--monitor", metavar="FIGURE", help="The validation figure that ranks.  [default: loss]"),
    training_options,
)
"""The options that all trials share."""


@click.group(invoke_without_command=True)
@component_option("--dataset", metavar="NAME", help=f"The training data.  [default: {DEFAULT_DATASET}]")
@space_options
@common_options
@click.option("--search", metavar="NAME", help="The search: grid, random, halving.  [default: random]")
@click.option("--trials", type=int, metavar="N", help="Configurations to try.  [default: all of a grid, else 20]")
@click.option("--seeds", type=int, metavar="N", help="Seeds for each configuration.  [default: 1]")
@click.option("--seed", type=int, metavar="N", help="The random seed of the search.  [default: 0]")
@click.option("--executor", metavar="NAME", help="The executor: processes, serial.  [default: processes]")
@click.option("--workers", type=int, metavar="N", help="Trials at a time.  [default: one per processor]")
@click.option(
    "--sweep-dir",
    type=PATH,
    metavar="DIR",
    help="The folder for journal and leaderboard.  [default: sweeps/<time>-<data set>]",
)
@click.option("--resume", type=PATH, metavar="SWEEP", help="Continue a sweep, or add trials.")
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
@quiet_option
@click.pass_context
def sweep(
    context: click.Context,
    /,
    space: Path | None,
    sweep_dir: Path | None,
    resume: Path | None,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Try many configurations, rank them by validation data, and measure the best once on test data.

    A SPACE is a value as for `nnzoo train`, but with alternatives separated by commas, and ranges lin:a..b, log:a..b
    (logarithmic) and int:a..b (whole numbers), also within components. adam:* varies all hyperparameters of adam that
    declare a range. Results do not depend on the number of workers.

    \b
    nnzoo sweep --dataset digits --learning-rate log:0.03..10 --hidden 32,64,128 --trials 40 --workers 2
    nnzoo sweep --optimizer sgd,momentum:beta=lin:0.8..0.99 --learning-rate log:0.1..10 --seeds 3
    nnzoo sweep --search halving --trials 27 --learning-rate log:0.1..10 --sweep-dir sweeps/first
    nnzoo sweep --resume sweeps/first --trials 80
    nnzoo sweep show sweeps/first --top 5
    """
    if context.invoked_subcommand is not None:
        return
    from nnzoo.runs.stopping import sigterm_like_ctrl_c
    from nnzoo.sweeps.spaces import read_file
    from nnzoo.sweeps.sweep import resume_sweep
    from nnzoo.sweeps.sweep import sweep as run_sweep

    given, (plugin_files, disabled), data_dir = recipe_choices(choices), given_plugins(), given_data_dir()
    report = None if quiet else _print_trial
    begun: list[Path] = []
    with sigterm_like_ctrl_c(), prints_to_stderr(as_json):
        try:
            if resume is not None:
                fixed: dict[str, object] = {"sweep_dir": sweep_dir, "space": space, "data_dir": data_dir}
                fixed |= {"plugin": plugin_files, "no_plugin": disabled}
                others = ({*given} - {*KEPT}) | {name for name, value in fixed.items() if value}
                if others:
                    option = min(others).replace("_", "-")
                    raise UsageError(f"--resume continues a sweep with the options that it began with: omit --{option}")
                begun.append(resume)
                done = resume_sweep(resume, **given, told=report)
            else:
                from_file = {} if space is None else read_file(space)
                if twice := sorted(from_file.keys() & given.keys()):
                    raise UsageError(f"{twice[0]} is given twice: in {space} and as an option")
                given = recipe_choices({"dataset": DEFAULT_DATASET} | from_file | given)
                given |= {"directory": sweep_dir, "data_dir": data_dir, "plugins": plugin_files, "disabled": disabled}
                done = run_sweep(**given, told=report, began=begun.append)
        except (KeyboardInterrupt, NnzooError) as error:
            if begun and not getattr(error, "hint", None):
                click.echo(f"nnzoo: continue with: nnzoo sweep --resume {quoted(begun[0])}", err=True)
            raise
    if as_json:
        print_json(done.to_dict())
    else:
        _print(done, top=10)


@sweep.command("show", short_help="Show the leaderboard of a sweep.")
@click.argument("directory", type=PATH, metavar="SWEEP")
@click.option("--top", type=click.IntRange(min=1), default=10, metavar="N", help="Rows to show.  [default: 10]")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one JSON object.")
@debug_option
def show(directory: Path, top: int, as_json: bool) -> None:
    """Show the leaderboard of a sweep that has ended or is still running.

    \b
    nnzoo sweep show sweeps/first
    nnzoo sweep show sweeps/first --top 3 --json
    """
    from nnzoo.sweeps.board import summary_of
    from nnzoo.sweeps.journal import read_journal
    from nnzoo.sweeps.plan import read_plan

    found = summary_of(directory, read_plan(directory), read_journal(directory))
    if as_json:
        source = click.get_current_context().get_parameter_source("top")
        every = source is click.core.ParameterSource.DEFAULT
        print_json(found.to_dict(None if every else top))
    else:
        _print(found, top)


def _print_trial(trial: Trial, line: dict[str, Any], done: int, of: int) -> None:
    """Print one line for a trial that has ended."""
    settings = ", ".join(f"{name} {value}" for name, value in trial.configuration.items())
    figures = ", ".join(f"{name} {value:.4g}" for name, value in line["figures"].items() if name.startswith("val"))
    result = figures if line["status"] == "finished" else f"{line['status']}: {line['message']}"
    click.echo(one_line(f"{done} of {of}: {settings}, seed {trial.seed}: {result}"), err=True)


def _print(found: Sweep, top: int) -> None:
    """Print the leaderboard as a table, and the winner."""
    rows = found.leaderboard[:top]
    names = list(dict.fromkeys(name for row in rows for name in row.configuration))
    shares = any(row.share < 1 for row in rows)
    table = []
    for row in rows:
        value = row.message if row.value is None else f"{row.value:.4f}"
        spread = "" if row.low is None or row.low == row.high else f"{row.low:.4f} … {row.high:.4f}"
        share = [f"{row.share:.3g}"] if shares else []
        table.append([str(row.rank), *(row.configuration.get(name, "") for name in names), *share, spread, value])
    if table:
        titles = ["", *(name.replace("_", " ") for name in names), *(["share"] if shares else []), "over seeds"]
        print_table([*titles, found.figure.replace("_", " ")], table, numbers=2)
    counts = ", ".join(f"{number:,} {status}" for status, number in found.trials.items() if number)
    rest = len(found.leaderboard) - len(rows)
    click.echo(f"{counts or 'no'} trials in {found.directory}" + (f"; {rest:,} more rows" if rest else ""))
    if found.run is not None:
        figures = ", ".join(
            f"{name.replace('_', ' ')} {value:.4g}"
            for name, value in found.run.items()
            if name.startswith("test_") and isinstance(value, float)
        )
        click.echo(f"best, measured once on the test data: {figures}; run {found.run['run_dir']}")
    if found.command:
        click.echo(found.command)
    if found.run is not None:
        best = quoted(f"{found.directory}#1")
        click.echo(f"to compare it with the defaults: nnzoo compare default {best} --seeds 8")
