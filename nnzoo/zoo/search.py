"""Search the zoo for trained networks by name, task, data, size and figures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from nnzoo.errors import FileFormatError, NnzooError, UsageError, did_you_mean
from nnzoo.plugins.catalogue import way_to_install
from nnzoo.plugins.known_networks import KNOWN_NETWORKS
from nnzoo.plugins.registry import Registry, default_registry
from nnzoo.plugins.zoo_index import ZooEntry, fits, networks_elsewhere, zoo_entries
from nnzoo.zoo.card import read_card
from nnzoo.zoo.contents import Card

_CONDITION = re.compile(r"\s*([A-Za-z0-9_ -]*[A-Za-z0-9_])\s*(<=|>=|<|>)\s*([0-9.eE+-]+)\s*(%?)\s*")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SORTS: dict[str, Callable[[Card], float | str | None]] = {
    "name": lambda card: card.name,
    "task": lambda card: card.task,
    "dataset": lambda card: card.data.name,
    "parameters": lambda card: card.parameters,
    "size": lambda card: card.size,
    "milliseconds": lambda card: card.milliseconds,
}


@dataclass(frozen=True)
class Listed:
    """A search result: a trained network with its card, or the ``problem`` why the card can't be read."""

    entry: ZooEntry
    card: Card | None
    problem: str = ""

    @property
    def name(self) -> str:
        """``architecture.tag``."""
        return self.entry.model.name

    def __str__(self) -> str:
        return self.name


def list_models(
    pattern: str = "*",
    *,
    task: str | None = None,
    dataset: str | None = None,
    max_parameters: int | None = None,
    metric: str | Sequence[str] = (),
    sort: str | None = None,
    registry: Registry | None = None,
) -> list[Listed]:
    """The trained networks that nnzoo and its plugins bring.

    >>> [str(found) for found in list_models("its-mlp.relu", metric="accuracy>0.9")]
    ['digits-mlp.relu']

    Parameters
    ----------
    pattern : str
        Text that occurs in the name, the summary, the tags or the name of the data set, in upper or lower case:
        ``"lenet"``, ``"clothes"``; or a whole name with wildcards: ``"mnist-*"``.
    task, dataset : str, optional
        Only networks for this task, or trained on the data set of this name.
    max_parameters : int, optional
        The most parameters.
    metric : str or sequence of str
        Conditions on figures of the test samples: ``"accuracy>0.99"``, ``"accuracy>=99%"``, ``"rmse<3"``.
    sort : str, optional
        ``name``, ``task``, ``dataset``, ``parameters``, ``size``, ``milliseconds``, or a figure, the best first;
        default as plugins list them, the built-in ones first.
    registry : Registry, optional
        Whose plugins are searched; default `nnzoo.registry`.

    Returns
    -------
    list of Listed
        Without conditions, also networks whose card can't be read.

    Raises
    ------
    UsageError
        When a condition can't be read, or no card has the task, data set or figure; the hint names packages that are
        not installed and bring networks for the data set.
    """
    registry = registry or default_registry()
    everything = [listed(entry) for entry in zoo_entries(registry)]
    matching = [each for each in everything if fits(pattern, each.name, *_texts(each.card))]
    known = [each.card for each in everything if each.card]
    conditions = [condition(text) for text in ([metric] if isinstance(metric, str) else metric)]
    figures = {_key(figure.name): figure.name for card in known for figure in card.figures}
    conditions = [replace(each, figure=figures.get(each.figure, each.figure)) for each in conditions]
    tests: list[Callable[[Card], bool]] = []
    if task is not None:
        _require_known("task", task, {card.task for card in known})
        tests.append(lambda card: card.task == task)
    if dataset is not None:
        _require_data(registry, dataset, {card.data.name for card in known})
        tests.append(lambda card: card.data.name == dataset)
    if max_parameters is not None:
        tests.append(lambda card: card.parameters <= max_parameters)
    for each in conditions:
        _require_known("figure", each.figure, set(figures.values()))
        tests.append(each.holds)
    if tests:
        matching = [each for each in matching if each.card and all(test(each.card) for test in tests)]
    if sort is None:
        return matching
    key = figures.get(_key(sort), _key(sort))
    if key not in _SORTS:
        _require_known("figure or column", key, {*figures.values(), *_SORTS})
    return _sorted(matching, key)


