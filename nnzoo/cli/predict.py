"""``nnzoo predict``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import DEFAULT_MODEL, is_in_zoo, is_meant_as_model, is_model, model_file
from nnzoo.cli.options import PATH, make_registry, plugin_options
from nnzoo.cli.output import print_json, prints_to_stderr
from nnzoo.cli.tables import print_table
from nnzoo.errors import FileFormatError, NnzooError, StorageError, UsageError, storage_errors
from nnzoo.terminal import quoted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnzoo.data.tables import Table
    from nnzoo.imaging.samples import Sample
    from nnzoo.kinds import PicturePreprocessor
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.model_file import ModelFile
    from nnzoo.plugins.registry import Registry

MOST_ROWS = 100
"""The most answers that are printed."""
UNREAD: dict[str, Any] = {"class": "can't be read", "probability": None}
"""Printed for an image without an answer."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="[MODEL] FILE…", type=PATH)
@click.option("--top", type=int, default=1, show_default=True, metavar="K", help="Show the K most probable classes.")
@click.option(
    "--as",
    "convention",
    type=click.Choice(["mnist", "digits", "plain"]),
    help="How to prepare images.  [default: like the training data]",
)
@click.option("--raw", is_flag=True, help="Don't prepare images; they must have the right size.")
@click.option("--out", type=PATH, metavar="FILE", help="Write the answers to this CSV file.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def predict(
    paths: tuple[Path, ...], top: int, convention: str | None, raw: bool, out: Path | None, as_json: bool
) -> None:
    """Predict from raw data: images, tables or arrays.

    MODEL is a model file, the directory of a run, or the name of a network of the zoo; the default is a network of the
    zoo that was trained on MNIST's digits. A FILE is a PNG or JPEG image, a table (.csv, .tsv, .csv.gz), a NumPy array
    (.npy), or - for standard input.

    Data are preprocessed as in training. The columns of a table can be in any order, with or without the target;
    columns that the model does not use are named and ignored. Photographs and drawings are converted to the form of the
    training images: a digit is found on its paper, a garment on its background. Images that already have this form are
    not changed. In arrays, integers are pixels and are scaled; floating-point numbers are not.

    If a file is damaged or missing, nothing is predicted. If an image shows nothing, or several things, or nothing that
    is likely enough, its answer is null in JSON, and an empty cell in a CSV file. The other images are answered, and
    the exit code is 3.

    \b
    nnzoo predict photo.jpg
    nnzoo predict runs/mine photo.jpg drawing.png
    nnzoo predict runs/penguins new.csv --out answers.csv
    nnzoo predict model.safetensors samples.npy --top 3 --json
    """
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.model_file import read_model
    from nnzoo.nn.threads import blas_threads

    if convention is not None and raw:
        raise UsageError("--as and --raw contradict each other: give one")
    if top < 1:
        raise UsageError(f"--top {top} is not 1 or more")
    registry = make_registry()
    named = is_model(paths[0]) or is_in_zoo(registry, paths[0]) or is_meant_as_model(paths[0], alone=len(paths) == 1)
    files = paths[1:] if named else paths
    if not files:
        raise UsageError("no data file is given", hint="nnzoo predict MODEL FILE…; - is standard input")
    for path in files:
        if path.is_dir() and not (path / "run.json").exists() and not list(path.glob("*.safetensors")):
            raise UsageError(
                f"{path} is a folder: name the files in it",
                hint=f"{quoted(path)}/*, say; nnzoo evaluate MODEL --dataset {quoted(path)}/ measures one of classes",
            )
        if is_model(path) or is_in_zoo(registry, path):
            words = [quoted(path), *(quoted(other) for other in paths if other != path)]
            problem = "there are two models" if named else "the model comes first"
            hint = None if named else f"nnzoo predict {' '.join(words)}"
            raise UsageError(f"{path} is a model, not a data file: {problem}", hint=hint)
    if [str(path) for path in files].count("-") > 1:
        raise UsageError("standard input can be read only once: give - once")
    with model_file(registry, paths[0] if named else Path(DEFAULT_MODEL)) as path:
        model = read_model(path)
        with prints_to_stderr():
            dnn = DeepNeuralNetwork.load(model, registry=registry)
    if out is not None and any(_are_one_file(out, other) for other in (path, *files)):
        raise UsageError(f"--out {out} would replace a file that is read", hint="name another file for the answers")
    if not named:
        click.echo(f"nnzoo: no model is given: {DEFAULT_MODEL} is used, which reads handwritten digits", err=True)
    if top > 1 and not (dnn.problem.has_classes and dnn.loss.gives_probabilities):
        raise UsageError("--top: the network does not give probabilities of classes")
    with prints_to_stderr(), blas_threads(1):
        if dnn.preprocessing.columns:
            rows = [row for file in files for row in _table_answers(dnn, model, file)]
        else:
            _refuse_unknown_preprocessing(model)
            step = _picture_step(dnn, registry, convention)
            # Each sample is predicted by itself, so that its figures don't depend on the other samples.
            rows = [
                {"file": str(file), "sample": s.index, **_predicted(dnn, s)}
                for file, s in _read_all(files, dnn.input_shape, step, raw)
            ]
    for row in rows:
        row |= _ranked(row, top)
        if row.get("unreadable"):
            row |= dict.fromkeys({"answer", "class", "probability"} & row.keys())
    unread = [row for row in rows if row.get("unreadable")]
    if out is not None:
        _write_answers(out, rows)
    if as_json:
        print_json([_as_json(row) for row in rows])
    elif out is None and len(unread) < len(rows):
        _print(rows)
    elif out is not None:
        click.echo(f"{len(rows) - len(unread):,} answers in {out}", err=True)
    if unread:
        reasons = [f"{_place(row)} {row['unreadable']}" for row in unread[:MOST_ROWS]]
        count = [] if len(rows) == 1 else [f"{len(unread):,} of {len(rows):,} images can't be read"]
        click.echo("nnzoo: error: " + "\n  ".join(count + reasons), err=True)
        click.get_current_context().exit(FileFormatError.exit_code)


