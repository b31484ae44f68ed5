"""``nnzoo zoo reproduce``, ``verify`` and ``add``: compare trained networks with their cards, and make cards."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import (
    PATH,
    data_dir_option,
    json_option,
    make_cache,
    make_registry,
    plugin_options,
    quiet_option,
)
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.progress import training_shown
from nnzoo.errors import FileFormatError, UsageError, counted
from nnzoo.terminal import one_line

if TYPE_CHECKING:
    from nnzoo.kinds import DatasetLoader
    from nnzoo.plugins.registry import Registry
    from nnzoo.plugins.zoo_index import ZooEntry
    from nnzoo.zoo.verifying import Status, Verification


@click.command(short_help="Train one again, and compare.")
@click.argument("name")
@plugin_options
@data_dir_option
@click.option("--run-dir", type=PATH, metavar="DIR", help="The folder of the new run.  [default: as for train]")
@json_option
@quiet_option
def reproduce(name: str, run_dir: Path | None, as_json: bool, quiet: bool) -> None:
    """Train a network of the zoo again by its recipe, and check whether its weights are the same, bit for bit."""
    with training_shown(as_json=as_json, quiet=quiet, run_dir=run_dir) as progress:
        from nnzoo.plugins.zoo_index import find_zoo_entry
        from nnzoo.runs.conditions import change_text
        from nnzoo.zoo.reproducing import train_again
        from nnzoo.zoo.search import card_of

        registry = make_registry()
        entry = find_zoo_entry(registry, name)
        card = card_of(entry)
        results, changed = train_again(registry, entry, make_cache(), run_dir=run_dir, listener=progress.listener())
        differences = [change_text(condition, *values) for condition, values in changed.items()]
    progress.finished(results)
    outcome = {
        "name": card.name,
        "identical": results["weights_sha256"] == card.weights_sha256,
        "test_accuracy": {"card": card.test_accuracy, "now": results.get("test_accuracy")},
        "differences": differences,
        "run_dir": results["run_dir"],
    }
    if as_json:
        print_json(outcome)
        return
    same = "the same weights, bit for bit" if outcome["identical"] else "other weights"
    figure = card.headline
    if figure is not None:
        now = figure.measure.show(results.get(f"test_{figure.name}"))
        same += f"; test {figure.title} {now}, on the card {figure.measure.show(figure.value)}"
    click.echo(same)
    for line in differences:
        click.echo(f"  {line}")


@click.command(short_help="Compare networks with their cards.")
@click.argument("names", nargs=-1, metavar="[NAME…]")
@plugin_options
@data_dir_option
@click.option(
    "--retrain-under",
    type=click.FloatRange(0),
    default=10.0,
    metavar="SECONDS",
    help="Retrain networks whose training took less time.  [default: 10]",
)
@click.option("--dataset", metavar="SPEC", help="For one network: its data, if they are not where its author had them.")
@click.option("--require-data", is_flag=True, help="Treat a network without available data as different.")
@json_option
def verify(
    names: tuple[str, ...], retrain_under: float, dataset: str | None, require_data: bool, as_json: bool
) -> None:
    """Measure trained networks again, all or those named, and compare them with their cards.

    Hashes must be equal, and figures must lie within the card's 95 % intervals. Small networks are also trained again:
    their weights must be the same to the bit, unless versions or the kernels for matrix products differ, which is
    reported. A network whose data are not available can't be measured, and does not count as verified.

    The exit code is 3 if a network differs, or if --dataset is not the data that it was trained on.

    \b
    nnzoo zoo verify
    nnzoo zoo verify 'mnist-*' --retrain-under 60 --require-data
    nnzoo zoo verify mine --dataset ../pictures
    """
    from nnzoo.runs.stopping import sigterm_like_ctrl_c
    from nnzoo.zoo.verifying import entries_of
    from nnzoo.zoo.verifying import verify as verify_one

    if math.isnan(retrain_under):
        raise UsageError("--retrain-under nan is not a number of seconds")
    registry = make_registry()
    cache, found = make_cache(), []
    with sigterm_like_ctrl_c():
        entries = entries_of(registry, names)
        if dataset is not None and (not names or len(entries) != 1):
            raise UsageError("--dataset is for a single network", hint="name it: nnzoo zoo verify NAME --dataset SPEC")
        for entry in entries:
            with prints_to_stderr():
                loader = None if dataset is None else _loader(registry, entry, dataset)
                one = verify_one(registry, entry, cache, retrain_under=retrain_under, loader=loader)
            found.append(one)
            if not as_json:
                _print_verification(one)
    counts = Counter(one.status for one in found)
    if as_json:
        networks = [_verification(one) for one in found]
        print_json({"networks": networks, **_counted(counts)}, allow_infinite=True)  # as measured
    else:
        statuses = ", ".join(f"{count} {status}" for status, count in counts.items())
        click.echo(f"{counted(len(found), 'network')}: {statuses or 'none'}")
    if counts["differs"] or ((require_data or dataset is not None) and counts["no data"]):
        click.get_current_context().exit(FileFormatError.exit_code)


def _loader(registry: Registry, entry: ZooEntry, spec: str) -> DatasetLoader:
    """The data of ``--dataset``, read with the options of the training data."""
    from importlib.resources import as_file

    from nnzoo.cli.model_argument import data_of_model
    from nnzoo.model.model_file import read_model

    with as_file(entry.model.model_file) as path:
        return data_of_model(registry, read_model(path), spec)


@click.command("add", short_help="Make files for the zoo from a run.")
@click.argument("run", type=PATH)
@click.option("--name", required=True, metavar="NAME", help="architecture.tag, such as mnist-mlp.relu.")
@click.option("--summary", required=True, metavar="TEXT", help="A description in one sentence.")
@click.option("--use", required=True, metavar="TEXT", help="The intended use.")
@click.option("--limits", required=True, metavar="TEXT", help="The limits of the network.")
@click.option(
    "--license",
    default="unknown",
    metavar="ID",
    help="The licence of the weights, such as apache-2.0.  [default: unknown]",
)
@click.option("--data-license", default="", metavar="TEXT", help="The licence of your own data.")
@click.option("--tag", "tags", metavar="WORD", multiple=True, help="A word to find it by. Repeatable.")
@click.option(
    "--out", type=PATH, required=True, metavar="DIR", help="The folder for both files; it is made if it does not exist."
)
@click.option("--force", is_flag=True, help="Replace existing files.")
@data_dir_option
@plugin_options
def add(
    run: Path,
    name: str,
    summary: str,
    use: str,
    limits: str,
    license: str,
    data_license: str,
    tags: tuple[str, ...],
    out: Path,
    force: bool,
) -> None:
    """Write NAME.safetensors and its card NAME.md from a finished run, for a plugin to list in its hook nnzoo_zoo.

    All numbers on the card are measured now: figures on the test samples with 95 % intervals, class by class, and the
    speed. Existing files are replaced only with --force.
    """
    from nnzoo.zoo.making import LARGE_FILE, Words, make_zoo_model

    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder", hint="name one with --out; it is made if it does not exist")
    registry = make_registry()
    words = Words(summary, use, limits, license, tags, data_license)
    with prints_to_stderr():
        card = make_zoo_model(registry, run, make_cache(), out, name, words, overwrite=force)
    figures = ", ".join(f"test {each.title} {each.measure.show(each.value)} ({each.interval})" for each in card.figures)
    click.echo(f"wrote {out / name}.safetensors and {out / name}.md: {figures}")
    if card.size and card.size > LARGE_FILE:
        click.echo(
            f"nnzoo: {name}.safetensors has {card.size:,} bytes; a package should stay below {LARGE_FILE:,} a network",
            err=True,
        )


def _print_verification(one: Verification) -> None:
    """Print the result of one network: a line, followed by faults and differing conditions."""
    figures = [f"{held.figure.title} {held.figure.measure.show(held.now)}" for held in one.figures]
    again = {None: [], True: ["trained again: the same bits"], False: ["trained again: other bits"]}[one.identical]
    click.echo(f"{one.status:9} {one.name:25} {', '.join([*figures, *again])}".rstrip())
    for line in (*one.faults, *one.conditions):
        click.echo(f"{'':10}{one_line(line).removesuffix(':')}")


def _verification(one: Verification) -> dict[str, Any]:
    """The result of one network, as JSON."""
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
