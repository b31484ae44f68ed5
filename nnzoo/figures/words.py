"""Text in figures: untrusted text, names of parts of the data, and labels of runs."""

from __future__ import annotations

from collections.abc import Sequence

from nnzoo.runs.conditions import differing_conditions
from nnzoo.terminal import one_line
from nnzoo.trained_run import TrainedRun
from nnzoo.training.recipe import rates_by_default

PARTS = {"train": "training", "validation": "validation", "test": "test"}
"""The parts of the data in text."""
COMPONENTS = ("data set", "task", "model", "activation", "loss", "optimizer", "schedule")
"""Conditions that are components; their values, such as ``relu``, are labels by themselves."""
_UNSEEN = ("metrics", "data", "nnzoo", "numpy", "matrix products", "machine", "python", "system")
"""Conditions that are labels only if runs differ in nothing else."""
_MOST = 6
"""The most differences in a label."""


def plain(text: str, limit: int = 60) -> str:
    r"""Return untrusted text on one line of limited length; a dollar sign in it does not begin a formula.

    >>> plain("costs $5, not $6\n")
    'costs \\$5, not \\$6'
    """
    return one_line(text, limit).replace("$", r"\$")


def capitalized(text: str) -> str:
    """Return text with a capital first letter; the other letters do not change."""
    return text[:1].upper() + text[1:]


def run_labels(runs: Sequence[TrainedRun]) -> list[str]:
    """Return the labels of runs for a legend: their differences, or their names if there are none."""
    names = [plain(run.name) for run in runs]
    if len(runs) == 1:
        return names
    differs = differing_conditions([run.record for run in runs])
    recipes = [run.recipe_or_none for run in runs]
    derived = rates_by_default(recipes, [run.problem.width for run in runs])
    unseen = [name for name in differs if name in _UNSEEN or name.startswith("plugin ")]
    relevant = [name for name in differs if name not in unseen and name not in derived] or unseen
    texts = [_texts(name, differs[name]) for name in relevant]
    labels = [_joined([values[place] for values in texts]) for place in range(len(runs))]
    alike = [labels.count(label) > 1 or not label for label in labels]
    return [
        name if same and not label else f"{label} ({name})" if same else label
        for label, name, same in zip(labels, names, alike, strict=True)
    ]


def _joined(texts: Sequence[str]) -> str:
    """The differing conditions of one run: ``relu, epochs 15``."""
    return plain(", ".join([*texts[:_MOST], *(["…"] if len(texts) > _MOST else [])]), 90)


def _texts(name: str, values: Sequence[str]) -> list[str]:
    """A condition of each run as text; a component is written by name, with its options if needed."""
    if name not in COMPONENTS:
        words = name.replace("_", " ")
        return [f"no {words}" if value == "-" else f"{words} {value}" for value in values]
    parts = [value.partition(":") for value in values]
    names = [full.rpartition("/")[2] for full, _, _ in parts]
    if len(set(names)) == len(set(values)):
        return names
    spelt = [f"{short}{colon}{options}" for short, (_, colon, options) in zip(names, parts, strict=True)]
    return spelt if len(set(spelt)) == len(set(values)) else list(values)
