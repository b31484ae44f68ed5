"""The files of a new package of trained networks, each from a finished run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from nnzoo.errors import UsageError
from nnzoo.kinds import DataCache
from nnzoo.kinds.zoo_model import ZOO_NAME
from nnzoo.plugins.discovery import BUILTIN, running_version
from nnzoo.plugins.registry import Registry
from nnzoo.plugins.zoo_index import zoo_entries
from nnzoo.runs.record import read_record
from nnzoo.scaffold.choice import require_new_distribution
from nnzoo.scaffold.names import Names, check_spelling, derive_names
from nnzoo.scaffold.sources import INIT, filled, requirement
from nnzoo.zoo.card import card_text
from nnzoo.zoo.contents import Card
from nnzoo.zoo.making import Words, card_of_run

FOLDER = "trained"


@dataclass(frozen=True)
class ZooPackage:
    """The cards and files of a new package.

    Attributes
    ----------
    files : dict of str to str or bytes
        Contents by path in the package's folder.
    own_data : str
        The file or folder that the first network was trained on; empty for a named data set.
    """

    names: Names
    cards: list[Card]
    files: dict[str, str | bytes]
    own_data: str = ""


def zoo_package(
    registry: Registry, name: str, runs: Sequence[str], cache: DataCache, said: Mapping[str, str]
) -> ZooPackage:
    """A package ``nnzoo-<name>`` that brings the networks of finished runs, measured now.

    Parameters
    ----------
    registry, cache : Registry, DataCache
        Where their components and their data are looked up.
    name : str
        Spelt like the name of a component.
    runs : sequence of str
        Directories of runs; ``architecture.tag=DIRECTORY`` gives the network another name than ``data-model.name``.
    said : mapping of str to str
        Fields of `Words` for the cards, which say which of them are missing.

    Raises
    ------
    UsageError
        When a name is not valid or taken; a run is not finished; or its network needs a plugin that is not a package.
    FileFormatError, StorageError, DownloadError, PluginError
        When a run or its data can't be read.
    """
    check_spelling("zoo", name)
    names = derive_names("zoo", name)
    require_new_distribution(names)
    if not runs:
        raise UsageError("a package of networks is made from runs", hint=f"nnzoo new zoo {name} --from RUN")
    known = {entry.model.name: entry for entry in zoo_entries(registry)}
    cards: dict[str, Card] = {}
    files: dict[str, str | bytes] = {}
    needed: dict[str, str] = {}
    own_data: list[str] = []
    for given in runs:
        called, run = _parted(given)
        record = read_record(run)
        own_data.append(str(record.component("dataset").options.get("path") or ""))
        data, model = Path(record.data_name).stem, record.component("model").short_name
        called = called or f"{_slug(data)}-{_slug(model)}.{name}"
        if called in cards or called in known:
            owner = f"comes with {known[called].source}" if called in known else "is that of another of these runs"
            raise UsageError(f"the name {called} {owner}", hint=f"choose one: --from architecture.tag={run}")
        card, contents = card_of_run(registry, run, cache, called, _words(model, data, said))
        for distribution, version in card.environment.plugins.items():
            needed |= {distribution: _required(distribution, version, run)} if distribution != BUILTIN else {}
        cards[called] = card
        files[f"{names.package}/{FOLDER}/{called}.safetensors"] = contents
        files[f"{names.package}/{FOLDER}/{called}.md"] = card_text(card)
    return ZooPackage(names, list(cards.values()), _texts(names, list(cards.values()), needed) | files, own_data[0])


def _words(model: str, data: str, said: Mapping[str, str]) -> Words:
    return Words(
        said.get("summary", f"A network of the kind {model}, trained on {data}."),
        said.get("use", "Its author has not yet said what it is good for."),
        said.get("limits", "Its author has not yet said what it is not good for."),
        said.get("license", "unknown"),
        data_license=said.get("data_license", ""),
    )


def _texts(names: Names, cards: list[Card], needed: dict[str, str]) -> dict[str, str | bytes]:
    requirements = [requirement(running_version()), *(needed[each] for each in sorted(needed))]
    values = {
        "distribution": names.distribution,
        "package": names.package,
        "name": names.name,
        "first": cards[0].name,
        "requirements": ", ".join(f'"{each}"' for each in requirements),
        "listed": "\n".join(f'    "{card.name}",' for card in cards),
        "licenses": ", ".join(sorted({card.license for card in cards})),
        "needs": ", ".join(sorted(needed)) or "none but nnzoo",
        "rows": "\n".join(_row(card) for card in cards),
    }
    return {
        "pyproject.toml": filled("zoo/pyproject.toml", values),
        "README.md": filled("zoo/README.md", values),
        ".gitignore": filled("package/gitignore", values),
        f"{names.package}/{INIT}": filled(f"zoo/{INIT}", values),
        f"{names.package}/py.typed": "",
        "tests/test_networks.py": filled("zoo/test_networks.py", values),
    }


def _row(card: Card) -> str:
    best = card.headline
    figure = f"{best.title} {best.measure.show(best.value)} ({best.interval})" if best else "–"
    cells = (f"`{card.name}`", card.task, card.data.name, f"{card.parameters:,}", figure, card.data.license)
    return f"| {' | '.join(cell.replace('|', ' ') for cell in cells)} |"


def _parted(given: str) -> tuple[str, Path]:
    """The network's name, if given, and the run's directory."""
    called, sign, run = given.partition("=")
    if sign and ZOO_NAME.fullmatch(called):
        return called, Path(run)
    return "", Path(given)


def _slug(text: str) -> str:
    """The text as a-z, 0-9 and dashes.

    >>> _slug("My Flowers (2)"), _slug("_")
    ('my-flowers-2', 'x')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def _required(distribution: str, version: str, run: Path) -> str:
    """The requirement for pip that a network needs to be built."""
    try:
        return f"{distribution}>={Version(version).public}"
    except InvalidVersion:
        raise UsageError(
            f"{run} needs {distribution}, which is not a package", hint="make it a package first: nnzoo new KIND NAME"
        ) from None
