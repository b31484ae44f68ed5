"""``nnzoo evaluate``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnzoo.cli.model_argument import data_of_model, is_in_zoo, is_trained_on, model_file, reads_own_files, short_name
from nnzoo.cli.options import PATH, component_option, data_dir_option, make_cache, make_registry, usual_options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.tables import print_confusion, print_confusions, print_table
from nnzoo.errors import PluginError, counted
from nnzoo.terminal import output_width

if TYPE_CHECKING:
    from nnzoo.kinds import DataCache, Dataset, DatasetLoader, Metric
    from nnzoo.model.assessment import Assessment
    from nnzoo.model.model_file import ModelFile
    from nnzoo.model.predictor import Predictor
    from nnzoo.plugins.registry import Registry
    from nnzoo.training.measures import Measure

MOST = 30
"""Up to this many classes, labels or values are all listed; of more, the `WORST`. ``--json`` has all."""
WORST = 15
IN_A_LINE = 4
"""The most figures that are printed on one line."""


@click.command()
@click.argument("file", type=PATH)
@component_option("--dataset", metavar="NAME", help="A data set or file.  [default: the data of the training]")
@click.option(
    "--part",
    type=click.Choice(["train", "test", "all"]),
    help="The part of the data to measure on.  [default: test; all for another file than that of the training]",
)
@click.option(
    "--metric", "names", metavar="NAME", multiple=True, help="A metric besides those of the training. Repeatable."
)
@data_dir_option
@usual_options
def evaluate(file: Path, dataset: str | None, part: str | None, names: tuple[str, ...], as_json: bool) -> None:
    """Measure a trained network on data: loss and metrics, overall and for each class, label or value.

    FILE is a model file, the directory of a run, or the name of a network of the zoo. The metrics are those of its
    training and those given with --metric. If --dataset is a file, it is read with the options of the training data,
    and its values are preprocessed in the same way.

    \b
    nnzoo evaluate runs/mine
    nnzoo evaluate runs/mine --dataset new.csv --metric balanced-accuracy
    nnzoo evaluate model.safetensors --dataset digits --part train
    """
    from nnzoo.kinds import Columns
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.assessment import outcome_of
    from nnzoo.model.columns import unseen_categories, unseen_note
    from nnzoo.model.model_file import read_model
    from nnzoo.nn.threads import blas_threads
    from nnzoo.training.measures import measures_of
    from nnzoo.training.of_outputs import metrics_of_outputs

    registry = make_registry()
    with model_file(registry, file) as path:
        model = read_model(path)
    notes: list[str] = []
    with prints_to_stderr(), blas_threads(1):
        predictor = DeepNeuralNetwork.load(model, registry=registry).predictor
        metrics = _metrics(model, predictor, registry, names, notes)
        measured = metrics_of_outputs(metrics, predictor.problem)
        measures = measures_of(measured, [metric.plan(predictor.problem) for metric in measured])
        loader = data_of_model(registry, model, dataset)
        other_file = reads_own_files(loader) and not is_trained_on(registry, model, loader)
        part = part or ("all" if other_file else "test")
        data = _load(loader, make_cache(), predictor, whole=other_file and part == "all")
        name, digest, trained_on = short_name(loader), data.sha256(), model.description.data.sha256
        if trained_on not in ("", digest) and not other_file:
            notes.append(f"{name} is not the data of the training: its SHA-256 is {digest}, not {trained_on}")
        raw = data.test.inputs if part == "test" else data.train.inputs
        if predictor.preprocessing.columns and isinstance(raw, Columns):
            for column, texts in unseen_categories(predictor.preprocessing, raw).items():
                rows = sum(map(len, texts.values()))
                notes.append(unseen_note(column, texts, f" in {counted(rows, 'row')}"))
        split = predictor.part(data, "test" if data.train is data.test else part, name)
        if split.samples.dtype.kind in "ui" and data.train.scale != (scale := predictor.preprocessing.scale):
            notes.append(f"inputs are multiplied by {scale:g}, as in training; {name} says {data.train.scale:g}")
        outcome = outcome_of(name, part, predictor, split, predictor.evaluate(split, metrics))
    for note in notes:
        click.echo(f"nnzoo: {note}", err=True)
    if as_json:
        source = str(file if is_in_zoo(registry, file) else path)
        sources = {"file": source, "dataset": str(loader), "data_sha256": digest}
        answer = {**outcome.figures, **outcome.to_dict(), **sources}
        print_json({**answer, "task": str(predictor.task), "notes": notes})
    else:
        _print(outcome, measures)


def _load(loader: DatasetLoader, cache: DataCache, predictor: Predictor, *, whole: bool) -> Dataset:
    """The data, with columns of the types that the network expects; a ``whole`` table is not split."""
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
    """The metrics of the training and those of ``names``; a metric of a missing plugin becomes a note."""
    from nnzoo.model.stored import build_stored

    metrics: list[Metric] = []
    for stored in model.description.metrics:
        try:
            metrics.append(build_stored(registry, "metric", stored, str(model.path)))
        except PluginError as error:
            notes.append(f"{stored.short_name} is not measured: {error}")
    names = [*(() if model.description.metrics else predictor.task.default_metrics), *names]
    return list(dict.fromkeys([*metrics, *(registry.build("metric", name) for name in names)]))


def _print(outcome: Assessment, measures: Mapping[str, Measure]) -> None:
    samples = counted(outcome.samples, "sample")
    where = f"on {samples} of {outcome.dataset} ({outcome.part})"
    names = [*list(measures)[1:], "loss"]
    if len(names) <= IN_A_LINE:
        figures = (f"{measures[name].title} {measures[name].show(outcome.figures[name])}" for name in names)
        click.echo(f"{', '.join(figures)} {where}\n")
    else:
        click.echo(f"{where}:\n")
        rows = [(measures[name].title, measures[name].show(outcome.figures[name])) for name in names]
        print_table(("figure", "value"), rows, numbers=1, width=output_width())
    if outcome.answers:
        _print_answers(outcome)
    if outcome.values:
        _print_values(outcome)
    if outcome.has_matrix:
        names, samples_of = list(outcome.answers), [each.samples for each in outcome.answers.values()]
        if outcome.confusion is not None and len(names) <= MOST:
            print_confusion("Samples", names, outcome.confusion)
        else:
            print_confusions("Samples", names, outcome.mistakes, samples_of)


def _print_answers(outcome: Assessment) -> None:
    """A row for each class or label; of many, those with the lowest F1."""
    rows = []
    f1 = {name: (each.f1 or 0.0) if each.samples else None for name, each in outcome.answers.items()}
    for name in _worst(f1, "F1"):
        each = outcome.answers[name]
        shares = ("–" if share is None else f"{share:.2%}" for share in (each.precision, each.recall, each.f1))
        rows.append((name, *shares, f"{each.samples:,}", f"{each.predicted:,}"))
    titles = (outcome.kind, "precision", "recall", "F1", "samples", "predicted")
    print_table(titles, rows, numbers=5, width=output_width())


def _print_values(outcome: Assessment) -> None:
    """A row for each value; of many, those with the lowest R²."""
    from nnzoo.training.measures import number

    rows = []
    for name in _worst({name: each.r2 for name, each in outcome.values.items()}, "R²"):
        each = outcome.values[name]
        r2 = "–" if each.r2 is None else number(each.r2)
        rows.append((name, r2, *map(number, (each.mae, each.rmse, each.mean, each.deviation))))
    titles = ("value", "R²", "MAE", "RMSE", "mean", "std. deviation")
    print_table(titles, rows, numbers=5, width=output_width())


def _worst(scores: Mapping[str, float | None], figure: str) -> Iterable[str]:
    """All names, or of many those with the lowest scores, which a line above the table says."""
    if len(scores) <= MOST:
        return scores
    known = {name: score for name, score in scores.items() if score is not None}
    worst = sorted(known, key=known.__getitem__)[:WORST]
    click.echo(f"The {len(worst)} of {len(scores):,} with the lowest {figure}; --json lists all:\n")
    return worst
