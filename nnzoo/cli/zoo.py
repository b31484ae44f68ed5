"""``nnzoo zoo``: trained networks, listed, shown, trained again."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.progress import make_progress
from nnzoo.cli.tables import print_confusion, print_table
from nnzoo.errors import UsageError
from nnzoo.terminal import output_width, printable

if TYPE_CHECKING:
    from nnzoo.zoo.search import Listed


@click.group(short_help="Trained networks.")
def zoo() -> None:
    """Trained networks that come with nnzoo and its plugins.

    \b
    nnzoo zoo list
    nnzoo zoo show mnist-mlp
    """


@zoo.command("list", short_help="List trained networks.")
@click.argument("pattern", default="*")
@click.option("--task", metavar="NAME", help="Only those of this task, such as classification.")
@click.option("--dataset", metavar="NAME", help="Only those that were trained on this data set.")
@click.option("--max-parameters", type=click.IntRange(0), metavar="N", help="Only those with no more parameters.")
@click.option(
    "--metric",
    "conditions",
    metavar="CONDITION",
    multiple=True,
    help="Only those whose figure on test samples is so: 'accuracy>0.99', 'rmse<3'. Repeatable.",
)
@click.option(
    "--sort",
    metavar="KEY",
    help="By name, task, dataset, parameters, size, milliseconds, or a figure such as accuracy, the best first.",
)
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_networks(
    pattern: str,
    task: str | None,
    dataset: str | None,
    max_parameters: int | None,
    conditions: tuple[str, ...],
    sort: str | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the trained networks in whose names PATTERN occurs, or that match it, such as 'mnist-*'.

    One whose card can't be read is listed, too, unless a condition asks for what is on it.

    \b
    nnzoo zoo list lenet
    nnzoo zoo list --task classification --max-parameters 60000 --metric 'accuracy>0.98' --sort parameters
    """
    from nnzoo.zoo.search import list_models

    found = list_models(
        pattern,
        task=task,
        dataset=dataset,
        max_parameters=max_parameters,
        metric=conditions,
        sort=sort,
        registry=make_registry(plugin_files, disabled),
    )
    if as_json:
        click.echo(json.dumps([_row(each) for each in found]))
        return
    if not found:
        click.echo("No network of the zoo is so.")
        return
    titles = ("name", "plugin", "task", "data", "parameters", "on test samples", "what it is")
    print_table(titles, [_cells(each) for each in found])
    click.echo("`nnzoo zoo show NAME` prints a card; in Python: nnzoo.load_model(NAME).")


@zoo.command(short_help="Print the card of a trained network.")
@click.argument("name")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(name: str, plugin_files: tuple[Path, ...], disabled: tuple[str, ...], as_json: bool) -> None:
    """Print the card of a trained network: figures with their intervals, data, command, use and limits, hashes."""
    from nnzoo.plugins.zoo_index import find_zoo_entry
    from nnzoo.zoo.markdown import output_table
    from nnzoo.zoo.search import card_of

    entry = find_zoo_entry(make_registry(plugin_files, disabled), name)
    card = card_of(entry)
    if as_json:
        click.echo(json.dumps(asdict(card), allow_nan=False))
        return
    click.echo(printable(f"{card.name}, from {entry.source}"))
    click.echo(f"\n{printable(card.summary)}\n")
    figures = [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures]
    print_table(("on test samples", "value", "95 % interval", "method"), figures)
    for title, text in card.facts:
        click.echo(printable(f"{title:15} {text}"))
    click.echo()
    if card.outputs:
        titles, rows = output_table(card.outputs, card.kind)
        print_table(titles, rows, numbers=len(titles) - 1, width=output_width())
    if card.confusion:
        print_confusion("Test samples", card.class_names, card.confusion)


@zoo.command(short_help="Train one again, and compare.")
@click.argument("name")
@plugin_options
@data_dir_option
@click.option(
    "--run-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the new run goes.  [default: as for train]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing while training.")
