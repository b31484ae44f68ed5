"""The conditions of a run: all that its record says its result depends on, as text by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnzoo.model.stored import StoredComponent
from nnzoo.plugins.discovery import BUILTIN
from nnzoo.runs.environment import Environment
from nnzoo.runs.record import RunRecord
from nnzoo.terminal import one_line

HARMLESS = ("python", "system")
"""Conditions that were never seen to change a bit; they are named, but going on is not refused for them."""


def conditions(record: RunRecord) -> dict[str, str]:
    """What decided a run: components, settings, data, versions, machine. Not known is ``-``.

    The record is untrusted: what is printed of it goes through `one_line`.
    """
    environment = record.environment
    return {
        **{("data set" if kind == "dataset" else kind): written(stored) for kind, stored in record.components.items()},
        "metrics": " ".join(map(written, record.metrics)) or "-",
        **{name: " ".join(map(written, found)) for name, found in record.lists.items() if found and name != "metrics"},
        **{name: _text(value) for name, value in record.settings.items() if value not in ("", (), [])},
        **({"start": str(record.start)} if record.start else {}),
        "data": f"SHA-256 {record.data.sha256}",
        "nnzoo": environment.nnzoo or "-",
        **{f"plugin {name}": version for name, version in environment.plugins.items() if name != BUILTIN},
        "numpy": environment.numpy or "-",
        "matrix products": _blas(environment),
        "machine": environment.machine or "-",
        "python": environment.python or "-",
        "system": environment.system or "-",
    }


def differing_conditions(records: Sequence[RunRecord]) -> dict[str, list[str]]:
    """The conditions that are not the same in all runs, each with its value in every run; ``-`` where there is none."""
    known = [conditions(record) for record in records]
    names = dict.fromkeys(name for one in known for name in one)
    values = {name: [one.get(name, "-") for one in known] for name in names}
    return {name: found for name, found in values.items() if len(set(found)) > 1}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The conditions that are not the same, each as it was and as it is; ``-`` where there is none."""
    names = dict.fromkeys([*before, *after])
    pairs = {name: (before.get(name, "-"), after.get(name, "-")) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def told(difference: tuple[str, tuple[str, str]]) -> str:
    """A difference in words."""
    name, (before, after) = difference
    return f"{one_line(name)}: {one_line(before)} then, {one_line(after)} now"


def written(stored: StoredComponent) -> str:
    """A stored component as it is written: ``momentum:beta=0.9``, by name, as a model file has lost the order."""
    return StoredComponent(stored.name, "", _alike(stored.options)).spec


def _blas(environment: Environment) -> str:
    keys = ("internal_api", "version", "architecture")
    return ", ".join(" ".join(_text(library.get(key)) for key in keys) for library in environment.blas) or "-"


def _text(value: Any) -> str:
    """A value as it is written."""
    if value is None:
        return "-"
    return ",".join(map(_text, value)) if isinstance(value, list | tuple) else str(_alike(value))


def _alike(value: Any) -> Any:
    """Values that are the same in one form: 3 and 3.0, and hyperparameters in any order."""
    if isinstance(value, list | tuple):
        return [_alike(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _alike(item) for key, item in sorted(value.items())}
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if whole else value
