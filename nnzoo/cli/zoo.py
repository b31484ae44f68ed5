"""``nnzoo zoo``: list and show trained networks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import PATH, data_dir_option, make_cache, make_registry, plugin_options, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr, write_page
from nnzoo.cli.tables import print_confusion, print_table
from nnzoo.cli.zoo_proofs import add, reproduce, verify
from nnzoo.errors import NnzooError, UsageError, counted
from nnzoo.terminal import output_width

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
    help="Only those whose test figure satisfies this: 'accuracy>0.99', 'rmse<3'. Repeatable.",
)
@click.option(
    "--sort",
    metavar="KEY",
    help="Sort by name, task, dataset, parameters, size, milliseconds, or a figure such as accuracy, the best first.",
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
    as_json: bool,
) -> None:
    """List the trained networks with PATTERN in their name, summary, tags or data set, or whose names match it, such as
    'mnist-*'.

    A network whose card can't be read is listed, too, unless a condition needs the card.

    \b
    nnzoo zoo list lenet
    nnzoo zoo list --task classification --max-parameters 60000 --metric 'accuracy>0.98' --sort parameters
    """
    from nnzoo.zoo.search import list_models

    registry = make_registry()
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
        print_json([_row(each) for each in found])
        return
    if found:
        titles = ("name", "plugin", "task", "data", "parameters", "on test samples", "what it is")
        print_table(titles, [_cells(each) for each in found])
        click.echo("`nnzoo zoo show NAME` prints a card; in Python: nnzoo.load_model(NAME).")
    else:
        click.echo("No installed network fits.")
    if task is None and max_parameters is None and not conditions:  # these need cards, which are not installed
        _print_others(registry, pattern, dataset, brief=pattern == "*" and dataset is None)


def _print_others(
    registry: Registry, words: str, dataset: str | None = None, *, brief: bool = False, err: bool = False
) -> None:
    """Print the packages that are not installed and have matching networks, or in ``brief`` their number."""
    from nnzoo.plugins.catalogue import way_to_install, way_to_install_all
    from nnzoo.plugins.zoo_index import networks_elsewhere

    elsewhere = networks_elsewhere(registry, words, dataset)
    if brief and elsewhere:
        many = sum(map(len, elsewhere.values()))
        packages = f"{counted(len(elsewhere), 'package')} not installed here"
        click.echo(f"{many} more come with {packages}: {way_to_install_all(elsewhere)}", err=err)
    elif not brief:
        for package, names in elsewhere.items():
            click.echo(f"{package}, which is not installed, has {', '.join(names)}: {way_to_install(package)}", err=err)


@zoo.command(short_help="Print the card of a trained network.")
@click.argument("name")
@click.option("--html", "as_html", is_flag=True, help="Write the card as one HTML file with images.")
@click.option("--out", type=PATH, metavar="FILE", help="The file of the page.  [default: NAME.html here]")
@data_dir_option
@usual_options
def show(name: str, as_html: bool, out: Path | None, as_json: bool) -> None:
    """Print the card of a trained network: figures with their intervals, data, command, use and limits, hashes.

    NAME can be the address of a card, followed by its SHA-256: https://…/NAME.md#sha256=….

    With --html, the card is a page like that of `nnzoo report`: how to use the network, its mistakes, its weights.
    """
    from nnzoo.datafiles.address import fetch, is_address, parse_address
    from nnzoo.plugins.zoo_index import find_zoo_entry
    from nnzoo.zoo.card import output_tables, read_card
    from nnzoo.zoo.search import card_of

    if out is not None and not as_html:
        raise UsageError("--out is for a page", hint="add --html")
    registry = make_registry()
    if is_address(name):
        if as_html:
            raise UsageError("only installed networks have pages", hint="omit --html")
        address = parse_address(name)
        card, source = read_card(fetch(address)), address.url
    else:
        entry = find_zoo_entry(registry, name)
        card, source = card_of(entry), str(entry.source)
    if as_html:
        from nnzoo.pages.card import make_card_page

        path = Path(f"{card.name}.html") if out is None else out
        with prints_to_stderr():
            page = make_card_page(registry, entry, make_cache())
        write_page(path, page)
        if as_json:
            print_json({"name": card.name, "page": str(path)})
        else:
            click.echo(str(path))
        return
    if as_json:
        print_json(asdict(card))
        return
    click.echo(f"{card.name}, from {source}")
    click.echo(f"\n{card.summary}\n")
    figures = [(each.title, each.measure.show(each.value), each.interval, each.method or "–") for each in card.figures]
    print_table(("on test samples", "value", "95 % interval", "method"), figures)
    columns = [] if is_address(name) else _columns(registry, entry)
    for title, text in [*columns, *card.facts]:
        click.echo(f"{title:15} {text}")
    click.echo()
    for titles, rows in output_tables(card):
        print_table(titles, rows, numbers=len(titles) - 1, width=output_width())
    if card.confusion:
        print_confusion("Test samples", card.class_names, card.confusion)


def _columns(registry: Registry, entry: ZooEntry) -> list[tuple[str, str]]:
    """The columns of a network's tables, as a fact of the card; none if its inputs are arrays or images."""
    from importlib.resources import as_file

    from nnzoo.model.model_file import find_preprocessing, read_model

    try:
        with as_file(entry.model.model_file) as path:
            types = find_preprocessing(read_model(path), registry).types
    except NnzooError:  # a plugin may be missing
        return []
    columns = ", ".join(column if kind == "number" else f"{column} ({kind})" for column, kind in types.items())
    return [("columns", columns)] if columns else []


@zoo.command(short_help="Make a page of the whole zoo.")
@click.option("--out", type=PATH, default="zoo.html", metavar="FILE", help="The output file.  [default: zoo.html]")
@usual_options
def page(out: Path, as_json: bool) -> None:
    """Make a page of all trained networks: one HTML file, with a sortable table and a card for each."""
    from nnzoo.files.writing import write_whole
    from nnzoo.pages.zoo import make_zoo_page
    from nnzoo.zoo.search import list_models

    registry = make_registry()
    with prints_to_stderr():
        found = list_models(registry=registry)
        html = make_zoo_page(registry, found)
    write_whole(out, html.encode())
    if as_json:
        print_json({"page": str(out), "networks": len(found)})
    else:
        click.echo(str(out))
    _print_others(registry, "", brief=True, err=True)


def _row(found: Listed) -> dict[str, Any]:
    """A network in the list, as JSON."""
    card = found.card
    names = ("summary", "task", "license", "parameters", "size", "milliseconds", "test_accuracy")
    return {
        "name": found.name,
        "plugin": found.entry.source.distribution,
        **{name: getattr(card, name, None) for name in names},
        "data": card.data.name if card else None,
        "figures": {each.name: each.value for each in card.figures} if card else {},
        "problem": found.problem,
    }


def _cells(found: Listed) -> tuple[str, ...]:
    """A network in the list, as a row of the table."""
    card, plugin = found.card, found.entry.source.distribution
    if card is None:
        return (found.name, plugin, "-", "-", "-", "-", found.problem)
    best = card.headline
    figure = f"{best.title} {best.measure.show(best.value)}" if best else "-"
    return (found.name, plugin, card.task, card.data.name, f"{card.parameters:,}", figure, card.summary)


for command in (reproduce, verify, add):
    zoo.add_command(command)
