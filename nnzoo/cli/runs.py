"""``nnzoo runs``: list, show, compare and remove runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import PATH, debug_option, json_option, make_registry, plugin_options, usual_options
from nnzoo.cli.output import confirm, print_json
from nnzoo.cli.tables import print_table, table_width
from nnzoo.errors import UsageError
from nnzoo.terminal import output_width, quoted

if TYPE_CHECKING:
    from nnzoo.comparing.listing import RunLine

DEFAULT_FOLDER = Path("runs")
LEAST_WANTED = ("seconds", "optimizer", "epochs", "started", "data", "network")
"""The columns that a narrow terminal can do without, the least important first."""
UNFINISHED = ("killed", "interrupted", "failed")


@click.group()
def runs() -> None:
    """List, show, compare and remove runs.

    \b
    nnzoo runs list
    nnzoo runs show runs/20260102-030405-mnist-mlp
    nnzoo runs compare runs/20260102-*
    """


@runs.command("list", short_help="List the runs in a directory.")
@click.argument("folder", metavar="[DIR]", type=PATH, default=DEFAULT_FOLDER)
@click.option("--sort", "figure", metavar="FIGURE", help="Sort by a figure such as test_f1, the best first.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_them(folder: Path, figure: str | None, as_json: bool) -> None:
    """List the runs in DIR (default ./runs) and its subfolders, the latest first, and what else is there.

    Runs with several seeds are one line: the mean ± half of its 95 % interval, or for folds ± their deviation.

    \b
    nnzoo runs list
    nnzoo runs list --sort test_accuracy
    nnzoo runs list elsewhere --sort validation_loss --json
    """
    from nnzoo.comparing.listing import list_runs, sorted_runs

    registry = make_registry()
    lines = list_runs(folder, registry) if folder.exists() or folder != DEFAULT_FOLDER else []
    if figure is not None and lines:
        lines = sorted_runs(lines, figure.replace("-", "_"))
    if as_json:
        print_json([line.to_dict() for line in lines], allow_infinite=True)  # a mean may be too large
        return
    if not lines:
        click.echo(f"No runs in {folder}. `nnzoo train` makes one.")
        return
    complete = [line for line in lines if line.model]
    if complete:
        _print_runs(complete, figure and figure.replace("-", "_"))
    others = [(line.path, line.status, line.problem) for line in lines if not line.model]
    if others:
        print_table(("directory", "what it is", "why"), others, width=output_width())
    if any(line.status in UNFINISHED for line in complete):
        click.echo("To continue a run: nnzoo train --resume RUN")


def _print_runs(lines: Sequence[RunLine], figure: str | None) -> None:
    """Print a table of runs, with as many columns as fit, and the figure that they are sorted by."""
    names = [figure or line.main_figure for line in lines]
    measured = {name for name, line in zip(names, lines, strict=True) if line.figure(name) is not None}
    only = measured.pop() if len(measured) == 1 else None
    measures = [line.measure(name) for name, line in zip(names, lines, strict=True)]
    values = []
    for name, measure, line in zip(names, measures, lines, strict=True):
        value = line.figure(name)
        text = _plain(value) if measure is None or value is None else measure.show(value)
        if measure is not None and name in line.within and line.runs > 1:
            text += f" ± {measure.show(line.within[name])}"
        values.append(text if only or measure is None or value is None else f"{measure.short_title} {text}")
    title = "result"
    if only is not None:
        measure = next((each for each in measures if each), None)
        title = f"{only.partition('_')[0]} {measure.short_title}" if measure else only.replace("_", " ")
    columns = {
        "run": [line.path for line in lines],
        "status": [line.status for line in lines],
        "data": [line.dataset for line in lines],
        "network": [f"{line.model}, {line.activation}" for line in lines],
        "optimizer": [line.optimizer for line in lines],
        "epochs": [_plain(line.epochs) for line in lines],
        title: values,
        "seconds": ["-" if line.train_seconds is None else f"{line.train_seconds:.2f}" for line in lines],
        "started": [line.started[:16].replace("T", " ") for line in lines],
    }
    for name in LEAST_WANTED:
        if table_width(list(columns), list(zip(*columns.values(), strict=True))) > output_width():
            columns.pop(name, None)
    print_table(list(columns), zip(*columns.values(), strict=True), width=output_width())


@runs.command(short_help="Show a run: conditions, results, every epoch.")
@click.argument("run", type=PATH)
@json_option
@debug_option
def show(run: Path, as_json: bool) -> None:
    """Show a run's record: its conditions, its results, and the figures of every epoch."""
    from nnzoo.runs.conditions import conditions
    from nnzoo.runs.directory import RunDirectory
    from nnzoo.runs.record import read_record

    record, metrics = read_record(run), RunDirectory(run).read_metrics()
    if as_json:
        print_json({"run": str(run), "record": json.loads(record.to_json()), "metrics": metrics})
        return
    _say(f"{run}: {record.status_at(run)}")
    for title, value in (
        ("command", " ".join(map(quoted, record.command))),
        ("started", record.started),
        ("finished", record.finished),
        ("reason", record.reason),
    ):
        if value:
            _say(f"{title:9} {value}")
    for resumed in record.resumed:
        changed = "; ".join(resumed.differences)
        differences = f", with other conditions: {changed}" if changed else ""
        _say(f"resumed   {resumed.at}, after step {resumed.steps}{differences}")
    click.echo()
    print_table(("condition", "value"), conditions(record).items())
    arguments = {*record.settings, *record.components, "start"}  # printed with the conditions
    if record.results:
        results = ((name, _plain(value)) for name, value in record.results.items() if name not in arguments)
        print_table(("result", "value"), results)
    if metrics:
        measured = dict.fromkeys(name for line in metrics for name, value in line.items() if value is not None)
        _print_epochs({name: [_plain(line.get(name)) for line in metrics] for name in measured})


