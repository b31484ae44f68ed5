"""Hold trained networks against their cards: measure them again, and train the small ones again."""

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


@dataclass(frozen=True)
class Verification:
    """What came of one network.

    Attributes
    ----------
    name, plugin : str
        The network, and the distribution that brings it.
    status : {"verified", "differs", "no data"}
        ``no data`` where it could not be measured, for want of data or of a plugin; the network may be fine.
    faults : tuple of str
        What differs from the card, or why there are no data.
    figures : tuple of Held
        Measured now.
    identical : bool or None
        Whether training it again gave the same weights; None where it was not trained again.
    conditions : tuple of str
        Where it did not, what is not as it was: the processor's kernels, versions.
    """

    name: str
    plugin: str
    status: Status
    faults: tuple[str, ...] = ()
    figures: tuple[Held, ...] = ()
    identical: bool | None = None
    conditions: tuple[str, ...] = ()


@dataclass
class _Found:
    """What is known so far."""

    faults: list[str] = field(default_factory=list)
    figures: list[Held] = field(default_factory=list)
    identical: bool | None = None
    conditions: list[str] = field(default_factory=list)


def entries_of(registry: Registry, names: Sequence[str]) -> list[ZooEntry]:
    """The networks of these names or wildcard patterns; all where there are none.

    Raises
    ------
    UnknownComponentError
        When a name or a pattern fits none.
    """
    found: list[ZooEntry] = []
    for name in names or ["*"]:
        if any(sign in name for sign in "*?["):
            fitting = zoo_entries(registry, name)
            if names and not fitting:
                raise UnknownComponentError(f"no trained network fits {name!r}", hint="nnzoo zoo list shows them")
            found += fitting
        else:
            found.append(find_zoo_entry(registry, name))
    return list({entry.full_name: entry for entry in found}.values())


def verify(
    registry: Registry,
    entry: ZooEntry,
    cache: DataCache,
    *,
    retrain_under: float = 0.0,
    loader: DatasetLoader | None = None,
) -> Verification:
    """Measure a network on its data, and hold it against its card.

    Its figures must be within the card's 95 % intervals: rounding is not the same on every processor. Where it is
    trained again the weights must be the same to the bit, unless versions, the kernels of matrix products or the
    machine are others: then the figure in its headline must be close.

    Parameters
    ----------
    registry, cache : Registry, DataCache
        Where its components and its data are looked up.
    entry : ZooEntry
        The network.
    retrain_under : float
        It is trained again if that took less than so many seconds.
    loader : DatasetLoader, optional
        Where its data are, if not where its file says.
    """
    found = _Found()
    status: Status = "verified"
    try:
        card = card_of(entry)
        with as_file(entry.model.model_file) as path:
            file = read_model(path)
            contents = path.read_bytes()
        dnn = DeepNeuralNetwork.load(file, registry=registry)
        _compare_file(card, file, contents, dnn, found)
        contradicts = bool(found.faults)
        data = _data(registry, file, card, cache, found, loader)
        if data is None:
            if not contradicts:
                reason = found.faults.pop()
                found.faults.append(f"file and weights have the hashes of its card, but it was not measured: {reason}")
            status = "differs" if contradicts else "no data"
        else:
            _measure(registry, card, file, dnn, data, found)
            if card.train_seconds is not None and card.train_seconds < retrain_under:
                _train(registry, entry, card, cache, found, loader)
    except StoppedError:
        raise
    except PluginError as error:  # what it needs is not installed, which says nothing about the network
        found.faults.append(f"{error.message}: {error.hint}" if error.hint else error.message)
        status = "no data"
    except NnzooError as error:
        found.faults.append(error.message)
        status = "differs"
    except OSError as error:
        raise StorageError(f"can't read {entry.full_name}: {error.strerror or error}") from error
    if status == "verified" and found.faults:
        status = "differs"
    source = entry.source.distribution
    return Verification(
        entry.model.name,
        source,
        status,
        tuple(found.faults),
        tuple(found.figures),
        found.identical,
        tuple(found.conditions),
    )


def _compare_file(card: Card, file: ModelFile, contents: bytes, dnn: DeepNeuralNetwork, found: _Found) -> None:
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
    found: _Found,
    loader: DatasetLoader | None,
) -> tuple[DatasetLoader, Dataset] | None:
    """Its data; None where they are not at hand, with the reason."""
    stored = file.description.components.get("dataset")
    if stored is None and loader is None:
        found.faults.append("its file does not say what it was trained on")
        return None
    try:
        if loader is None:
            assert stored is not None
            loader = build_stored(registry, "dataset", stored, card.name)
        data = load_checked(loader, cache)
    except NnzooError as error:
        own = stored is not None and "path" in stored.options  # a place on the author's disk
        found.faults.append(
            f"{error.message}; in a command, --dataset PATH says where they are" if own else error.message
        )
        return None
    if data.sha256() != card.data.sha256:
        found.faults.append(f"what is found as {loader} are other data: their SHA-256 is {data.sha256()}")
        return None
    return loader, data


def _measure(
    registry: Registry,
    card: Card,
    file: ModelFile,
    dnn: DeepNeuralNetwork,
    data: tuple[DatasetLoader, Dataset],
    found: _Found,
) -> None:
    stored = file.description.metrics  # what else its training took need not be here
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
    registry: Registry, entry: ZooEntry, card: Card, cache: DataCache, found: _Found, loader: DatasetLoader | None
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