def reproduce(
    name: str,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    data_dir: Path | None,
    run_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a network of the zoo again by its recipe, and say whether the same weights come out, bit for bit."""
    from nnzoo.runs.stopping import sigterm_like_ctrl_c

    progress = make_progress(to_stderr=as_json, quiet=quiet)
    # A plugin may print, which must not hurt with --json.
    with sigterm_like_ctrl_c(), redirect_stdout(sys.stderr if as_json else sys.stdout), progress:
        from nnzoo.datafiles.cache import FileCache
        from nnzoo.plugins.zoo_index import find_zoo_entry
        from nnzoo.runs.directory import require_free
        from nnzoo.runs.run import RunListener
        from nnzoo.zoo.reproducing import train_again
        from nnzoo.zoo.search import card_of

        if run_dir is not None:
            require_free(run_dir)
        registry = make_registry(plugin_files, disabled)
        entry = find_zoo_entry(registry, name)
        card = card_of(entry)
        listener = RunListener(progress.started, progress.epoch_ended)
        results, differences = train_again(registry, entry, FileCache(data_dir), run_dir=run_dir, listener=listener)
    progress.finished(results)
    outcome = {
        "name": card.name,
        "identical": results["weights_sha256"] == card.weights_sha256,
        "test_accuracy": {"card": card.test_accuracy, "now": results.get("test_accuracy")},
        "differences": differences,
        "run_dir": results["run_dir"],
    }
    if as_json:
        click.echo(json.dumps(outcome))
        return
    same = "the same weights, bit for bit" if outcome["identical"] else "other weights"
    figure = card.headline
    if figure is not None:
        now = figure.measure.show(results.get(f"test_{figure.name}"))
        same += f"; test {figure.title} {now}, on the card {figure.measure.show(figure.value)}"
    click.echo(same)
    for line in differences:
        click.echo(f"  {line}")


@zoo.command("add", short_help="Make files for the zoo from a run.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", required=True, metavar="NAME", help="architecture.tag, such as mnist-mlp.relu.")
@click.option("--summary", required=True, metavar="TEXT", help="What it is, in one sentence.")
@click.option("--use", required=True, metavar="TEXT", help="What it is good for.")
@click.option("--limits", required=True, metavar="TEXT", help="What it is not good for.")
@click.option(
    "--license", default="unknown", metavar="ID", help="Of the weights, such as apache-2.0.  [default: unknown]"
)
@click.option("--tag", "tags", metavar="WORD", multiple=True, help="A word to find it by. Repeatable.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the two files go; it is made where it is missing.",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@data_dir_option
@plugin_options
def add(
    run: Path,
    name: str,
    summary: str,
    use: str,
    limits: str,
    license: str,
    tags: tuple[str, ...],
    out: Path,
    force: bool,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
) -> None:
    """Write NAME.safetensors and its card NAME.md from a finished run, for a plugin to list in its hook nnzoo_zoo.

    All numbers on the card are measured now: figures on the test samples with 95 % intervals, class by class, and the
    speed. Nothing is overwritten without --force.
    """
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.zoo.making import LARGE_FILE, Words, make_zoo_model

    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder", hint="name one with --out; it is made where there is none")
    registry = make_registry(plugin_files, disabled)
    words = Words(summary, use, limits, license, tags)
    with redirect_stdout(sys.stderr):  # a plugin may print
        card = make_zoo_model(registry, run, FileCache(data_dir), out, name, words, overwrite=force)
    told = ", ".join(f"test {each.title} {each.measure.show(each.value)} ({each.interval})" for each in card.figures)
    click.echo(printable(f"wrote {out / name}.safetensors and {out / name}.md: {told}"))
    if card.size and card.size > LARGE_FILE:
        click.echo(
            f"nnzoo: {name}.safetensors has {card.size:,} bytes; a package should stay below {LARGE_FILE:,} a network",
            err=True,
        )


def _row(found: Listed) -> dict[str, Any]:
    """What a list tells of a network, as JSON."""
    card = found.card
    return {
        "name": found.name,
        "plugin": found.entry.source.distribution,
        "summary": card.summary if card else None,
        "task": card.task if card else None,
        "data": card.data.name if card else None,
        "license": card.license if card else None,
        "parameters": card.parameters if card else None,
        "size": card.size if card else None,
        "milliseconds": card.milliseconds if card else None,
        "test_accuracy": card.test_accuracy if card else None,
        "figures": {each.name: each.value for each in card.figures} if card else {},
        "problem": found.problem,
    }


def _cells(found: Listed) -> tuple[str, ...]:
    """The same as a row of the table."""
    card, plugin = found.card, found.entry.source.distribution
    if card is None:
        return (found.name, plugin, "-", "-", "-", "-", found.problem)
    best = card.headline
    figure = f"{best.title} {best.measure.show(best.value)}" if best else "-"
    return (found.name, plugin, card.task, card.data.name, f"{card.parameters:,}", figure, card.summary)
