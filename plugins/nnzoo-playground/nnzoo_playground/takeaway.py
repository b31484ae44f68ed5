"""Downloads from the page (a model file, a script, a run), and trained networks to open."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from nnzoo.api import (
    Start,
    UsageError,
    export_model,
    find_component,
    find_dataset,
    find_model_file,
    find_zoo_entry,
    read_start,
    run_training,
)

from nnzoo_playground.lab import Lab

Taken = tuple[dict[str, Any], Any]


def take(lab: Lab, what: str) -> Taken:
    """A download by name: ``model``, ``script``, ``run``.

    Raises
    ------
    UsageError
        When the name is unknown, or this network does not support it.
    """
    makers = {"model": _model, "script": _script, "run": _run}
    if what not in makers:
        raise UsageError(f"there is no download {what!r}")
    return makers[what](lab)


def _model(lab: Lab) -> Taken:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        lab.as_trained().save(path, dataset=lab.choices.loader)
        return _file("model.safetensors", path.read_bytes())


def _script(lab: Lab) -> Taken:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        lab.as_trained().save(path, dataset=lab.choices.loader)
        written = export_model(lab.registry, path, lab.registry.build("exporter", "numpy"))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in written:
                archive.write(file, file.name)
        return _file("numpy-script.zip", packed.getvalue())


def _run(lab: Lab) -> Taken:
    """Repeat the training as a run with record, figures and model, up to the last completed epoch."""
    if not lab.trainer.state.epoch:
        raise UsageError("no epoch is completed yet", hint="press play first")
    done, vector = lab.trainer.state.epoch, lab.network.parameters.vector.copy()
    at_end_of_epoch = lab.trainer.state.batch == 0
    results = run_training(
        lab.registry,
        lab.halted_recipe(),
        lab.choices.loader,
        lab.dataset,
        prepared=lab.data,
        start=lab.start,
        command=lab.choices.command(),
        checkpoint_every=float(done),
    )
    from nnzoo import load_model

    again = load_model(results["run_dir"], registry=lab.registry).network.parameters.vector
    same = bool(np.array_equal(again, vector)) if at_end_of_epoch else None
    return {"run": results["run_dir"], "epochs": done, "same": same}, None


def open_model(lab: Lab, path: str, dataset: str | None = None) -> None:
    """Start with a trained network (a model file, a run, or a name in the zoo), on its data or on others.

    Raises
    ------
    NnzooError
    """
    if Path(path).exists():
        _open(lab, read_start(lab.registry, find_model_file(Path(path)), path), dataset)
    else:
        open_zoo(lab, path, dataset)


def open_zoo(lab: Lab, name: str, dataset: str | None = None) -> None:
    """Start with a network of the zoo.

    Raises
    ------
    UnknownComponentError
        When the zoo has no network of this name.
    """
    from importlib.resources import as_file

    entry = find_zoo_entry(lab.registry, name)
    with as_file(entry.model.model_file) as path:
        start = read_start(lab.registry, path, entry.full_name)
    _open(lab, start, dataset)


def _open(lab: Lab, start: Start, dataset: str | None) -> None:
    """Start with the data, the optimizer and the rates of a network's training."""
    assert start.file is not None
    stored = start.file.description
    settings = stored.settings
    if dataset is not None:
        loader = find_dataset(lab.registry, dataset)
    elif "dataset" in stored.components:
        loader = find_component(start.file, "dataset", lab.registry)
    else:
        raise UsageError(f"{start.source} does not name its training data", hint="name the data with --dataset")
    lab.own_loaders[str(loader)] = loader
    kinds = {kind: str(find_component(start.file, kind, lab.registry)) for kind in ("optimizer", "schedule", "loss")}
    lab.open(
        start,
        lab.settings.model_copy(
            update={
                **kinds,
                "schedule": "constant",
                "dataset": str(loader),
                "model": str(start.parts.model),
                "activation": str(start.parts.activation),
                "learning_rate": settings.get("learning_rate"),
                "weight_decay": settings.get("weight_decay"),
                "batch_size": settings.get("batch_size", 128),
                "epochs": 1000,
                "seed": settings.get("seed", 0),
            }
        ),
    )


def _file(name: str, contents: bytes) -> Taken:
    return {"file": name}, {"contents": np.frombuffer(contents, np.uint8)}
