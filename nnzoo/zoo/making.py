"""Make a zoo model from a finished run: the model file, and a card made from its record and its test data."""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path

from nnzoo.errors import UsageError, storage_errors
from nnzoo.files.writing import write_all
from nnzoo.kinds import DataCache, load_checked
from nnzoo.kinds.zoo_model import ZOO_NAME
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import weights_sha256
from nnzoo.plugins.registry import Registry
from nnzoo.runs.commands import recipe_command
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import built_from_record, read_record
from nnzoo.training.measures import LOSS
from nnzoo.zoo.card import card_text
from nnzoo.zoo.contents import Card, CardData
from nnzoo.zoo.measuring import measured, milliseconds_a_sample, outputs_of

_OVERWRITE = "take another name, or replace it: in Python, overwrite=True; in a command, --force"
LARGE_FILE = 2_000_000
"""The size in bytes from which a model file is reported as large for a package."""
MOST_CLASSES = 50
"""The most classes of a confusion matrix on a card."""


@dataclass(frozen=True)
class Words:
    """The facts on a card that can't be measured.

    Attributes
    ----------
    summary, use, limits : str
        One sentence; the intended use; what it should not be used for.
    license : str
        The licence of the weights, as spelt by Hugging Face.
    data_license : str
        The licence of the data, if they are the author's own; empty for the one that the data set states.
    tags : tuple of str
        Search words in addition to its task, model and data.
    """

    summary: str
    use: str
    limits: str
    license: str = "unknown"
    tags: tuple[str, ...] = ()
    data_license: str = ""


def make_zoo_model(
    registry: Registry,
    run: Path,
    cache: DataCache,
    folder: Path,
    name: str,
    words: Words,
    *,
    overwrite: bool = False,
) -> Card:
    """Write ``<name>.safetensors`` and ``<name>.md`` from a finished run, whose test part is measured again.

    Parameters
    ----------
    registry, cache : Registry, DataCache
        Where the run's components and its data are looked up.
    run : Path
        The run's directory.
    folder : Path
        The folder for the two files, which is made if it is missing.
    name : str
        ``architecture.tag``.
    words : Words
        The facts that can't be measured.
    overwrite : bool
        Whether existing files are replaced.

    Raises
    ------
    UsageError
        When the name is not valid, the files exist already, the run is not finished, its data have changed, or it was
        not measured on test data.
    StorageError
        When a file can't be read or written; no file is left behind then.
    """
    if not ZOO_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a trained network: it is architecture.tag, of a-z, 0-9 and '-'",
            hint="a good name is mnist-mlp.relu",
        )
    targets = {suffix: folder / f"{name}.{suffix}" for suffix in ("safetensors", "md")}
    for target in (*targets.values(), folder / f"{name}.json"):
        if os.path.lexists(target) and not overwrite:
            raise UsageError(f"{target} already exists", hint=_OVERWRITE)
    card, contents = card_of_run(registry, run, cache, name, words)
    with storage_errors(f"make {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    written = {targets["safetensors"]: contents, targets["md"]: card_text(card).encode()}
    write_all(written, replace=overwrite)
    return card


def card_of_run(registry: Registry, run: Path, cache: DataCache, name: str, words: Words) -> tuple[Card, bytes]:
    """The card of a finished run, measured now, and the bytes of its model file; errors as for `make_zoo_model`."""
    record, path = read_record(run), RunDirectory(run).model_file
    if record.status != "finished":
        raise UsageError(f"{run} is not finished: its status is {record.status!r}")
    recipe, loader = built_from_record(registry, record)
    data = load_checked(loader, cache)
    if data.sha256() != record.data.sha256:
        raise UsageError(f"{path}: the data are not those that it was trained on")
    contents = path.read_bytes()
    dnn = DeepNeuralNetwork.load(path, registry=registry)
    predictor = dnn.predictor
    with dnn.network.on_threads(recipe.threads):  # for the same bits as in the run
        split = predictor.part(data, "test", str(loader))
        outcome, figures = measured(predictor, split, recipe.metrics, str(loader))
    for figure in figures:
        then = record.figure(f"test_{figure.name}")
        if then is None and figure.name == LOSS.name:
            raise UsageError(f"{path}: its run was not measured on test data, which a card needs")
        if then is not None and not math.isclose(then, figure.value, rel_tol=1e-3, abs_tol=1e-6):
            raise UsageError(f"{path}: its run had a test {figure.title} of {then}, but the model has {figure.value}")
    milliseconds, processor = milliseconds_a_sample(predictor, data)
    kind, outputs = outputs_of(outcome)
    confusion = outcome.confusion if outcome.confusion and len(outcome.confusion) <= MOST_CLASSES else []
    data_name = os.path.basename(record.data_name.rstrip("/\\"))  # noqa: PTH119 (the folder is private)
    own_tags = recipe.task.name, recipe.model.name, data_name
    return Card(
        name=name,
        summary=words.summary,
        license=words.license,
        data=CardData(data_name, words.data_license or loader.license, data.sha256(), record.data.samples),
        task=recipe.task.name,
        command=recipe_command(record.components, record.settings, record.lists, record.start),
        seed=recipe.seed,
        parameters=len(dnn.network.parameters),
        figures=figures,
        intended_use=words.use,
        limits=words.limits,
        weights_sha256=weights_sha256(dnn.network),
        file_sha256=hashlib.sha256(contents).hexdigest(),
        environment=replace(record.environment, implementation="", system=""),
        tags=tuple(dict.fromkeys([*own_tags, *words.tags])),
        base_model=record.start.source if record.start else "",
        kind=kind,
        outputs=outputs,
        class_names=tuple(dnn.problem.name(place) for place in range(dnn.problem.width)) if confusion else (),
        confusion=confusion,
        size=len(contents),
        train_seconds=record.figure("train_seconds"),
        milliseconds=milliseconds,
        processor=processor,
    ), contents