def _table_answers(dnn: DeepNeuralNetwork, model: ModelFile, file: Path) -> list[dict[str, Any]]:
    """The answer to each row of a table, or of an array with the model's columns."""
    import numpy as np

    from nnzoo.data import columns_of, read_table
    from nnzoo.imaging.samples import MAGIC, read_array
    from nnzoo.model.columns import FAR, far_from_training, unseen_categories, unseen_note

    types = dnn.preprocessing.types
    if file.suffix == ".npy":
        data = _read(file)
        if not data.startswith(MAGIC):
            raise FileFormatError(f"{file} is not a .npy array")
        columns = columns_of(read_array(data), types, names=dnn.preprocessing.columns)
        if not len(columns):
            raise FileFormatError(f"{file} has no rows")
        places: list[int] = list(range(len(columns)))
    elif str(file) == "-":
        raise UsageError("standard input can hold images or an array; a table is read from a file")
    else:
        stored = model.description.components.get("dataset")
        given = {} if stored is None else stored.options
        options = {name: given[name] for name in ("header", "decimal", "dates") if isinstance(given.get(name), str)}
        if options.get("dates", "auto") == "auto":
            options["dates"] = model.description.data.date_order  # a single new row may not show it
        try:
            table = read_table(file, types=types, **options)
        except FileFormatError as error:
            if "=" not in (error.hint or ""):
                raise
            # It names an option of `nnzoo train`, which new rows don't have.
            raise FileFormatError(error.message, hint="write it as in the table of the training") from None
        _require_same_places(table, model)
        names = dnn.problem.names
        only = names[0] if len(names) == 1 and not dnn.problem.has_classes else ""
        target = model.description.data.target or only
        extra = [finding.name for finding in table.left_out if not target or finding.name != target]
        if extra:
            click.echo(f"nnzoo: {file}: columns that the model does not use: {', '.join(map(repr, extra))}", err=True)
        units = model.description.data.units
        if units is not None and (said := table.require_units(units)):
            click.echo(f"nnzoo: {file}: {said}", err=True)
        columns, places = table.columns, [int(line) for line in table.lines]
    try:
        predictions = dnn.predictor.predictions(columns)
    except FileFormatError as error:
        raise FileFormatError(f"{file}: {error.message}", hint=error.hint) from None
    answers = (dnn.task.answer(prediction, dnn.problem) for prediction in predictions)
    place = "sample" if file.suffix == ".npy" else "line"
    for column, texts in unseen_categories(dnn.preprocessing, columns).items():
        rows = np.sort(np.concatenate(list(texts.values())))
        click.echo(f"nnzoo: {file}: {_lines(place, places, rows)}: {unseen_note(column, texts)}", err=True)
    for column, rows in far_from_training(dnn.preprocessing, columns).items():
        click.echo(
            f"nnzoo: {file}: {_lines(place, places, rows)}: {column!r} is more than {FAR} standard deviations "
            "from its mean in the training data; the network has not been trained for such values",
            err=True,
        )
    return [
        {"file": str(file), "row": number, place: where, **answer}
        for number, (where, answer) in enumerate(zip(places, answers, strict=True), 1)
    ]


