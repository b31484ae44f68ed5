"""The menus of the page: all installed components, with ranges and descriptions."""

from __future__ import annotations

from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from nnzoo.api import DatasetLoader, NnzooError, Registry, UsageError

from nnzoo_playground.settings import require_no_files

KINDS = ("activation", "optimizer", "schedule", "loss", "model", "dataset")
_HIDDEN = {"dataset": ("drawn",), "model": ("stack",)}


def make_menus(registry: Registry) -> dict[str, Any]:
    """Every menu, and the plugins that failed with the reason.

    Returns
    -------
    dict
        By kind a list of components, each with ``name``, ``summary``, ``text`` and ``hyperparameters``; ``failed``, a
        list of plugins with ``name`` and ``reason``; ``zoo``, the names of trained networks.
    """
    menus: dict[str, Any] = {kind: _menu(registry, kind) for kind in KINDS}
    plugins = registry.plugins()
    menus["failed"] = [{"name": str(p.source), "reason": p.reason} for p in plugins if p.status in ("failed", "clash")]
    menus["layers"] = registry.names("layer")
    menus["zoo"] = sorted({model.name for plugin in plugins for model in plugin.zoo})
    return menus


def _menu(registry: Registry, kind: str) -> list[dict[str, Any]]:
    found = []
    for name in registry.names(kind):
        try:
            described = registry.describe(kind, name).to_dict()
            component: Any = registry.get(kind, name).component
        except NnzooError:  # two plugins have the name; their full names remain
            continue
        if name in _HIDDEN.get(kind, ()) or not _without_files(component):
            continue
        ranges = _ranges(component)
        hyperparameters = [{**one, **ranges.get(one["name"], {})} for one in described["hyperparameters"]]
        found.append(
            {
                "name": name,
                "summary": described["summary"],
                "text": described["text"],
                "plugin": described["plugin"],
                "hyperparameters": hyperparameters,
            }
        )
    return found


def _without_files(component: type[Any]) -> bool:
    if issubclass(component, DatasetLoader) and (component.suffixes or component.takes_folders):
        return False
    try:
        require_no_files(component())
    except UsageError:
        return False
    except Exception:  # a hyperparameter is required, or the plugin has a bug, which shows when it is chosen
        return not any(h.name == "path" for h in component.hyperparameters())
    return True


def _ranges(component: type[Any]) -> dict[str, dict[str, float]]:
    """The declared bounds of each numeric hyperparameter."""
    names = {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"}
    found: dict[str, dict[str, float]] = {}
    for name, (_, constraints) in component.declarations().items():
        bounds = {names[type(c)]: getattr(c, names[type(c)]) for c in constraints if type(c) in names}
        if bounds:
            found[name] = bounds
    return found
