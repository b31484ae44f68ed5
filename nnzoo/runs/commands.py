"""Commands for the user to type: to repeat a training run, or to resume it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
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
    """The command that repeats a training run, with every choice written out and quoted for a shell.

    >>> stored = {"dataset": StoredComponent("nnzoo/digits", "0.1", {}),
    ...     "optimizer": StoredComponent("nnzoo-x/adam", "1.0", {"beta1": 0.9})}
    >>> recipe_command(stored, {"epochs": 3, "keep": "last", "early_stopping": None})
    'nnzoo train --dataset digits --optimizer nnzoo-x/adam:beta1=0.9 --epochs 3 --keep last'
    """
    words = ["nnzoo", "train"]
    if start is not None:
        words += ["--from", start.source, *(["--new-head"] if start.new_head else [])]
    specs = {kind: stored.spec for kind, stored in components.items()}
    several = {name: [stored.spec for stored in found] for name, found in (lists or {}).items()}
    return shlex.join([*words, *train_options({**specs, **several, **settings})])


def train_options(values: Mapping[str, Any]) -> list[str]:
    """Values by name as options of ``nnzoo train``; a list gives one for each item, None and ``""`` give none."""
    words: list[str] = []
    for name, value in values.items():
        option = f"--{_OPTIONS.get(name, name).replace('_', '-')}"
        for each in value if isinstance(value, list | tuple) else (value,):
            words += [] if each in (None, "") else [option, str(each)]
    return words


def resume_command(directory: Path, command: Sequence[str]) -> str:
    """The command that resumes a run; ``command`` is the one that started it."""
    return shlex.join(["nnzoo", "train", "--resume", str(directory), *place_options(command)])


def place_options(command: Sequence[str]) -> list[str]:
    """The options of a command that say where plugins and data are.

    >>> place_options(["nnzoo", "train", "--plugin=mish.py", "--epochs", "3", "--data_dir", "here"])
    ['--plugin', 'mish.py', '--data_dir', 'here']
    """
    words, options = iter(command), []
    for word in words:
        option, equals, value = word.partition("=")
        if option.replace("_", "-") in ("--plugin", "--no-plugin", "--data-dir"):
            options += [option, value if equals else next(words, "")]
    return options