def _require_same_places(table: Table, model: ModelFile) -> None:
    """Refuse a table without a header that lacks a column, such as the target, before one that the model uses.

    Raises
    ------
    FileFormatError
    """
    width, target = len(table.findings), model.description.data.target
    used = [int(name) for name in table.columns if name.isdecimal()]
    if table.has_header or width >= model.description.data.columns or not (used and target.isdecimal()):
        return
    if int(target) < max(used):
        raise FileFormatError(
            f"{table.path} has {width} columns and no header, and the table trained on has "
            f"{model.description.data.columns}: columns go by their numbers, and the target is number {target}",
            hint="leave the target's column in, with any values; or give both tables a header",
        )


def _are_one_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _lines(place: str, places: Sequence[int], rows: NDArray[np.intp]) -> str:
    """The lines of some rows; of many, the first."""
    some = ", ".join(str(places[row]) for row in rows[:MOST_ROWS]) + ", …" * (len(rows) > MOST_ROWS)
    return f"{place}{'s' * (len(rows) > 1)} {some}"


def _refuse_unknown_preprocessing(model: ModelFile) -> None:
    """Raise a FileFormatError for a network that nnzoo 0.1 trained on a table: its file lacks the preprocessing."""
    dataset = model.description.components.get("dataset")
    if model.description.preprocessing is None and dataset is not None and dataset.short_name == "csv":
        raise FileFormatError(
            f"{model.path} was trained on a table by nnzoo 0.1, which did not keep how columns were scaled",
            hint="train it again; a new model file answers raw rows",
        )


def _picture_step(dnn: DeepNeuralNetwork, registry: Registry, convention: str | None) -> PicturePreprocessor | None:
    """The step that converts an image to a sample: that of ``--as``, or that of the model; None for no conversion."""
    if convention == "plain":
        return None
    if convention is not None:
        step: PicturePreprocessor = registry.build("preprocessor", f"ink:convention={convention}")
        return step
    pictures = dnn.predictor.pictures
    assert pictures is not None  # the model was loaded from a file
    return pictures()


def _read_all(
    images: tuple[Path, ...], input_shape: tuple[int, ...], step: PicturePreprocessor | None, raw: bool
) -> list[tuple[Path, Sample]]:
    """The samples of all files; the error lists every file that can't be used."""
    from nnzoo.imaging.samples import read_samples

    samples: list[tuple[Path, Sample]] = []
    bad: list[NnzooError] = []
    for path in images:
        try:
            samples += [(path, sample) for sample in read_samples(_read(path), input_shape, step, raw=raw)]
        except FileFormatError as error:
            bad.append(FileFormatError(f"{path} {error.message}", hint=error.hint))
        except StorageError as error:
            bad.append(error)
    if len(bad) == 1:
        raise bad[0]
    if bad:
        kind = StorageError if all(isinstance(error, StorageError) for error in bad) else FileFormatError
        raise kind(f"{len(bad)} of {len(images)} images can't be used\n  " + "\n  ".join(e.message for e in bad))
    return samples


def _read(path: Path) -> bytes:
    from nnzoo.imaging.samples import SIZE_LIMIT

    with storage_errors(f"read {path}"):
        if str(path) == "-" and sys.stdin is None:
            raise StorageError("standard input is closed")
        if str(path) == "-":
            data = sys.stdin.buffer.read(SIZE_LIMIT + 1)
        else:
            with path.open("rb") as file:
                data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise FileFormatError(
            f"is larger than {SIZE_LIMIT >> 20} MiB",
            hint="in Python, DeepNeuralNetwork.load(…).predict(np.load(…, mmap_mode='r')) reads an array of any size",
        )
    return data


