"""The conditions of a run: all that its record says its result depends on, as text by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnzoo.plugins.discovery import BUILTIN, one_line

HARMLESS = ("python", "system")
"""Conditions that were never seen to change a bit; they are told, but going on is not refused for them."""


def conditions(record: Mapping[str, Any]) -> dict[str, str]:
    """What decided a run: components, settings, data, versions, machine.

    Parameters
    ----------
    record : mapping
        What `read_record` returned. It may come from a stranger: a part that is not as it should be is left out or told
        as it is, and what is printed of it goes through `one_line`.
    """
    components, environment = _mapping(record["components"]), _mapping(record["environment"])
    data = _mapping(record["data"])
    return {
        **{("data set" if kind == "dataset" else kind): _component(stored) for kind, stored in components.items()},
        **{name: _text(value) for name, value in _mapping(record["settings"]).items()},
        "data": _text(data.get("sha256"), "SHA-256 "),
        "nnzoo": _text(environment.get("nnzoo")),
        **{
            f"plugin {name}": _text(version)
            for name, version in _mapping(environment.get("plugins")).items()
            if name != BUILTIN
        },
        "numpy": _text(environment.get("numpy")),
        "matrix products": _blas(environment.get("blas")),
        "machine": _text(environment.get("machine")),
        "python": _text(environment.get("python")),
        "system": _text(environment.get("system")),
    }


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The conditions that are not the same, each as it was and as it is; ``-`` where there is none."""
    names = dict.fromkeys([*before, *after])
    pairs = {name: (before.get(name, "-"), after.get(name, "-")) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def told(difference: tuple[str, tuple[str, str]]) -> str:
    """A difference in words."""
    name, (before, after) = difference
    return f"{one_line(name)}: {one_line(before)} then, {one_line(after)} now"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _component(stored: Any) -> str:
    """A stored component as one writes it: ``momentum:beta=0.9``, by name, as a model file has lost the order."""
    name = str(_mapping(stored).get("name")).removeprefix(f"{BUILTIN}/")
    options = ",".join(
        f"{key}={_text(value)}" for key, value in sorted(_mapping(_mapping(stored).get("options")).items())
    )
    return f"{name}:{options}" if options else name


def _blas(libraries: Any) -> str:
    keys = ("internal_api", "version", "architecture")
    known = [library for library in libraries if isinstance(library, Mapping)] if isinstance(libraries, list) else []
    return ", ".join(" ".join(_text(library.get(key)) for key in keys) for library in known) or "-"


def _text(value: Any, prefix: str = "") -> str:
    """A value as one writes it; 3 and 3.0 are the same."""
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ",".join(_text(item) for item in value)
    if isinstance(value, Mapping):
        return _component(value)
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return f"{prefix}{int(value) if whole else value}"
