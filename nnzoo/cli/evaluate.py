"""``nnzoo evaluate``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import data_of_model, model_file
from nnzoo.cli.options import data_dir_option, make_registry, plugin_options
from nnzoo.cli.tables import print_confusion, print_table

if TYPE_CHECKING:
    from nnzoo.kinds import Dataset
    from nnzoo.model.model_file import ModelFile
    from nnzoo.training.evaluation import Evaluation


@click.command(short_help="Measure a trained network on data.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dataset", metavar="NAME", help="The data.  [default: those that it was trained on]")
@click.option(
    "--part",
    type=click.Choice(["train", "test"]),
    default="test",
    show_default=True,
    help="The part of the data set to measure on.",
)
@data_dir_option
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    file: Path,
    dataset: str | None,
    part: str,
    data_dir: Path | None,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure a trained network on data: loss, accuracy, precision and recall of each class, and what was mistaken.

    FILE is a model file, the directory of a run, or the name of a network of the zoo. In regression it is the mean
    squared error and R².

    \b
    nnzoo evaluate runs/mine
    nnzoo evaluate model.safetensors --dataset digits --part train
    """
    from nnzoo.datafiles.cache import FileCache
    from nnzoo.kinds import load_checked
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.model_file import read_model
    from nnzoo.nn.threads import blas_threads
    from nnzoo.training.evaluation import fitting_part, measure

    registry = make_registry(plugin_files, disabled)
    with model_file(registry, file) as path:
        model = read_model(path)
    with redirect_stdout(sys.stderr), blas_threads(1):  # a plugin may print
        dnn = DeepNeuralNetwork.load(model, registry=registry)
        loader = data_of_model(registry, model, dataset)
        data = load_checked(loader, FileCache(data_dir))
        classes = dnn.task == "classification"
        split = fitting_part(dnn.network, data, part, name=str(loader), classification=classes)
        figures = measure(dnn.network, dnn.loss, split, len(data.class_names))
    digest = data.sha256()
    notes = list(_notes(model, data, str(loader), digest))
    for note in notes:
        click.echo(f"nnzoo: {note}", err=True)
    if as_json:
        named = str(path if file.exists() else file)
        answer = {"file": named, "dataset": str(loader), "data_sha256": digest, "part": part, "notes": notes}
        click.echo(json.dumps(answer | _answer(data, figures), allow_nan=False))
    else:
        _print(str(loader), part, data, figures)


def _notes(model: ModelFile, data: Dataset, name: str, digest: str) -> Iterator[str]:
    """What is not as it was when the network was trained."""
    stored = model.description.data
    if stored.sha256 and stored.sha256 != digest:
        yield f"{name} is not what it was trained on: its SHA-256 is {digest}, not {stored.sha256}"
    if stored.class_names and data.class_names and stored.class_names != data.class_names:
        yield f"the classes of {name} have other names than the network's"
    if stored.scale != data.train.scale:
        yield f"inputs are multiplied by {data.train.scale:g}, as {name} wants it; the file says {stored.scale:g}"


def _answer(data: Dataset, figures: Evaluation) -> dict[str, Any]:
    from dataclasses import asdict

    answer: dict[str, Any] = {"samples": figures.samples, "loss": figures.loss}
    if figures.confusion is None:
        return answer | {"mse": figures.mse, "r2": figures.r2}
    classes = [
        {"class": label, **asdict(each)} for label, each in zip(data.class_names, figures.classes(), strict=True)
    ]
    return answer | {"accuracy": figures.accuracy, "classes": classes, "confusion": figures.confusion.tolist()}


def _print(name: str, part: str, data: Dataset, figures: Evaluation) -> None:
    where = f"on {figures.samples:,} samples of {name} ({part})"
    if figures.confusion is None:
        r2 = "–" if figures.r2 is None else f"{figures.r2:.4f}"
        click.echo(f"loss {figures.loss:.4f}, mean squared error {figures.mse:.4g}, R² {r2} {where}")
        return
    click.echo(f"accuracy {figures.accuracy:.2%}, loss {figures.loss:.4f} {where}\n")
    print_table(
        ("class", "precision", "recall", "samples"),
        [
            (label, _share(each.precision), _share(each.recall), f"{each.samples:,}")
            for label, each in zip(data.class_names, figures.classes(), strict=True)
        ],
        numbers=3,
    )
    print_confusion("Samples", data.class_names, figures.confusion.tolist())


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"
