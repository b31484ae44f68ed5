"""Trained networks by name, whichever plugin brings them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from nnzoo.errors import UnknownComponentError, did_you_mean
from nnzoo.kinds import ZooModel
from nnzoo.plugins.catalogue import networks_like, way_to_install
from nnzoo.plugins.discovery import PluginSource, canonical
from nnzoo.plugins.known_networks import KNOWN_NETWORKS
from nnzoo.plugins.registry import Registry

LISTED = 10
"""Names that a message has: more would hide the one that was meant."""


@dataclass(frozen=True)
class ZooEntry:
    """A trained network and the plugin that brings it."""

    model: ZooModel
    source: PluginSource

    @property
    def full_name(self) -> str:
        """``distribution/architecture.tag``: unambiguous."""
        return f"{self.source.distribution}/{self.model.name}"


def zoo_entries(registry: Registry, pattern: str = "*") -> list[ZooEntry]:
    """Every trained network whose name matches a wildcard pattern; the built-in ones first."""
    return [
        ZooEntry(model, plugin.source)
        for plugin in registry.plugins()
        for model in plugin.zoo
        if fnmatchcase(model.name, pattern)
    ]


def zoo_names(registry: Registry) -> list[str]:
    """The names that trained networks go by: ``architecture.tag``, and ``architecture`` alone."""
    entries = zoo_entries(registry)
    return list(dict.fromkeys([*(e.model.name for e in entries), *(e.model.architecture for e in entries)]))


def find_zoo_entry(registry: Registry, name: str) -> ZooEntry:
    """The trained network of a name.

    Parameters
    ----------
    registry : Registry
        Whose plugins are searched.
    name : str
        ``architecture.tag``; or ``architecture`` alone, for its default tag; either with ``distribution/`` in front.

    Raises
    ------
    UnknownComponentError
        When there is none, or several plugins bring one (the message lists them).
    """
    distribution, _, short = name.rpartition("/")
    entries = zoo_entries(registry)
    named = [e for e in entries if not distribution or e.source.distribution == canonical(distribution)]
    found = [e for e in named if e.model.name == short] or [e for e in named if e.model.architecture == short]
    sources = {entry.source.distribution: entry for entry in reversed(found)}
    if len(sources) == 1:
        return found[0]
    if sources:
        raise UnknownComponentError(
            f"a trained network {name!r} is provided by {' and '.join(sorted(sources))}",
            hint=f"write {' or '.join(sorted(entry.full_name for entry in sources.values()))}",
        )
    known = [entry.model.name for entry in entries]
    raise UnknownComponentError(
        f"there is no trained network {name!r}",
        hint=way_to_network(registry, short) + f"installed are {_some_of(known)}",
    )


def _some_of(names: list[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more: `nnzoo zoo list` has them all" if more > 0 else "")


def way_to_network(registry: Registry, name: str) -> str:
    """How to come by a trained network that is not there: its package, or names that are near; empty for none."""
    elsewhere = networks_like(name)
    if elsewhere:
        network, package = next(iter(elsewhere.items()))
        return f"{package} brings {network}: {way_to_install(package)}; "
    known = [network for networks in KNOWN_NETWORKS.values() for network in networks]
    others = [short for network in known for short in (network, network.partition(".")[0])]
    return did_you_mean(name, dict.fromkeys([*zoo_names(registry), *others]))


def networks_elsewhere(registry: Registry, words: str = "", data: str | None = None) -> dict[str, list[str]]:
    """The trained networks that known packages bring which are not installed, by package.

    Parameters
    ----------
    registry : Registry
        Whose plugins are there.
    words : str
        What has to occur in the name, the data set or the summary, in letters of either case; or a wildcard pattern of
        names.
    data : str, optional
        Only those that were trained on the data set of this name.
    """
    there = {plugin.source.distribution for plugin in registry.plugins()}
    found = {
        package: [
            name
            for name, (its_data, summary) in networks.items()
            if data in (None, its_data) and fits(words, name, its_data, summary)
        ]
        for package, networks in KNOWN_NETWORKS.items()
        if package not in there
    }
    return {package: names for package, names in found.items() if names}


def fits(words: str, name: str, *texts: str) -> bool:
    """Whether a search for words finds a network: a wildcard pattern of its name, or a part of that or of a text.

    >>> fits("CLOTHES", "fashion-mlp.relu", "Small pictures of clothes."), fits("mnist-*", "x.mnist-", "mnist-1d")
    (True, False)
    """
    if any(sign in words for sign in "*?["):
        return fnmatchcase(name, words)
    return any(words.lower() in text.lower() for text in (name, *texts))
