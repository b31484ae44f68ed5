"""``nnzoo predict``."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnzoo.cli.model_argument import DEFAULT_MODEL, is_in_zoo, is_model, model_file
from nnzoo.cli.options import make_registry, plugin_options
from nnzoo.cli.tables import print_table
from nnzoo.errors import FileFormatError, NnzooError, StorageError, UsageError

if TYPE_CHECKING:
    from nnzoo.imaging.samples import Sample
    from nnzoo.kinds import PicturePreprocessor
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.model_file import ModelFile
    from nnzoo.plugins.registry import Registry

SIZE_LIMIT = 1 << 28
"""Bytes of an image or array; a larger one is refused before it is read."""


@click.command(short_help="Tell what is on images.")
@click.argument("paths", nargs=-1, required=True, metavar="[FILE] IMAGE…", type=click.Path(path_type=Path))
@click.option("--top", type=int, default=1, show_default=True, metavar="K", help="Show the K most probable classes.")
@click.option(
    "--as",
    "convention",
    type=click.Choice(["mnist", "digits", "plain"]),
    help="What images are brought to.  [default: the convention of the data that the network was trained on]",
)
@click.option("--raw", is_flag=True, help="Take images as they are; they must have the right size.")
@plugin_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def predict(
    paths: tuple[Path, ...],
    top: int,
    convention: str | None,
    raw: bool,
    plugin_files: tuple[Path, ...],
    disabled: tuple[str, ...],
    as_json: bool,
) -> None:
    """Tell what is on images: the most probable class of each.

    FILE is a model file, the directory of a run, or the name of a network of the zoo; without one it is one of the zoo
    that knows MNIST's digits.
    An IMAGE is a PNG or JPEG file, a NumPy array (.npy), or - for standard input.

    Drawn and photographed digits are brought to the form that the network knows from its training: light on dark, cut
    out, of the right size and in the right place; an image that has this form is used as it is. An array of the
    network's input shape, or of several samples, is used as it is, too: uint8 is scaled, float is not. If one image
    can't be read, nothing is predicted.

    \b
    nnzoo predict photo.jpg
    nnzoo predict runs/mine photo.jpg drawing.png
    nnzoo predict model.safetensors samples.npy --top 3 --json
    """
    from nnzoo.model import DeepNeuralNetwork
    from nnzoo.model.model_file import read_model
    from nnzoo.nn.threads import blas_threads

    if convention is not None and raw:
        raise UsageError("--as and --raw contradict each other: give one")
    if top < 1:
        raise UsageError(f"--top {top} is not 1 or more")
    registry = make_registry(plugin_files, disabled)
    named = is_model(paths[0]) or is_in_zoo(registry, paths[0])
    images = paths[1:] if named else paths
    if not images:
        raise UsageError("there is no image to look at", hint="nnzoo predict FILE IMAGE…; - is standard input")
    with model_file(registry, paths[0] if named else Path(DEFAULT_MODEL)) as path:
        model = read_model(path)
        with redirect_stdout(sys.stderr):  # a plugin may print
            dnn = DeepNeuralNetwork.load(model, registry=registry)
    if not named:
        click.echo(f"nnzoo: no model is named: this is {DEFAULT_MODEL} of the zoo", err=True)
    if top > 1 and not dnn.loss.gives_probabilities:
        raise UsageError(f"--top: {dnn.loss.label} gives no probabilities")
    with redirect_stdout(sys.stderr):
        step = _picture_step(dnn, model, registry, convention)
    samples = _read_all(images, dnn.input_shape, step, raw)
    with (
        redirect_stdout(sys.stderr),
        blas_threads(1),
    ):  # each sample by itself: its figures don't depend on what else is asked for
        rows = [{"file": str(file), "sample": s.index, **_predicted(dnn, s, top)} for file, s in samples]
    if as_json:
        click.echo(json.dumps(rows, allow_nan=False))
    else:
        _print(rows)


def _picture_step(
    dnn: DeepNeuralNetwork, model: ModelFile, registry: Registry, convention: str | None
) -> PicturePreprocessor | None:
    """What makes a sample of a picture: what was asked for, else the model's own step, else what suits its data."""
    from nnzoo.imaging.samples import usual_step
    from nnzoo.kinds import PicturePreprocessor

    steps = [step.preprocessor for feature in dnn.preprocessing.features for step in feature.steps]
    if convention is None and steps and isinstance(steps[0], PicturePreprocessor):
        return steps[0]
    dataset = model.description.components.get("dataset")
    spec = usual_step(None if dataset is None else dataset.name, dnn.input_shape, dnn.preprocessing.scale)
    if convention is not None:
        spec = "" if convention == "plain" else f"ink:convention={convention}"
    step: PicturePreprocessor | None = registry.build("preprocessor", spec) if spec else None
    return step


def _read_all(
    images: tuple[Path, ...], input_shape: tuple[int, ...], step: PicturePreprocessor | None, raw: bool
) -> list[tuple[Path, Sample]]:
    """The samples of all files, or an error that tells of every file that can't be used."""
    from nnzoo.imaging.samples import read_samples

    if [str(path) for path in images].count("-") > 1:
        raise UsageError("standard input can be read once only: give - once")
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
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(SIZE_LIMIT + 1)
        else:
            with path.open("rb") as file:
                data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    if len(data) > SIZE_LIMIT:
        raise FileFormatError(f"is larger than {SIZE_LIMIT >> 20} MiB")
    return data


def _predicted(dnn: DeepNeuralNetwork, sample: Sample, top: int) -> dict[str, Any]:
    batch = sample.values[None]
    if dnn.task == "regression":
        return {"values": dnn.predict(batch)[0].tolist(), "prepared": sample.prepared}
    names = dnn.class_names or tuple(map(str, range(dnn.outputs)))
    if not dnn.loss.gives_probabilities:
        ranked = [(names[int(dnn.predict(batch)[0])], None)]
        probabilities = None
    else:
        probabilities = dnn.predict_proba(batch)[0].tolist()
        order = sorted(range(len(names)), key=lambda place: -probabilities[place])
        ranked = [(names[place], probabilities[place]) for place in order[:top]]
    return {
        "class": ranked[0][0],
        "probability": ranked[0][1],
        "probabilities": probabilities,
        "top": [{"class": name, "probability": probability} for name, probability in ranked],
        "prepared": sample.prepared,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    names = [row["file"] if row["sample"] is None else f"{row['file']}[{row['sample']}]" for row in rows]
    if "values" in rows[0]:
        table = [
            (n, row["prepared"], ", ".join(f"{v:.4g}" for v in row["values"]))
            for n, row in zip(names, rows, strict=True)
        ]
        print_table(("file", "prepared", "values"), table)
        return
    lines = []
    for name, row in zip(names, rows, strict=True):
        for rank, guess in enumerate(row["top"]):
            share = "–" if guess["probability"] is None else f"{guess['probability']:.2%}"
            lines.append((*((name, row["prepared"]) if rank == 0 else ("", "")), guess["class"], share))
    print_table(("file", "image", "class", "probability"), lines, numbers=1)