def _print_epochs(columns: dict[str, list[str]]) -> None:
    """Print figures by epoch, in several tables if one would be wider than the terminal."""
    epoch, *names = columns
    block = [epoch]
    for place, name in enumerate(names):
        block.append(name)
        following = [*block, *names[place + 1 : place + 2]]
        rows = list(zip(*(columns[each] for each in following), strict=True))
        if following == block or table_width(following, rows) > output_width():
            print_table(block, zip(*(columns[each] for each in block), strict=True), width=output_width())
            block = [epoch]


@runs.command(short_help="Compare runs.")
@click.argument("run", metavar="RUN RUN…", type=PATH, nargs=-1, required=True)
@usual_options
def compare(run: tuple[Path, ...], as_json: bool) -> None:
    """Compare runs with the first of them: differences in conditions and in results."""
    from nnzoo.runs.conditions import compare_runs

    if len(run) < 2:
        raise UsageError("a single run cannot be compared", hint="name two or more")
    found = compare_runs(run, make_registry())
    if as_json:
        print_json(found.to_dict(), allow_infinite=True)  # a difference may be too large
        return
    names = [str(number) for number in range(1, len(found.runs) + 1)]
    for number, path in zip(names, found.runs, strict=True):
        _say(f"{number}  {path}")
    click.echo()
    if found.differs:
        print_table(("condition", *names), ((name, *values) for name, values in found.differs.items()))
    else:
        click.echo("No recorded condition differs.\n")
    rows = []
    for figure, values in found.results.items():
        rows.append((figure, *map(_plain, values)))
        if any(found.difference[figure]):
            share, samples = figure in found.shares, found.test_samples
            changes = (_change(figure, value, samples, share=share) for value in found.difference[figure][1:])
            rows.append(("  less the first", "", *changes))
    print_table(("result", *names), rows)
    if found.same_weights:
        click.echo("The weights are the same, bit for bit.")
    if not found.same_data:
        click.echo("The data differ, so the figures say little about which run is better.")


@runs.command(short_help="Remove runs.")
@click.argument("run", metavar="RUN…", type=PATH, nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--force", is_flag=True, help="Remove a run's files even from a directory with other files, which stays.")
@plugin_options
def remove(run: tuple[Path, ...], yes: bool, force: bool) -> None:
    """Remove runs: their files and their directories, nothing else. Links are not followed."""
    from nnzoo.runs.removing import remove_run, require_removable

    paths = list(dict.fromkeys(run))
    registry = make_registry()
    for path in paths:
        require_removable(path, registry, keep_others=force)
    if not yes:
        for path in paths:
            _say(str(path))
        if not confirm(f"Remove {'this run' if len(paths) == 1 else f'these {len(paths)} runs'} for good?"):
            return
    for path in paths:
        left = remove_run(path, registry, keep_others=force)
        _say(f"removed {path}" + (f", except {', '.join(file.name for file in left)}" if left else ""))


def _change(figure: str, value: float | None, samples: int | None, *, share: bool) -> str:
    """A difference with its sign; that of a share is in percentage points, for test accuracy also in samples."""
    if value is None:
        return "-"
    if not share:
        return f"{value:+.4g}"
    count = f" ({round(value * samples):+,} of {samples:,})" if samples and figure == "test_accuracy" else ""
    return f"{100 * value:+.2f} points{count}"


def _plain(value: Any) -> str:
    """A value of a record, with six digits; ``--json`` has all."""
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _say(text: str) -> None:
    """Print a line of untrusted text."""
    click.echo(text.replace("\n", " "))
