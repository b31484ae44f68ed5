"""The command that repeats a training, for cards and reports."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from nnzoo.model.stored import StoredComponent, StoredStart

_OPTIONS = {"metrics": "metric", "transforms": "transform", "observers": "observe"}
"""The option that adds to each list of components."""


def recipe_command(
    components: Mapping[str, StoredComponent],
    settings: Mapping[str, Any],
    lists: Mapping[str, Sequence[StoredComponent]] | None = None,
    start: StoredStart | None = None,
) -> str:
    """The command that repeats a training, with every choice written out, as a shell takes it.

    >>> stored = {"dataset": StoredComponent("nnzoo/digits", "0.1", {}),
    ...     "optimizer": StoredComponent("nnzoo-x/adam", "1.0", {"beta1": 0.9})}
    >>> recipe_command(stored, {"epochs": 3, "keep": "last", "early_stopping": None})
    'nnzoo train --dataset digits --optimizer nnzoo-x/adam:beta1=0.9 --epochs 3 --keep last'
    """
    words = ["nnzoo", "train"]
    if start is not None:
        words += ["--from", start.source, *(["--new-head"] if start.new_head else [])]
    for kind, stored in components.items():
        words += [f"--{kind}", stored.spec]
    for name, found in (lists or {}).items():
        for each in found:
            words += [f"--{_OPTIONS[name]}", each.spec]
    for name, value in settings.items():
        for each in value if isinstance(value, list | tuple) else (value,):
            if each not in (None, ""):
                words += [f"--{name.replace('_', '-')}", str(each)]
    return shlex.join(words)