def _predicted(dnn: DeepNeuralNetwork, sample: Sample) -> dict[str, Any]:
    """The answer to a sample, or the reason why there is no answer."""
    prediction = dnn.predictor.predictions(sample.values[None])[0]
    answer = dnn.task.answer(prediction, dnn.problem)
    if not dnn.loss.gives_probabilities and "probabilities" in answer:  # the outputs are not probabilities
        answer |= {"probability": None, "probabilities": None}
    probability, unreadable = answer.get("probability"), sample.unreadable or None
    if unreadable:
        answer |= dict.fromkeys({"probabilities", "values"} & answer.keys())
    elif probability is not None and probability < sample.least_probability:
        unreadable = f"is not clear: most like {answer['answer']}, at {probability:.0%}"
    return {**answer, "prepared": sample.prepared, "unreadable": unreadable}


def _place(row: dict[str, Any]) -> str:
    """The file and index of a row's image."""
    return row["file"] if row["sample"] is None else f"{row['file']}[{row['sample']}]"


def _ranked(row: dict[str, Any], top: int) -> dict[str, Any]:
    """The most probable classes, if the answer is a class."""
    if "probability" not in row:
        return {}
    shares = row["probabilities"] or ({} if row.get("unreadable") else {row["answer"]: None})
    best = sorted(shares, key=lambda name: -(shares[name] or 0.0))[:top]
    return {"class": row["answer"], "top": [{"class": name, "probability": shares[name]} for name in best]}


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON: for tables, numbers are by name; otherwise they are in the order of the outputs."""
    if "row" in row:
        return row
    return {
        key: list(value.values()) if key in ("probabilities", "values") and isinstance(value, dict) else value
        for key, value in row.items()
    }


def _write_answers(out: Path, rows: list[dict[str, Any]]) -> None:
    """Write a CSV file: the row, the answer, and its probabilities or values."""
    import csv
    import io

    from nnzoo.files.writing import write_whole

    several = len({row["file"] for row in rows}) > 1
    numbers = {name: None for row in rows for kind in ("probabilities", "values") for name in row.get(kind) or ()}
    if len(numbers) == 1 and "values" in rows[0]:
        numbers = {}  # the only value is the answer
    reasons = any(row.get("unreadable") for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*["file"] * several, "row", "answer", *numbers, *["unreadable"] * reasons])
    for number, row in enumerate(rows, 1):
        answer, shares = row["answer"], row.get("probabilities") or row.get("values") or {}
        if isinstance(answer, list):
            answer = "; ".join(map(str, answer))
        elif isinstance(answer, dict):
            answer = json.dumps(answer)
        reason = [row.get("unreadable") or ""] * reasons
        values = [shares.get(name, "") for name in numbers]
        writer.writerow([*[row["file"]] * several, row.get("row", number), answer, *values, *reason])
    write_whole(out, text.getvalue().encode())


def _print(rows: list[dict[str, Any]]) -> None:
    """Print a table of the answers, or of the first of many."""
    from nnzoo.training.measures import in_words

    shown, first = rows[:MOST_ROWS], next(row for row in rows if not row.get("unreadable"))
    if "row" in first:
        several = len({row["file"] for row in rows}) > 1
        head: tuple[str, ...] = ("file", "row") if several else ("row",)
        names: list[tuple[str, ...]] = [
            (row["file"], str(row["row"])) if several else (str(row["row"]),) for row in shown
        ]
    else:
        head = ("file", "prepared")
        names = [(_place(row), row["prepared"]) for row in shown]
    lines: list[tuple[str, ...]] = []
    if "top" in first:
        for name, row in zip(names, shown, strict=True):
            for rank, guess in enumerate([UNREAD] if row.get("unreadable") else row["top"]):
                share = "–" if guess["probability"] is None else f"{guess['probability']:.2%}"
                lines.append((*(name if rank == 0 else ("",) * len(name)), guess["class"], share))
        print_table((*head, "class", "probability"), lines, numbers=1)
    elif "values" in first:
        lines = [
            (*name, *(f"{value:.6g}" for value in (row["values"] or dict.fromkeys(first["values"], math.nan)).values()))
            for name, row in zip(names, shown, strict=True)
        ]
        titles = (f"value {name}" if name.isdecimal() else name for name in first["values"])
        print_table((*head, *titles), lines, numbers=len(first["values"]))
    else:
        lines = [
            (*name, UNREAD["class"] if row.get("unreadable") else in_words(row["answer"]))
            for name, row in zip(names, shown, strict=True)
        ]
        print_table((*head, "answer"), lines)
    if len(rows) > len(shown):
        click.echo(f"and {len(rows) - len(shown):,} more; --out FILE writes them all")
