"""``nnzoo zoo``: trained networks, listed, shown, trained again."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.progress import make_progress
from nnzoo.cli.tables import print_confusion, print_table
from nnzoo.errors import NnzooError, UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@click.group(short_help="Trained networks.")
def zoo() -> None:
    """Trained networks that come with nnzoo and its plugins.

    \b
    nnzoo zoo list
    nnzoo zoo show mnist-mlp
    """


@zoo.command("list", short_help="List trained networks.")
@click.argument("pattern", default="*")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_models(pattern: str, plugin_files: tuple[Path, ...], disabled: tuple[str, ...], as_json: bool) -> None:
    """List the trained networks whose names match PATTERN, such as 'mnist-*'; one whose card can't be read, too."""
    from nnzoo.plugins.zoo_index import zoo_entries

    rows = [
        {"name": entry.model.name, "plugin": entry.source.distribution, **_figures(entry.model.card_file)}
        for entry in zoo_entries(make_registry(plugin_files, disabled), pattern)
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    print_table(
        ("name", "plugin", "data", "parameters", "test accuracy", "what it is"),
        [
            (r["name"], r["plugin"], "-", "-", "-", r["problem"])
            if r["problem"]
            else (r["name"], r["plugin"], r["data"], f"{r['parameters']:,}", f"{r['test_accuracy']:.2%}", r["summary"])
            for r in rows
        ],
    )
    click.echo("`nnzoo zoo show NAME` prints a card; in Python: DeepNeuralNetwork.from_zoo(NAME).")


@zoo.command(short_help="Print the card of a trained network.")
@click.argument("name")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(name: str, plugin_files: tuple[Path, ...], disabled: tuple[str, ...], as_json: bool) -> None:
    """Print the card of a trained network: data, recipe, accuracy, confusion, use and limits, hashes."""
    from nnzoo.plugins.zoo_index import find_zoo_entry
    from nnzoo.zoo.card import read_card

    entry = find_zoo_entry(make_registry(plugin_files, disabled), name)
    card = read_card(entry.model.card_file)
    if as_json:
        click.echo(card.to_json().strip())
        return
    samples = ", ".join(f"{count:,} {part}" for part, count in card.data["samples"].items() if count)
    click.echo(f"{card.name}, from {entry.source}\n\n{card.summary}\n")
    for title, text in (
        ("data", f"{card.data['name']} ({samples}), {card.data['license']}"),
        ("recipe", card.recipe),
        ("parameters", f"{card.parameters:,}"),
        ("test accuracy", f"{card.test_accuracy:.2%}"),
        ("use", card.intended_use),
        ("limits", card.limits),
        ("data SHA-256", card.data["sha256"]),
        ("weights SHA-256", card.weights_sha256),
        ("file SHA-256", card.file_sha256),
    ):
        click.echo(f"{title:15} {text}")
    click.echo()
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
        from nnzoo.zoo.card import read_card
        from nnzoo.zoo.reproducing import train_again

        if run_dir is not None:
            require_free(run_dir)
        registry = make_registry(plugin_files, disabled)
        entry = find_zoo_entry(registry, name)
        card = read_card(entry.model.card_file)
        listener = RunListener(progress.started, progress.epoch_ended)
        results, differences = train_again(registry, entry, FileCache(data_dir), run_dir=run_dir, listener=listener)
    progress.finished(results)
    outcome = {
        "name": card.name,
        "identical": results["weights_sha256"] == card.weights_sha256,
        "test_accuracy": {"card": card.test_accuracy, "now": results["test_accuracy"]},
        "differences": differences,
        "run_dir": results["run_dir"],
    }
    if as_json:
        click.echo(json.dumps(outcome))
        return
    same = "the same weights, bit for bit" if outcome["identical"] else "other weights"
    click.echo(f"{same}; test accuracy {results['test_accuracy']:.2%}, on the card {card.test_accuracy:.2%}")
    for line in differences:
        click.echo(f"  {line}")


@zoo.command("add", short_help="Make files for the zoo from a run.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", required=True, metavar="NAME", help="architecture.tag, such as mnist-mlp.relu.")
@click.option("--summary", required=True, metavar="TEXT", help="What it is, in one sentence.")
@click.option("--use", required=True, metavar="TEXT", help="What it is good for.")
@click.option("--limits", required=True, metavar="TEXT", help="What it is not good for.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where the two files go.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@data_dir_option
@plugin_options
def add(
    run: Path,
    name: str,
    summary: str,
    use: str,
    limits: str,
    out: Path,
    force: bool,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
) -> None:
    """Write NAME.safetensors and its card NAME.json from a finished run, for a plugin to list in its hook nnzoo_zoo.

    Nothing is overwritten without --force.
    """
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.zoo.making import make_zoo_model

    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder", hint="name one with --out; it is made where there is none")
    registry = make_registry(plugin_files, disabled)
    texts = {"summary": summary, "use": use, "limits": limits}
    card = make_zoo_model(registry, run, FileCache(data_dir), out, name, **texts, overwrite=force)
    told = f"wrote {out / name}.safetensors and {out / name}.json: test accuracy {card.test_accuracy:.2%}"
    click.echo(told)


def _figures(file: Traversable) -> dict[str, Any]:
    """What a list tells of a card, or what is wrong with it."""
    from nnzoo.zoo.card import read_card

    try:
        card = read_card(file)
    except NnzooError as error:
        unknown = dict.fromkeys(("summary", "data", "parameters", "test_accuracy"))
        return {**unknown, "problem": error.message}
    return {
        "summary": card.summary,
        "data": card.data["name"],
        "parameters": card.parameters,
        "test_accuracy": card.test_accuracy,
        "problem": "",
    }
