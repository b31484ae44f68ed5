"""Find trained networks by name, in all plugins."""

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
"""The most names that a message lists."""


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
    """The names of trained networks: ``architecture.tag``, and ``architecture`` alone."""
    entries = zoo_entries(registry)
    return list(dict.fromkeys([*(e.model.name for e in entries), *(e.model.architecture for e in entries)]))


def find_zoo_entry(registry: Registry, name: str) -> ZooEntry:
    """The trained network with this name.

    The name is ``architecture.tag``, or ``architecture`` for its default tag, both optionally with ``distribution/`` in
    front.

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
    more = f" and {len(known) - LISTED} more: `nnzoo zoo list` shows all" if len(known) > LISTED else ""
    raise UnknownComponentError(
        f"there is no trained network {name!r}",
        hint=f"{way_to_network(registry, short)}installed are {', '.join(known[:LISTED])}{more}",
    )


def way_to_network(registry: Registry, name: str) -> str:
    """A hint for a trained network that is not installed: its package, or similar names; may be empty."""
    elsewhere = networks_like(name)
    if elsewhere:
        network, package = next(iter(elsewhere.items()))
        return f"{package} brings {network}: {way_to_install(package)}; "
    known = [network for networks in KNOWN_NETWORKS.values() for network in networks]
    others = [short for network in known for short in (network, network.partition(".")[0])]
    return did_you_mean(name, dict.fromkeys([*zoo_names(registry), *others]))


def networks_elsewhere(registry: Registry, words: str = "", data: str | None = None) -> dict[str, list[str]]:
    """The trained networks of known packages that are not installed, by package.

    ``words`` are as for `fits`, on the name, the data set and the summary; with ``data``, only networks that were
    trained on this data set.
    """
    installed = {plugin.source.distribution for plugin in registry.plugins()}
    found: dict[str, list[str]] = {}
    for package, networks in KNOWN_NETWORKS.items():
        for name, (its_data, summary) in networks.items():
            if package not in installed and data in (None, its_data) and fits(words, name, its_data, summary):
                found.setdefault(package, []).append(name)
    return found


def fits(words: str, name: str, *texts: str) -> bool:
    """Whether a search finds a network: by a wildcard pattern of its name, or by a part of the name or of a text.

    >>> fits("CLOTHES", "fashion-mlp.relu", "Small pictures of clothes."), fits("mnist-*", "x.mnist-", "mnist-1d")
    (True, False)
    """
    if any(sign in words for sign in "*?["):
        return fnmatchcase(name, words)
    return any(words.lower() in text.lower() for text in (name, *texts))
