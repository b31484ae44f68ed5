"""Make a zoo model of a finished run: the model file, and the card that its record and its test data tell."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from nnzoo.errors import StorageError, UsageError
from nnzoo.files.writing import write_all
from nnzoo.kinds import DataCache, load_checked
from nnzoo.kinds.zoo_model import ZOO_NAME
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import read_model, weights_sha256
from nnzoo.nn.threads import blas_threads
from nnzoo.plugins.registry import Registry
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import built_from_record, read_record
from nnzoo.zoo.card import Card, recipe_command

_OVERWRITE = "take another name, or replace it: in Python, overwrite=True; in a command, --force"


def make_zoo_model(
    registry: Registry,
    run: Path,
    cache: DataCache,
    folder: Path,
    name: str,
    *,
    summary: str,
    use: str,
    limits: str,
    overwrite: bool = False,
) -> Card:
    """Write ``<name>.safetensors`` and ``<name>.json`` into a folder.

    Parameters
    ----------
    registry : Registry
        Where the run's components are looked up.
    run : Path
        A finished run of a classification.
    cache : DataCache
        Where the run's data are, whose test part is measured again.
    folder : Path
        Where the two files go.
    name : str
        ``architecture.tag``.
    summary, use, limits : str
        One sentence; what it is good for; what it is not.
    overwrite : bool
        Whether files that are there already are replaced.

    Raises
    ------
    UsageError
        When the name is none, there is such a model already, the run is not finished, its data have changed, or it has
        no classes.
    StorageError
        When a file can't be read or written; nothing is left behind then.
    """
    if not ZOO_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a trained network: it is architecture.tag, of a-z, 0-9 and '-'",
            hint="a good name is mnist-mlp.relu",
        )
    targets = {suffix: folder / f"{name}.{suffix}" for suffix in ("safetensors", "json")}
    for target in targets.values():
        if os.path.lexists(target) and not overwrite:
            raise UsageError(f"{target} exists already", hint=_OVERWRITE)
    record = read_record(run)
    if record.status != "finished":
        raise UsageError(f"{run} is not finished: its status is {record.status!r}")
    recipe, loader = built_from_record(registry, record)
    data = load_checked(loader, cache)
    if data.sha256() != record.data.sha256:
        raise UsageError(f"{run}: the data are not those that it was trained on")
    if not (record.data.problem.has_classes and record.data.problem.positions == 1):
        raise UsageError(f"{run} is of the task {recipe.task}; a card is for networks that tell classes apart")
    path = RunDirectory(run).model_file
    file = read_model(path)
    contents = path.read_bytes()
    dnn = DeepNeuralNetwork.load(file, registry=registry)
    predictor = dnn.predictor
    with blas_threads(recipe.threads):  # as the run has measured it, to the bit
        found = predictor.evaluate(predictor.part(data, "test", str(loader)), recipe.metrics)
    accuracy, loss = record.figure("test_accuracy"), record.figure("test_loss")
    if found.confusion is None or accuracy is None or loss is None:
        raise UsageError(f"{run} has no test accuracy", hint="train with the metric accuracy; a card shows it")
    if (accuracy, loss) != (found.figures["accuracy"], found.loss):
        raise UsageError(f"{run} had a test accuracy of {accuracy}, and its model has {found.figures['accuracy']}")
    card = Card(
        name=name,
        summary=summary,
        data={"name": loader.name, "license": loader.license, "sha256": data.sha256(), "samples": record.data.samples},
        recipe=recipe_command(record.components, record.settings, record.lists, record.start),
        seed=recipe.seed,
        parameters=len(dnn.network.parameters),
        test_accuracy=accuracy,
        test_loss=loss,
        confusion=found.confusion.tolist(),
        class_names=[dnn.problem.name(place) for place in range(dnn.problem.width)],
        intended_use=use,
        limits=limits,
        weights_sha256=weights_sha256(dnn.network),
        file_sha256=hashlib.sha256(contents).hexdigest(),
        environment=replace(record.environment, implementation="", system=""),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"can't make {folder}: {error.strerror or error}") from error
    written = {targets["safetensors"]: contents, targets["json"]: card.to_json().encode()}
    write_all(written, replace=overwrite)
    return card
