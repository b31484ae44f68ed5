"""``nnzoo zoo reproduce``, ``verify`` and ``add``: trained networks are held against their cards, and made."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.progress import training_shown
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.terminal import one_line, printable

if TYPE_CHECKING:
    from nnzoo.kinds import DatasetLoader
    from nnzoo.plugins.registry import Registry
    from nnzoo.plugins.zoo_index import ZooEntry
    from nnzoo.zoo.verifying import Status, Verification


@click.command(short_help="Train one again, and compare.")
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
    with training_shown(as_json=as_json, quiet=quiet) as progress:
        from nnzoo.datafiles.cache import FileCache
        from nnzoo.plugins.zoo_index import find_zoo_entry
        from nnzoo.runs.conditions import change_text
        from nnzoo.runs.directory import require_free
        from nnzoo.zoo.reproducing import train_again
        from nnzoo.zoo.search import card_of

        if run_dir is not None:
            require_free(run_dir)
        registry = make_registry(plugin_files, disabled)
        entry = find_zoo_entry(registry, name)
        card = card_of(entry)
        results, changed = train_again(
            registry, entry, FileCache(data_dir), run_dir=run_dir, listener=progress.listener()
        )
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


@click.command(short_help="Hold networks against their cards.")
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
@click.option("--dataset", metavar="SPEC", help="Of one network: where its data are, if not where its author had them.")
@click.option("--require-data", is_flag=True, help="A network whose data are not at hand counts as different.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(
    names: tuple[str, ...],
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    data_dir: Path | None,
    retrain_under: float,
    dataset: str | None,
    require_data: bool,
    as_json: bool,
) -> None:
    """Measure trained networks again, all or those named, and hold them against their cards.

    Hashes must be equal and figures within the card's 95 % intervals. Small networks are trained again as well: the
    weights must come out the same to the bit, unless versions or the kernels for matrix products are others,
    which is said then. A network whose data are not at hand can't be measured and is not counted as verified.

    The exit code is 3 if one differs, or data that --dataset names are not those that it was trained on.

    \b
    nnzoo zoo verify
    nnzoo zoo verify 'mnist-*' --retrain-under 60 --require-data
    nnzoo zoo verify mine --dataset ../pictures
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
        entries = entries_of(registry, names)
        if dataset is not None and (not names or len(entries) != 1):
            raise UsageError("--dataset is for a single network", hint="name it: nnzoo zoo verify NAME --dataset SPEC")
        for entry in entries:
            with redirect_stdout(sys.stderr):  # a plugin may print
                loader = None if dataset is None else _loader(registry, entry, dataset)
                one = verify_one(registry, entry, cache, retrain_under=retrain_under, loader=loader)
            found.append(one)
            if not as_json:
                _print_verification(one)
    counts = Counter(one.status for one in found)
    if as_json:
        click.echo(json.dumps({"networks": [_verification(one) for one in found], **_counted(counts)}))
    else:
        told = [f"{count} {status}" for status, count in counts.items()]
        click.echo(f"{len(found)} network{'s' * (len(found) != 1)}: {', '.join(told) or 'none'}")
    if counts["differs"] or ((require_data or dataset is not None) and counts["no data"]):
        click.get_current_context().exit(FileFormatError.exit_code)


def _loader(registry: Registry, entry: ZooEntry, spec: str) -> DatasetLoader:
    """The data that were named, read with the options of those that a network was trained on."""
    from importlib.resources import as_file

    from nnzoo.cli.model_argument import data_of_model
    from nnzoo.model.model_file import read_model

    with as_file(entry.model.model_file) as path:
        return data_of_model(registry, read_model(path), spec)


@click.command("add", short_help="Make files for the zoo from a run.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", required=True, metavar="NAME", help="architecture.tag, such as mnist-mlp.relu.")
@click.option("--summary", required=True, metavar="TEXT", help="What it is, in one sentence.")
@click.option("--use", required=True, metavar="TEXT", help="What it is good for.")
@click.option("--limits", required=True, metavar="TEXT", help="What it is not good for.")
@click.option(
    "--license", default="unknown", metavar="ID", help="Of the weights, such as apache-2.0.  [default: unknown]"
)
@click.option("--data-license", default="", metavar="TEXT", help="Of the data, where they are your own.")
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
    data_license: str,
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
    words = Words(summary, use, limits, license, tags, data_license)
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
