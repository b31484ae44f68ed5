"""``nnzoo runs``: what was trained, listed, shown, compared, removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import debug_option
from nnzoo.cli.tables import print_table, printable
from nnzoo.errors import UsageError

if TYPE_CHECKING:
    from nnzoo.runs.listing import RunLine

DEFAULT_FOLDER = Path("runs")
UNFINISHED = ("killed", "interrupted", "failed")
PATH = click.Path(path_type=Path)


@click.group(short_help="List, show, compare and remove runs.")
def runs() -> None:
    """What was trained so far, with its arguments and results.

    \b
    nnzoo runs list
    nnzoo runs show runs/20260102-030405-mnist-mlp
    nnzoo runs compare runs/20260102-*
    """


@runs.command("list", short_help="List the runs in a directory.")
@click.argument("folder", metavar="[DIR]", type=PATH, default=DEFAULT_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@debug_option
def list_them(folder: Path, as_json: bool) -> None:
    """List the runs in DIR (default ./runs), the latest first. What is no run, or is broken, is listed as such."""
    from nnzoo.runs.listing import list_runs

    lines = list_runs(folder) if folder.exists() or folder != DEFAULT_FOLDER else []
    if as_json:
        click.echo(json.dumps([line.to_dict() for line in lines]))
        return
    if not lines:
        click.echo(f"No runs in {folder}. `nnzoo train` makes one.")
        return
    told = [line for line in lines if line.model]
    if told:
        titles = ("run", "status", "data set", "network", "optimizer", "epochs", "accuracy", "seconds", "started")
        print_table(titles, map(_cells, told))
    others = [(line.path, line.status, line.problem) for line in lines if not line.model]
    if others:
        print_table(("directory", "what it is", "why"), others)
    if any(line.status in UNFINISHED for line in told):
        click.echo("To go on with a run: nnzoo train --resume RUN")


@runs.command(short_help="Show a run: its conditions, its results, every epoch.")
@click.argument("run", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@debug_option
def show(run: Path, as_json: bool) -> None:
    """Show a run's record: what decided it, what came of it, and the figures of every epoch."""
    from nnzoo.runs.conditions import conditions
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.runs.record import read_record

    record, metrics = read_record(run), RunDirectory(run).read_metrics()
    if as_json:
        click.echo(json.dumps({"run": str(run), "record": json.loads(record.to_json()), "metrics": metrics}))
        return
    _say(f"{run}: {record.status_at(run)}")
    for title, value in (
        ("command", " ".join(record.command)),
        ("started", record.started),
        ("finished", record.finished),
        ("reason", record.reason),
    ):
        if value:
            _say(f"{title:9} {value}")
    for resumed in record.resumed:
        changed = "; ".join(resumed.differences)
        otherwise = f", with other conditions: {changed}" if changed else ""
        _say(f"resumed   {resumed.at}, after step {resumed.steps}{otherwise}")
    click.echo()
    print_table(("condition", "value"), conditions(record).items())
    arguments = {*record.settings, *record.components}  # they stand among the conditions already
    if record.results:
        own = ((name, _plain(value)) for name, value in record.results.items() if name not in arguments)
        print_table(("result", "value"), own)
    if metrics:
        names = [name for name in metrics[0] if any(line[name] is not None for line in metrics)]
        print_table(names, ([_plain(line[name]) for name in names] for line in metrics))


@runs.command(short_help="Compare runs.")
@click.argument("run", metavar="RUN RUN…", type=PATH, nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@debug_option
def compare(run: tuple[Path, ...], as_json: bool) -> None:
    """Hold runs against the first of them: what differs in their conditions, and in their results."""
    from nnzoo.runs.comparing import compare_runs

    if len(run) < 2:
        raise UsageError("one run alone can't be compared", hint="name two or more")
    found = compare_runs(run)
    if as_json:
        click.echo(json.dumps(found.to_dict()))
        return
    names = [str(number) for number in range(1, len(found.runs) + 1)]
    for number, path in zip(names, found.runs, strict=True):
        _say(f"{number}  {path}")
    click.echo()
    if found.differs:
        print_table(("condition", *names), ((name, *values) for name, values in found.differs.items()))
    else:
        click.echo("Nothing that is recorded of their conditions differs.\n")
    rows = []
    for figure, values in found.results.items():
        rows.append((figure, *map(_plain, values)))
        if any(found.difference[figure]):
            changes = (_change(figure, value, found.test_samples) for value in found.difference[figure][1:])
            rows.append(("  less the first", "", *changes))
    print_table(("result", *names), rows)
    if found.same_weights:
        click.echo("The weights are the same, bit for bit.")
    if not found.same_data:
        click.echo("The data are not the same: the figures say little about which is better.")


@runs.command(short_help="Remove runs.")
@click.argument("run", metavar="RUN…", type=PATH, nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--force", is_flag=True, help="Take a run's own files out of a directory that has others, which stays.")
@debug_option
def remove(run: tuple[Path, ...], yes: bool, force: bool) -> None:
    """Remove runs: their own files and their directories, nothing else; a link is not followed."""
    from nnzoo.runs.removing import remove_run, require_removable

    paths = list(dict.fromkeys(run))
    for path in paths:
        require_removable(path, keep_others=force)
    if not yes:
        if sys.stdin is None or not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask at", hint="to remove without a question, add --yes")
        for path in paths:
            _say(str(path))
        if not click.confirm(f"Remove {'this run' if len(paths) == 1 else f'these {len(paths)} runs'} for good?"):
            return
    for path in paths:
        left = remove_run(path, keep_others=force)
        _say(f"removed {path}" + (f", but for {', '.join(file.name for file in left)}" if left else ""))


def _cells(line: RunLine) -> Sequence[str]:
    score = f"{line.test_accuracy:.2%}" if line.test_accuracy is not None else _plain(line.test_loss)
    seconds = "-" if line.train_seconds is None else f"{line.train_seconds:.2f}"
    started = line.started[:16].replace("T", " ")
    trained = (line.dataset, f"{line.model}, {line.activation}", line.optimizer)
    return (line.path, line.status, *trained, _plain(line.epochs), score, seconds, started)


def _change(figure: str, value: float | None, samples: int | None) -> str:
    """A difference with its sign; of a share in points, and of one of test samples in these too."""
    if value is None:
        return "-"
    if not figure.endswith("accuracy"):
        return f"{value:+.4g}"
    count = f" ({round(value * samples):+,} of {samples:,})" if samples and figure == "test_accuracy" else ""
    return f"{100 * value:+.2f} points{count}"


def _plain(value: Any) -> str:
    """A value of a record: six digits are enough to look at, ``--json`` has all."""
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _say(text: str) -> None:
    """A line of text that may come from a stranger."""
    click.echo(printable(text.replace("\n", " ")))
