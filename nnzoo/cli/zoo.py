"""``nnzoo zoo``: trained networks, listed and shown."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.tables import print_confusion, print_table
from nnzoo.cli.zoo_proofs import add, reproduce, verify
from nnzoo.errors import NnzooError, UsageError
from nnzoo.terminal import output_width, printable

if TYPE_CHECKING:
    from nnzoo.plugins.registry import Registry
    from nnzoo.plugins.zoo_index import ZooEntry
    from nnzoo.zoo.search import Listed


@click.group()
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
    """List the trained networks in whose name, summary, tags or data set PATTERN occurs, or whose names match it, such
    as 'mnist-*'.

    One whose card can't be read is listed, too, unless a condition asks for what is on it.

    \b
    nnzoo zoo list lenet
    nnzoo zoo list --task classification --max-parameters 60000 --metric 'accuracy>0.98' --sort parameters
    """
    from nnzoo.zoo.search import list_models

    registry = make_registry(plugin_files, disabled)
    found = list_models(
        pattern,
        task=task,
        dataset=dataset,
        max_parameters=max_parameters,
        metric=conditions,
        sort=sort,
        registry=registry,
    )
    if as_json:
        click.echo(json.dumps([_row(each) for each in found]))
        return
    if found:
        titles = ("name", "plugin", "task", "data", "parameters", "on test samples", "what it is")
        print_table(titles, [_cells(each) for each in found])
        click.echo("`nnzoo zoo show NAME` prints a card; in Python: nnzoo.load_model(NAME).")
    else:
        click.echo("No installed network fits.")
    if task is None and max_parameters is None and not conditions:  # which only cards that are here could answer
        _print_others(registry, pattern, dataset, brief=pattern == "*" and dataset is None)


def _print_others(
    registry: Registry, words: str, dataset: str | None = None, *, brief: bool = False, err: bool = False
) -> None:
    """Print which packages that are not installed bring networks that fit: each with their names, or one line."""
    from nnzoo.plugins.catalogue import way_to_install, way_to_install_all
    from nnzoo.plugins.zoo_index import networks_elsewhere

    elsewhere = networks_elsewhere(registry, words, dataset)
    if brief and elsewhere:
        many = sum(map(len, elsewhere.values()))
        packages = f"{len(elsewhere)} package{'s' * (len(elsewhere) != 1)} not installed here"
        click.echo(f"{many} more come with {packages}: {way_to_install_all(elsewhere)}", err=err)
    elif not brief:
        for package, names in elsewhere.items():
            click.echo(
                f"{package}, which is not installed, brings {', '.join(names)}: {way_to_install(package)}", err=err
            )


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
    from nnzoo.zoo.card import output_tables, read_card
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
        if page.cure:
            click.echo(printable(f"nnzoo: to have it, too: {page.cure}"), err=True)
        click.echo(json.dumps({"name": card.name, "page": str(path)}) if as_json else printable(str(path)))
        return
    if as_json:
        click.echo(json.dumps(asdict(card), allow_nan=False))
        return
    click.echo(printable(f"{card.name}, from {source}"))
    click.echo(f"\n{printable(card.summary)}\n")
    figures = [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures]
    print_table(("on test samples", "value", "95 % interval", "method"), figures)
    takes = [] if is_address(name) else _takes(registry, entry)
    for title, text in [*takes, *card.facts]:
        click.echo(printable(f"{title:15} {text}"))
    click.echo()
    for titles, rows in output_tables(card):
        print_table(titles, rows, numbers=len(titles) - 1, width=output_width())
    if card.confusion:
        print_confusion("Test samples", card.class_names, card.confusion)


def _takes(registry: Registry, entry: ZooEntry) -> list[tuple[str, str]]:
    """The columns of a table that a network wants to answer; none for one that takes arrays or pictures."""
    from importlib.resources import as_file

    from nnzoo.model.model_file import find_preprocessing, read_model

    try:
        with as_file(entry.model.model_file) as path:
            types = find_preprocessing(read_model(path), registry).types
    except NnzooError:  # the card says what the network is, also where the plugins that it needs are not installed
        return []
    columns = ", ".join(column if kind == "number" else f"{column} ({kind})" for column, kind in types.items())
    return [("columns", columns)] if columns else []


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
    _print_others(registry, "", brief=True, err=True)


def _row(found: Listed) -> dict[str, Any]:
    """What a list shows of a network, as JSON."""
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


for command in (reproduce, verify, add):
    zoo.add_command(command)
