"""Verify trained networks against their cards: measure them again, and train the small ones again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

from nnzoo.errors import NnzooError, PluginError, StoppedError, StorageError, UnknownComponentError
from nnzoo.kinds import DataCache, Dataset, DatasetLoader, load_checked
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import ModelFile, read_model, weights_sha256
from nnzoo.model.stored import build_stored
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import ZooEntry, find_zoo_entry, zoo_entries
from nnzoo.runs.conditions import HARMLESS, change_text
from nnzoo.runs.record import usual_metrics
from nnzoo.zoo.contents import Card, CardFigure
from nnzoo.zoo.reproducing import train_again
from nnzoo.zoo.search import card_of

Status: TypeAlias = Literal["verified", "differs", "no data"]


@dataclass(frozen=True)
class Held:
    """A figure of a card, and its value now; None if it could not be measured."""

    figure: CardFigure
    now: float | None

    @property
    def holds(self) -> bool:
        """Whether it is within the card's interval."""
        return self.figure.holds(self.now)


@dataclass
class Verification:
    """A network compared with its card.

    Attributes
    ----------
    name, plugin : str
        The network, and the distribution that brings it.
    status : {"verified", "differs", "no data"}
        ``no data`` if it could not be measured, because data or a plugin are missing; the network may be fine.
    faults : list of str
        The differences from the card, or why there are no data.
    figures : list of Held
        Measured now.
    identical : bool or None
        Whether training it again gave the same weights; None if it was not trained again.
    conditions : list of str
        If it did not, the conditions that have changed: the processor's kernels, versions.
    """

    name: str
    plugin: str
    status: Status = "verified"
    faults: list[str] = field(default_factory=list)
    figures: list[Held] = field(default_factory=list)
    identical: bool | None = None
    conditions: list[str] = field(default_factory=list)


def entries_of(registry: Registry, names: Sequence[str]) -> list[ZooEntry]:
    """The networks that match names or wildcard patterns, each once; all networks if there are no names.

    Raises
    ------
    UnknownComponentError
        When a name or a pattern matches none.
    """
    entries: list[ZooEntry] = []
    for name in names or ["*"]:
        if any(sign in name for sign in "*?["):
            matching = zoo_entries(registry, name)
            if names and not matching:
                raise UnknownComponentError(f"no trained network matches {name!r}", hint="nnzoo zoo list shows them")
            entries += matching
        else:
            entries.append(find_zoo_entry(registry, name))
    return list({entry.full_name: entry for entry in entries}.values())


def verify(
    registry: Registry,
    entry: ZooEntry,
    cache: DataCache,
    *,
    retrain_under: float = 0.0,
    loader: DatasetLoader | None = None,
) -> Verification:
    """Measure a network on its data, and compare it with its card.

    Its figures must be within the card's 95 % intervals, as rounding differs between processors. If it is trained
    again, the weights must be the same to the bit; but if versions, the kernels of matrix products or the machine have
    changed, only the headline figure must be close.

    Parameters
    ----------
    registry, cache : Registry, DataCache
        Where its components and its data are looked up.
    entry : ZooEntry
        The network.
    retrain_under : float
        It is trained again if that took less than this number of seconds.
    loader : DatasetLoader, optional
        A loader in place of the one that its file names.
    """
    found = Verification(entry.model.name, entry.source.distribution)
    try:
        card = card_of(entry)
        with as_file(entry.model.model_file) as path:
            file, contents = read_model(path), path.read_bytes()
        dnn = DeepNeuralNetwork.load(file, registry=registry)
        _compare_file(card, file, contents, dnn, found)
        contradicts = bool(found.faults)
        data = _data(registry, file, card, cache, found, loader)
        if data is not None:
            _measure(registry, card, file, dnn, data, found)
            if card.train_seconds is not None and card.train_seconds < retrain_under:
                _train(registry, entry, card, cache, found, loader)
        elif not contradicts:
            found.status = "no data"
            reason = found.faults.pop()
            found.faults.append(f"file and weights have the hashes of its card, but it was not measured: {reason}")
    except StoppedError:
        raise
    except PluginError as error:  # a plugin that is not installed says nothing about the network
        found.faults.append(f"{error.message}: {error.hint}" if error.hint else error.message)
        found.status = "no data"
    except NnzooError as error:
        found.faults.append(error.message)
    except OSError as error:
        raise StorageError(f"can't read {entry.full_name}: {error.strerror or error}") from error
    if found.faults and found.status == "verified":
        found.status = "differs"
    return found


