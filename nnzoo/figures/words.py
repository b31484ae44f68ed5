"""Words in figures: text that may be untrusted, and what distinguishes several runs."""

from __future__ import annotations

from collections.abc import Sequence

from nnzoo.runs.conditions import differing_conditions
from nnzoo.terminal import one_line
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import rates_by_default

_UNSEEN = ("metrics", "data", "nnzoo", "numpy", "matrix products", "machine", "python", "system")
"""Conditions that the curves of runs are told apart by only where nothing else differs."""
_COMPONENTS = ("data set", "task", "model", "activation", "loss", "optimizer", "schedule")
"""Conditions whose value says what it is of: ``relu``."""
_MOST = 6
"""Differences that a legend has room for."""


def plain(text: str, limit: int = 60) -> str:
    r"""An untrusted text on one line, no longer than the limit; a dollar in it begins no formula.

    >>> plain("costs $5, not $6\n")
    'costs \\$5, not \\$6'
    """
    return one_line(text, limit).replace("$", r"\$")


def capitalized(text: str) -> str:
    """With a capital in front; the rest as it is."""
    return text[:1].upper() + text[1:]


def run_labels(runs: Sequence[TrainedRun]) -> list[str]:
    """What tells each run from the others, for a legend; its name where nothing does."""
    names = [plain(run.name) for run in runs]
    if len(runs) == 1:
        return names
    differs = differing_conditions([run.record for run in runs])
    recipes = [run.recipe_or_none for run in runs]
    derived = rates_by_default(recipes, [run.problem.width for run in runs])
    unseen = [name for name in differs if name in _UNSEEN or name.startswith("plugin ")]
    telling = [name for name in differs if name not in unseen and name not in derived] or unseen
    said = [_said(name, differs[name]) for name in telling]
    labels = [_joined([values[place] for values in said]) for place in range(len(runs))]
    alike = [labels.count(label) > 1 or not label for label in labels]
    return [
        name if same and not label else f"{label} ({name})" if same else label
        for label, name, same in zip(labels, names, alike, strict=True)
    ]


def _joined(said: Sequence[str]) -> str:
    """The differing conditions of one run: ``relu, epochs 15``."""
    return plain(", ".join([*said[:_MOST], *(["…"] if len(said) > _MOST else [])]), 90)


def _said(name: str, values: Sequence[str]) -> list[str]:
    """A condition of each run in words; a component appears by its name, with its options if needed."""
    if name not in _COMPONENTS:
        words = name.replace("_", " ")
        return [f"no {words}" if value == "-" else f"{words} {value}" for value in values]
    parts = [value.partition(":") for value in values]
    names = [full.rpartition("/")[2] for full, _, _ in parts]
    if len(set(names)) == len(set(values)):
        return names
    spelt = [f"{short}{colon}{options}" for short, (_, colon, options) in zip(names, parts, strict=True)]
    return spelt if len(set(spelt)) == len(set(values)) else list(values)