def listed(entry: ZooEntry) -> Listed:
    """A network with its card, or with the reason why the card can't be read."""
    try:
        return Listed(entry, card_of(entry))
    except NnzooError as error:
        return Listed(entry, None, error.message)


def card_of(entry: ZooEntry) -> Card:
    """Read the card of a network.

    Raises
    ------
    FileFormatError, StorageError
        When it can't be read, or belongs to another network.
    """
    card = read_card(entry.model.card_file)
    if card.name != entry.model.name:
        raise FileFormatError(f"{entry.model.card_file.name} is the card of {card.name}, not of {entry.model.name}")
    return card


@dataclass(frozen=True)
class Condition:
    """A comparison of a figure with a limit.

    >>> Condition("accuracy", ">=", 0.99).text
    'accuracy>=0.99'
    """

    figure: str
    comparison: str
    limit: float

    @property
    def text(self) -> str:
        """The condition as users write it."""
        return f"{self.figure}{self.comparison}{self.limit:g}"

    def holds(self, card: Card) -> bool:
        """Whether a card has the figure and fulfils the condition."""
        value = card.value(self.figure)
        return value is not None and _OPERATORS[self.comparison](value, self.limit)


def condition(text: str) -> Condition:
    """Parse a condition.

    >>> condition("top-3 >= 99.5%")
    Condition(figure='top_3', comparison='>=', limit=0.995)

    Raises
    ------
    UsageError
    """
    parts = _CONDITION.fullmatch(text)
    try:
        if parts is None:
            raise ValueError
        figure, comparison, number, percent = parts.groups()
        return Condition(_key(figure), comparison, float(Decimal(number) / (100 if percent else 1)))
    except (ValueError, ArithmeticError):
        raise UsageError(
            f"{text!r} is not a condition", hint="write a figure, <, <=, > or >=, and a number: 'accuracy>0.99'"
        ) from None


def _key(figure: str) -> str:
    """The key of a figure, whose name may have spaces or dashes: ``bits_per_character`` for ``bits per character``."""
    return re.sub("[ -]", "_", figure.strip().lower())


def _texts(card: Card | None) -> tuple[str, ...]:
    """The texts that a search looks into, besides the name."""
    return (card.summary, card.data.name, *card.tags) if card else ()


def _require_data(registry: Registry, name: str, known: set[str]) -> None:
    if name in known:
        return
    elsewhere = networks_elsewhere(registry, data=name)
    if elsewhere:
        ways = (f"{package} brings {', '.join(its)}: {way_to_install(package)}" for package, its in elsewhere.items())
        raise UsageError(f"no installed network was trained on the data set {name!r}", hint="; ".join(ways))
    others = (data for networks in KNOWN_NETWORKS.values() for data, _ in networks.values())
    near = did_you_mean(name, sorted({*known, *others}))
    raise UsageError(
        f"no network of the zoo has the data set {name!r}", hint=f"{near}known are {', '.join(sorted(known))}"
    )


def _require_known(what: str, name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if name not in names:
        near = did_you_mean(name, names)
        raise UsageError(f"no network of the zoo has the {what} {name!r}", hint=f"{near}known are {', '.join(names)}")


def _sorted(found: list[Listed], key: str) -> list[Listed]:
    """Sort by a column, or by a figure with the best first; networks without it come last."""
    values: dict[int, Any] = {}
    highest_first = False
    for place, each in enumerate(found):
        if each.card and key in _SORTS:
            values[place] = _SORTS[key](each.card)
        elif each.card and (figure := each.card.figure(key)):
            values[place] = figure.value
            highest_first |= figure.higher_is_better
    known = [place for place in range(len(found)) if values.get(place) is not None]
    order = sorted(known, key=lambda place: values[place], reverse=highest_first)
    return [found[place] for place in dict.fromkeys([*order, *range(len(found))])]
