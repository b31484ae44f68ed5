"""``nnzoo zoo``: trained networks, listed, shown, trained again."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.progress import make_progress
from nnzoo.cli.tables import print_confusion, print_table
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.terminal import one_line, output_width, printable

if TYPE_CHECKING:
    from nnzoo.zoo.search import Listed
    from nnzoo.zoo.verifying import Status, Verification


@click.group(short_help="Trained networks.")
def zoo() -> None:
    """Trained networks that come with nnzoo and its plugins.

    \b
    nnzoo zoo list --task classification
    nnzoo zoo show mnist-mlp --html
    nnzoo zoo verify mnist-mlp
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
    from nnzoo.plugins.catalogue import networks_like, way_to_install
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
        part = pattern.strip("*")
        elsewhere = networks_like(part, part=True) if part else {}
        more = "" if elsewhere else " nnzoo's plugin packages bring others: docs/zoo.md lists all of them."
        click.echo(f"No installed network fits.{more}")
        for package in dict.fromkeys(elsewhere.values()):
            brought = ", ".join(network for network, its in elsewhere.items() if its == package)
            click.echo(f"{package} brings {brought}: {way_to_install(package)}")
        return
    titles = ("name", "plugin", "task", "data", "parameters", "on test samples", "what it is")
    print_table(titles, [_cells(each) for each in found])
    click.echo("`nnzoo zoo show NAME` prints a card; in Python: nnzoo.load_model(NAME).")


