"""``nnzoo reproduce``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import PATH, data_dir_option, make_cache, make_registry, quiet_option, usual_options
from nnzoo.cli.output import print_json
from nnzoo.cli.progress import training_shown
from nnzoo.cli.tables import print_first

if TYPE_CHECKING:
    from nnzoo.runs.reproduce import Deviation, Reproduction

MOST = 12
"""The most deviations that are printed; ``--json`` has all."""


@click.command()
@click.argument("run", type=PATH)
@data_dir_option
@click.option("--run-dir", type=PATH, metavar="DIR", help="The folder of the new run.  [default: as for train]")
@usual_options
@quiet_option
def reproduce(run: Path, run_dir: Path | None, as_json: bool, quiet: bool) -> None:
    """Train again by the record of RUN, and check whether weights and figures agree, bit for bit.

    If they do not, differences in data, versions, arguments and machine are listed. The exit code is 0 in both cases.

    \b
    nnzoo reproduce runs/20260102-030405-mnist-mlp
    nnzoo reproduce runs/20260102-030405-mnist-mlp --run-dir again --json
    """
    with training_shown(as_json=as_json, quiet=quiet, run_dir=run_dir) as progress:
        from nnzoo.runs.reproduce import reproduce_run

        outcome = reproduce_run(
            make_registry(),
            run,
            make_cache(),
            run_dir=run_dir,
            command=["nnzoo", *sys.argv[1:]],
            listener=progress.listener(),
        )
    progress.finished(outcome.results)
    if as_json:
        print_json(outcome.to_dict())
    else:
        _print(outcome)


def _print(outcome: Reproduction) -> None:
    if outcome.identical:
        click.echo(f"identical to {outcome.run}: the same weights and the same figures, bit for bit")
    else:
        click.echo(f"not identical to {outcome.run}:\n")
        print_first(("what", "epoch", "then", "now"), list(map(_cells, outcome.deviations)), MOST)
    if outcome.differences:
        click.echo("\n  ".join(["Conditions that differ:", *outcome.differences]))
    elif not outcome.identical:
        click.echo("No recorded condition differs.")


def _cells(deviation: Deviation) -> tuple[str, str, str, str]:
    epoch = "" if deviation.epoch is None else str(deviation.epoch)
    return deviation.figure, epoch, _short(deviation.then), _short(deviation.now)


def _short(value: object) -> str:
    """A value, or the beginning of a long one such as a SHA-256."""
    text = str(value)
    return text if len(text) <= 24 else f"{text[:16]}…"
