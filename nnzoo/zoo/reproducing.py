"""`train_again`: repeat the training of a network of the zoo."""

from __future__ import annotations

import shlex
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from nnzoo.datafiles.address import fetch, is_address, parse_address
from nnzoo.errors import UnknownComponentError, UsageError
from nnzoo.kinds import DataCache, DatasetLoader, load_checked
from nnzoo.model.model_file import ModelDescription, read_model
from nnzoo.model.starting import Start, read_start
from nnzoo.model.stored import StoredStart
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import ZooEntry, find_zoo_entry
from nnzoo.runs.conditions import differing_conditions
from nnzoo.runs.record import RunRecord, StoredNetwork, built_from_record, read_record
from nnzoo.runs.run import RunListener, run_training
from nnzoo.zoo.contents import Card
from nnzoo.zoo.search import card_of


def _start(registry: Registry, stored: StoredStart | None) -> Start | None:
    """The network of the zoo or the web that fine-tuning started from.

    Raises
    ------
    UsageError
        When it is gone or has changed.
    DownloadError
        When it is not available.
    """
    if stored is None:
        return None
    if is_address(stored.source):
        return read_start(registry, fetch(parse_address(stored.source)), stored.source, new_head=stored.new_head)
    try:
        entry = find_zoo_entry(registry, stored.source)
    except UnknownComponentError:
        raise UsageError(
            f"its training started from {stored.source}, which is not in the zoo", hint="only its own run can repeat it"
        ) from None
    with as_file(entry.model.model_file) as path:
        start = read_start(registry, path, stored.source, new_head=stored.new_head)
    if start.sha256 != stored.sha256:
        raise UsageError(f"its training started from {stored.source}, which has changed since")
    return start


def train_again(
    registry: Registry,
    entry: ZooEntry,
    cache: DataCache,
    *,
    loader: DatasetLoader | None = None,
    run_dir: Path | None = None,
    listener: RunListener | None = None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Train a network of the zoo again; return the results, and by name the changed conditions: then and now.

    ``loader`` replaces the one that the network's file names.

    Raises
    ------
    UnknownComponentError, HyperparameterError, UsageError, FileFormatError, DownloadError, StorageError
    """
    with as_file(entry.model.model_file) as path:
        description = read_model(path).description
    then = recorded(description, card_of(entry))
    recipe, recorded_loader = built_from_record(registry, then)
    loader = recorded_loader if loader is None else loader
    results = run_training(
        registry,
        recipe,
        loader,
        load_checked(loader, cache),
        start=_start(registry, description.start),
        run_dir=run_dir,
        command=then.command,
        listener=listener,
    )
    changed = differing_conditions([then, read_record(Path(results["run_dir"]))])
    # A card does not have all that a record has.
    return results, {name: values for name, values in changed.items() if values[0] != "-"}


def recorded(description: ModelDescription, card: Card) -> RunRecord:
    """The record of a network's training, as far as its model file and its card have it."""
    results = {**description.results, **({"train_seconds": card.train_seconds} if card.train_seconds else {})}
    return RunRecord(
        status="finished",
        command=tuple(shlex.split(card.command)),
        started="",
        components=description.components,
        settings=description.settings,
        data=replace(description.data, sha256=card.data.sha256),
        network=StoredNetwork((), card.parameters),
        environment=card.environment,
        metrics=description.metrics,
        transforms=description.transforms,
        observers=description.observers,
        start=description.start,
        results=results,
    )
