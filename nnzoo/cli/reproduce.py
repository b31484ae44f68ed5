"""``nnzoo reproduce``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.progress import training_shown
from nnzoo.cli.tables import print_table

if TYPE_CHECKING:
    from nnzoo.runs.reproduce import Deviation, Reproduction

PATH = click.Path(path_type=Path)
MOST = 12
"""Deviations that are printed; ``--json`` has all."""


@click.command()
@click.argument("run", type=PATH)
@data_dir_option
@click.option("--run-dir", type=PATH, metavar="DIR", help="Where the new run goes.  [default: as for train]")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing while training.")
def reproduce(
    run: Path,
    data_dir: Path | None,
    run_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Train again by the record of RUN, and say whether weights and figures agree, bit for bit.

    If not, what differs is listed: data, versions, arguments, machine. The exit code is 0 either way.

    \b
    nnzoo reproduce runs/20260102-030405-mnist-mlp
    nnzoo reproduce runs/20260102-030405-mnist-mlp --run-dir again --json
    """
    with training_shown(as_json=as_json, quiet=quiet) as progress:
        from nnzoo.datafiles.cache import FileCache
        from nnzoo.runs.directory import require_free
        from nnzoo.runs.reproduce import reproduce_run

        if run_dir is not None:
            require_free(run_dir)
        outcome = reproduce_run(
            make_registry(plugin_files, disabled),
            run,
            FileCache(data_dir),
            run_dir=run_dir,
            command=["nnzoo", *sys.argv[1:]],
            listener=progress.listener(),
        )
    progress.finished(outcome.results)
    if as_json:
        click.echo(json.dumps(outcome.to_dict(), allow_nan=False))
    else:
        _print(outcome)


def _print(outcome: Reproduction) -> None:
    if outcome.identical:
        click.echo(f"identical to {outcome.run}: the same weights and the same figures, bit for bit")
    else:
        click.echo(f"not identical to {outcome.run}:\n")
        print_table(("what", "epoch", "then", "now"), map(_cells, outcome.deviations[:MOST]))
        if len(outcome.deviations) > MOST:
            click.echo(f"and {len(outcome.deviations) - MOST} more, which --json lists\n")
    if outcome.differences:
        click.echo("What is not as it was:")
        for line in outcome.differences:
            click.echo(f"  {line}")
    elif not outcome.identical:
        click.echo("Nothing that is recorded of the conditions differs.")


def _cells(deviation: Deviation) -> tuple[str, str, str, str]:
    epoch = "" if deviation.epoch is None else str(deviation.epoch)
    return deviation.figure, epoch, _short(deviation.then), _short(deviation.now)


def _short(value: object) -> str:
    """The beginning of a SHA-256 is enough to look at."""
    text = str(value)
    return text if len(text) <= 24 else f"{text[:16]}…"
