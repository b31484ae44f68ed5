"""``nnzoo evaluate``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence, Sized
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import data_of_model, is_in_zoo, is_trained_on, model_file, reads_own_files, short_name
from nnzoo.cli.options import component_option, data_dir_option, make_registry, plugin_options
from nnzoo.cli.tables import print_confusion, print_confusions, print_table
from nnzoo.errors import PluginError
from nnzoo.terminal import output_width, printable

if TYPE_CHECKING:
    from nnzoo.kinds import DataCache, Dataset, DatasetLoader, Metric
    from nnzoo.model.assessment import Assessment
    from nnzoo.model.model_file import ModelFile
    from nnzoo.model.predictor import Predictor
    from nnzoo.plugins.registry import Registry
    from nnzoo.training.measures import Measure

MOST = 30
"""Classes, labels or values that are all listed; of more the worst are. ``--json`` has all."""
WORST = 15
IN_A_LINE = 4
"""Figures that are shown in one line."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@component_option("--dataset", metavar="NAME", help="The data, or a file.  [default: those that it was trained on]")
@click.option(
    "--part",
    type=click.Choice(["train", "test", "all"]),
    help="The part of the data to measure on.  [default: test; all of a file that it was not trained on]",
)
@click.option(
    "--metric", "names", metavar="NAME", multiple=True, help="What to measure, besides what the file names. Repeatable."
)
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    file: Path,
    dataset: str | None,
    part: str | None,
    names: tuple[str, ...],
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure a trained network on data: loss and metrics, and what came of each class, label or value.

    FILE is a model file, the directory of a run, or the name of a network of the zoo. The metrics are those of its
    training, and those asked for. A file that is named as the data is read with the options of the training's, and its
    raw values are prepared as those of the training were.

    \b
    nnzoo evaluate runs/mine
    nnzoo evaluate runs/mine --dataset new.csv --metric balanced-accuracy
    nnzoo evaluate model.safetensors --dataset digits --part train
    """
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.assessment import outcome_of
    from nnzoo.model.model_file import read_model
    from nnzoo.nn.threads import blas_threads
    from nnzoo.training.measures import measures_of
    from nnzoo.training.of_outputs import metrics_of_outputs

    registry = make_registry(plugin_files, disabled)
    with model_file(registry, file) as path:
        model = read_model(path)
    notes: list[str] = []
    with redirect_stdout(sys.stderr), blas_threads(1):  # a plugin may print
        predictor = DeepNeuralNetwork.load(model, registry=registry).predictor
        metrics = _metrics(model, predictor, registry, names, notes)
        measured = metrics_of_outputs(metrics, predictor.problem)
        measures = measures_of(measured, [metric.plan(predictor.problem) for metric in measured])
        loader = data_of_model(registry, model, dataset)
        other_file = reads_own_files(loader) and not is_trained_on(registry, model, loader)
        part = part or ("all" if other_file else "test")
        data = _load(loader, FileCache(data_dir), predictor, whole=other_file and part == "all")
        digest, trained_on = data.sha256(), model.description.data.sha256
        if trained_on not in ("", digest) and not other_file:
            notes.append(
                f"{short_name(loader)} is not what it was trained on: its SHA-256 is {digest}, not {trained_on}"
            )
        split = predictor.part(data, "test" if data.train is data.test else part, short_name(loader))
        if split.samples.dtype.kind in "ui" and data.train.scale != predictor.preprocessing.scale:
            scales = (
                f"by {predictor.preprocessing.scale:g}, as in training; {short_name(loader)} says {data.train.scale:g}"
            )
            notes.append(f"inputs are multiplied {scales}")
        outcome = outcome_of(short_name(loader), part, predictor, split, predictor.evaluate(split, metrics))
    for note in notes:
        click.echo(printable(f"nnzoo: {note}"), err=True)
    if as_json:
        told: dict[str, Any] = {
            "file": str(file if is_in_zoo(registry, file) else path),
            "dataset": str(loader),
            "data_sha256": digest,
        }
        told |= {"task": str(predictor.task), "notes": notes}
        click.echo(json.dumps({**outcome.figures, **outcome.to_dict(), **told}, allow_nan=False))
    else:
        _print(outcome, measures)


def _load(loader: DatasetLoader, cache: DataCache, predictor: Predictor, *, whole: bool) -> Dataset:
    """The data, of a table with columns as the network takes them; a whole table is not parted."""
    from nnzoo.kinds import Dataset, TableLoader, load_checked

    types, problem = predictor.preprocessing.types, predictor.problem
    if not (whole and types and isinstance(loader, TableLoader)):
        return load_checked(loader, cache, types)
    rows = loader.load_rows(cache, types, problem.names if problem.has_classes else ())
    classes, values = (problem.names, ()) if problem.has_classes else ((), problem.names)
    return Dataset(rows, rows, classes, str(predictor.task), value_names=values)


def _metrics(
    model: ModelFile, predictor: Predictor, registry: Registry, names: Sequence[str], notes: list[str]
) -> list[Metric]:
    """The metrics of the training, and those asked for; of a plugin that is not installed a note is left."""
    from nnzoo.model.stored import build_stored

    found: list[Metric] = []
    for stored in model.description.metrics:
        try:
            found.append(build_stored(registry, "metric", stored, str(model.path)))
        except PluginError as error:
            notes.append(f"{stored.short_name} is not measured: {error}")
    if not model.description.metrics:
        found = [registry.build("metric", name) for name in predictor.task.default_metrics]
    return list(dict.fromkeys([*found, *(registry.build("metric", name) for name in names)]))


def _print(outcome: Assessment, measures: Mapping[str, Measure]) -> None:
    samples = f"{outcome.samples:,} sample{'s' * (outcome.samples != 1)}"
    where = printable(f"on {samples} of {outcome.dataset} ({outcome.part})")
    names = [*list(measures)[1:], "loss"]
    if len(names) <= IN_A_LINE:
        told = (f"{measures[name].title} {measures[name].show(outcome.figures[name])}" for name in names)
        click.echo(f"{', '.join(told)} {where}\n")
    else:
        click.echo(f"{where}:\n")
        rows = [(measures[name].title, measures[name].show(outcome.figures[name])) for name in names]
        print_table(("figure", "value"), rows, numbers=1, width=output_width())
    if outcome.answers:
        _print_answers(outcome)
    if outcome.values:
        _print_values(outcome)
    if outcome.has_matrix:
        called, samples_of = list(outcome.answers), [each.samples for each in outcome.answers.values()]
        if outcome.confusion is not None and len(called) <= MOST:
            print_confusion("Samples", called, outcome.confusion)
        else:
            print_confusions("Samples", called, outcome.mistakes, samples_of)


def _print_answers(outcome: Assessment) -> None:
    """A row for each class or label; of many, those that did worst."""
    chosen = list(outcome.answers.items())
    if len(chosen) > MOST:
        worst = sorted((each for each in chosen if each[1].samples), key=lambda each: each[1].f1 or 0.0)[:WORST]
        _say_worst(worst, chosen, "F1")
        chosen = worst
    rows = [
        (name, *map(_share, (each.precision, each.recall, each.f1)), f"{each.samples:,}", f"{each.predicted:,}")
        for name, each in chosen
    ]
    titles = (outcome.kind, "precision", "recall", "F1", "samples", "predicted")
    print_table(titles, rows, numbers=5, width=output_width())


def _print_values(outcome: Assessment) -> None:
    """A row for each value; of many, those that did worst."""
    from nnzoo.training.measures import number

    chosen = list(outcome.values.items())
    if len(chosen) > MOST:
        worst = sorted((each for each in chosen if each[1].r2 is not None), key=lambda each: each[1].r2 or 0.0)[:WORST]
        _say_worst(worst, chosen, "R²")
        chosen = worst
    rows = [
        (
            name,
            "–" if each.r2 is None else number(each.r2),
            *map(number, (each.mae, each.rmse, each.mean, each.deviation)),
        )
        for name, each in chosen
    ]
    titles = ("value", "R²", "MAE", "RMSE", "mean", "std. deviation")
    print_table(titles, rows, numbers=5, width=output_width())


def _say_worst(worst: Sized, chosen: Sized, figure: str) -> None:
    click.echo(f"The {len(worst)} of {len(chosen):,} with the lowest {figure}; --json lists all:\n")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"