def _compare_file(card: Card, file: ModelFile, contents: bytes, dnn: DeepNeuralNetwork, found: Verification) -> None:
    for what, on_card, now in (
        ("file SHA-256", card.file_sha256, hashlib.sha256(contents).hexdigest()),
        ("weights SHA-256", card.weights_sha256, weights_sha256(dnn.network)),
        ("number of parameters", card.parameters, len(dnn.network.parameters)),
        ("data SHA-256", card.data.sha256, file.description.data.sha256),
    ):
        if on_card != now:
            found.faults.append(f"the {what} is {now}, on the card {on_card}")


def _data(
    registry: Registry,
    file: ModelFile,
    card: Card,
    cache: DataCache,
    found: Verification,
    loader: DatasetLoader | None,
) -> tuple[DatasetLoader, Dataset] | None:
    """The network's data; None if they are not available, with the reason added to the faults."""
    stored = file.description.components.get("dataset")
    if stored is None and loader is None:
        found.faults.append("its file does not say what it was trained on")
        return None
    try:
        if loader is None and stored is not None:
            loader = build_stored(registry, "dataset", stored, card.name)
        assert loader is not None
        data = load_checked(loader, cache)
    except NnzooError as error:
        is_own = stored is not None and "path" in stored.options  # a path on the author's disk
        cure = "; in a command, --dataset PATH says where they are" if is_own else ""
        found.faults.append(f"{error.message}{cure}")
        return None
    if data.sha256() != card.data.sha256:
        found.faults.append(f"{loader} has other data: their SHA-256 is {data.sha256()}")
        return None
    return loader, data


def _measure(
    registry: Registry,
    card: Card,
    file: ModelFile,
    dnn: DeepNeuralNetwork,
    data: tuple[DatasetLoader, Dataset],
    found: Verification,
) -> None:
    stored = file.description.metrics  # other components of its training need not be installed
    metrics = tuple(build_stored(registry, "metric", each, card.name) for each in stored)
    loader, dataset = data
    with dnn.network.on_threads(file.description.settings.get("threads") or 1):
        split = dnn.predictor.part(dataset, "test", str(loader))
        figures = dnn.predictor.evaluate(split, metrics or usual_metrics(registry, dnn.predictor.task)).figures
    for figure in card.figures:
        held = Held(figure, figures.get(figure.name))
        found.figures.append(held)
        if not held.holds:
            now, expected = figure.measure.show(held.now), figure.measure.show(figure.value)
            found.faults.append(f"its {figure.title} is {now}, on the card {expected} ({figure.interval})")


def _train(
    registry: Registry, entry: ZooEntry, card: Card, cache: DataCache, found: Verification, loader: DatasetLoader | None
) -> None:
    with TemporaryDirectory(prefix="nnzoo-verify-") as folder:
        results, changed = train_again(registry, entry, cache, loader=loader, run_dir=Path(folder) / "run")
    found.identical = results["weights_sha256"] == card.weights_sha256
    if found.identical:
        return
    found.conditions += [change_text(name, *values) for name, values in changed.items()]
    if not changed.keys() - set(HARMLESS):
        found.faults.append("training it again gives other weights, though versions and kernels are the same")
        return
    figure = card.headline
    now = results.get(f"test_{figure.name}") if figure else None
    if figure and not figure.is_near(now):
        expected = f"{figure.measure.show(figure.value)} ({figure.interval})"
        found.faults.append(f"trained again its {figure.title} is {figure.measure.show(now)}, on the card {expected}")