@zoo.command(short_help="Print the card of a trained network.")
@click.argument("name")
@click.option("--html", "as_html", is_flag=True, help="Make a page of it, with pictures: one HTML file.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Where the page goes.  [default: NAME.html here]"
)
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(
    name: str,
    as_html: bool,
    out: Path | None,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the card of a trained network: figures with their intervals, data, command, use and limits, hashes.

    NAME may be the address of a card, with its SHA-256 behind it: https://…/NAME.md#sha256=….

    With --html it is a page in the style of `nnzoo report`: how to use the network, what it mistakes, what it learned.
    """
    from nnzoo.datafiles.address import fetch, is_address, parse_address
    from nnzoo.plugins.zoo_index import find_zoo_entry
    from nnzoo.zoo.card import read_card
    from nnzoo.zoo.markdown import output_tables
    from nnzoo.zoo.search import card_of

    if out is not None and not as_html:
        raise UsageError("--out is for a page", hint="add --html")
    registry = make_registry(plugin_files, disabled)
    if is_address(name):
        if as_html:
            raise UsageError("a page is made of networks that are installed", hint="leave --html out")
        address = parse_address(name)
        card, source = read_card(fetch(address)), address.url
    else:
        entry = find_zoo_entry(registry, name)
        card, source = card_of(entry), str(entry.source)
    if as_html:
        from nnzoo.datafiles.cache import FileCache
        from nnzoo.files.writing import write_whole
        from nnzoo.pages.card import make_card_page

        path = Path(f"{card.name}.html") if out is None else out
        with redirect_stdout(sys.stderr):  # a plugin may print
            page = make_card_page(registry, entry, FileCache(data_dir))
        write_whole(path, page.html.encode())
        for reason, what in page.left_out.items():
            click.echo(printable(f"nnzoo: the page lacks {', '.join(what)}: {reason}"), err=True)
        click.echo(json.dumps({"name": card.name, "page": str(path)}) if as_json else printable(str(path)))
        return
    if as_json:
        click.echo(json.dumps(asdict(card), allow_nan=False))
        return
    click.echo(printable(f"{card.name}, from {source}"))
    click.echo(f"\n{printable(card.summary)}\n")
    figures = [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures]
    print_table(("on test samples", "value", "95 % interval", "method"), figures)
    for title, text in card.facts:
        click.echo(printable(f"{title:15} {text}"))
    click.echo()
    for titles, rows in output_tables(card):
        print_table(titles, rows, numbers=len(titles) - 1, width=output_width())
    if card.confusion:
        print_confusion("Test samples", card.class_names, card.confusion)


@zoo.command(short_help="Make a page of the whole zoo.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="zoo.html",
    metavar="FILE",
    help="Where it goes.  [default: zoo.html]",
)
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def page(out: Path, plugin_files: tuple[Path, ...], disabled: tuple[str, ...], as_json: bool) -> None:
    """Make a page of all trained networks: one HTML file, with a table to sort and a card for each."""
    from nnzoo.files.writing import write_whole
    from nnzoo.pages.zoo import make_zoo_page
    from nnzoo.zoo.search import list_models

    registry = make_registry(plugin_files, disabled)
    with redirect_stdout(sys.stderr):  # a plugin may print
        found = list_models(registry=registry)
        html = make_zoo_page(registry, found)
    write_whole(out, html.encode())
    click.echo(json.dumps({"page": str(out), "networks": len(found)}) if as_json else printable(str(out)))


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
        from nnzoo.runs.conditions import told
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
        results, changed = train_again(registry, entry, FileCache(data_dir), run_dir=run_dir, listener=listener)
        differences = [told(pair) for pair in changed.items()]
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


@zoo.command(short_help="Hold networks against their cards.")
@click.argument("names", nargs=-1, metavar="[NAME…]")
@plugin_options
@data_dir_option
@click.option(
    "--retrain-under",
    type=click.FloatRange(0),
    default=10.0,
    metavar="SECONDS",
    help="Train those again whose training took less.  [default: 10]",
)
@click.option("--require-data", is_flag=True, help="A network whose data are not at hand counts as different.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(
    names: tuple[str, ...],
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    data_dir: Path | None,
    retrain_under: float,
    require_data: bool,
    as_json: bool,
) -> None:
    """Measure trained networks again, all or those named, and hold them against their cards.

    Hashes must be equal and figures within the card's 95 % intervals. Small networks are trained again as well: the
    weights must come out the same to the bit, unless versions or the kernels for matrix products are others,
    which is told then. A network whose data are not at hand can't be measured and is not counted as verified.

    The exit code is 3 if one differs.

    \b
    nnzoo zoo verify
    nnzoo zoo verify 'mnist-*' --retrain-under 60 --require-data
    """
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.runs.stopping import sigterm_like_ctrl_c
    from nnzoo.zoo.verifying import entries_of
    from nnzoo.zoo.verifying import verify as verify_one

    if math.isnan(retrain_under):
        raise UsageError("--retrain-under nan is not a number of seconds")
    registry = make_registry(plugin_files, disabled)
    cache, found = FileCache(data_dir), []
    with sigterm_like_ctrl_c():
        for entry in entries_of(registry, names):
            with redirect_stdout(sys.stderr):  # a plugin may print
                one = verify_one(registry, entry, cache, retrain_under=retrain_under)
            found.append(one)
            if not as_json:
                _print_verification(one)
    counts = Counter(one.status for one in found)
    if as_json:
        click.echo(json.dumps({"networks": [_verification(one) for one in found], **_counted(counts)}))
    else:
        told = [f"{count} {status}" for status, count in counts.items()]
        click.echo(f"{len(found)} network{'s' * (len(found) != 1)}: {', '.join(told) or 'none'}")
    if counts["differs"] or (require_data and counts["no data"]):
        click.get_current_context().exit(FileFormatError.exit_code)


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


def _print_verification(one: Verification) -> None:
    """What came of one network: a line, and more where something is not as it should be."""
    figures = [f"{held.figure.title} {held.figure.measure.show(held.now)}" for held in one.figures]
    again = {None: [], True: ["trained again: the same bits"], False: ["trained again: other bits"]}[one.identical]
    click.echo(printable(f"{one.status:9} {one.name:25} {', '.join([*figures, *again])}".rstrip()))
    for line in (*one.faults, *one.conditions):
        click.echo(f"{'':10}{one_line(line).removesuffix(':')}")


def _verification(one: Verification) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "name": one.name,
        "plugin": one.plugin,
        "status": one.status,
        "faults": one.faults,
        "figures": {
            held.figure.name: {
                "card": held.figure.value,
                "low": held.figure.low,
                "high": held.figure.high,
                "now": held.now,
                "holds": held.holds,
            }
            for held in one.figures
        },
        "identical": one.identical,
        "conditions": one.conditions,
    }


def _counted(counts: Counter[Status]) -> dict[str, int]:
    return {"verified": counts["verified"], "differs": counts["differs"], "no_data": counts["no data"]}


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
