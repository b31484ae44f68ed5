"""Make a zoo model of a finished run: the model file, and the card that follows from its record and its test data."""

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
from nnzoo.model.model_file import read_model, weights_sha256
from nnzoo.plugins.registry import Registry
from nnzoo.runs.commands import recipe_command
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import RunRecord, built_from_record, read_record
from nnzoo.training.measures import LOSS
from nnzoo.zoo.card import card_text
from nnzoo.zoo.contents import Card, CardData
from nnzoo.zoo.measuring import measured, milliseconds_a_sample, outputs_of

_OVERWRITE = "take another name, or replace it: in Python, overwrite=True; in a command, --force"
LARGE_FILE = 2_000_000
"""Bytes from which a model file is reported as large for a package."""
MOST_CLASSES = 50
"""Of a confusion matrix on a card."""


@dataclass(frozen=True)
class Words:
    """What a card says that can't be measured.

    Attributes
    ----------
    summary, use, limits : str
        One sentence; what it is good for; what it is not.
    license : str
        Of the weights, as Hugging Face spells licences.
    data_license : str
        Of the data, where these are the author's own; empty for what the data set itself states.
    tags : tuple of str
        Words to find it by, beside its task, model and data.
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
    """Write ``<name>.safetensors`` and ``<name>.md`` into a folder, which is made where it is missing.

    Parameters
    ----------
    registry : Registry
        Where the run's components are looked up.
    run : Path
        A finished run.
    cache : DataCache
        Where the run's data are, whose test part is measured again.
    folder : Path
        Where the two files go.
    name : str
        ``architecture.tag``.
    words : Words
        What can't be measured.
    overwrite : bool
        Whether files that are there already are replaced.

    Raises
    ------
    UsageError
        When the name is none, there is such a model already, the run is not finished, its data have changed, or were
        not measured.
    StorageError
        When a file can't be read or written; nothing is left behind then.
    """
    require_zoo_name(name)
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


def require_zoo_name(name: str) -> None:
    """Refuse what is not ``architecture.tag``.

    Raises
    ------
    UsageError
    """
    if not ZOO_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a trained network: it is architecture.tag, of a-z, 0-9 and '-'",
            hint="a good name is mnist-mlp.relu",
        )


def card_of_run(registry: Registry, run: Path, cache: DataCache, name: str, words: Words) -> tuple[Card, bytes]:
    """The card of a finished run, and what its model file holds; errors as for `make_zoo_model`."""
    record = read_record(run)
    if record.status != "finished":
        raise UsageError(f"{run} is not finished: its status is {record.status!r}")
    return make_card(registry, record, RunDirectory(run).model_file, cache, name, words)


def make_card(
    registry: Registry, record: RunRecord, path: Path, cache: DataCache, name: str, words: Words
) -> tuple[Card, bytes]:
    """The card of a network, measured now, and what its model file, at ``path``, holds; ``record`` is of its training.

    Errors are as for `make_zoo_model`.
    """
    recipe, loader = built_from_record(registry, record)
    data = load_checked(loader, cache)
    if data.sha256() != record.data.sha256:
        raise UsageError(f"{path}: the data are not those that it was trained on")
    contents = path.read_bytes()
    file = read_model(path)
    dnn = DeepNeuralNetwork.load(file, registry=registry)
    predictor = dnn.predictor
    with dnn.network.on_threads(recipe.threads):  # as the run has measured it, to the bit
        split = predictor.part(data, "test", str(loader))
        outcome, figures = measured(predictor, split, recipe.metrics, str(loader))
    for figure in figures:
        then = record.figure(f"test_{figure.name}")
        if then is None and figure.name == LOSS.name:
            raise UsageError(f"{path}: its run was not measured on test data, which a card shows")
        if then is not None and not math.isclose(then, figure.value, rel_tol=1e-3, abs_tol=1e-6):
            raise UsageError(f"{path}: its run had a test {figure.title} of {then}, and the model has {figure.value}")
    milliseconds, processor = milliseconds_a_sample(predictor, data)
    kind, outputs = outputs_of(outcome)
    confusion = outcome.confusion if outcome.confusion and len(outcome.confusion) <= MOST_CLASSES else []
    data_name = os.path.basename(record.data_name.rstrip("/\\"))  # noqa: PTH119 (where it lay is private)
    own_tags = recipe.task.name, recipe.model.name, data_name
    card = Card(
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
    )
    return card, contents
