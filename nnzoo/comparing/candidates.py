"""`Candidate`: one configuration to compare, as runs with several seeds or folds, and the means of their figures."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from nnzoo.comparing.statistics import t_interval
from nnzoo.errors import NnzooError, StorageError, UsageError
from nnzoo.plugins.registry import Registry
from nnzoo.runs.conditions import differing_conditions
from nnzoo.runs.group import is_group, read_group
from nnzoo.runs.record import RunRecord, built_from_record, measures_of_record, read_record
from nnzoo.terminal import one_line, quoted
from nnzoo.training.measures import PARTS, Measure
from nnzoo.training.recipe import Recipe, rates_by_default

SURROUNDINGS = ("nnzoo", "numpy", "matrix products", "machine", "python", "system")
"""Conditions that are not chosen, like the versions of plugins."""
BY_DEFAULT = ("learning_rate", "weight_decay", "epochs", "batch_size")
"""Settings whose defaults follow from the data and the other settings."""


@dataclass(frozen=True)
class Candidate:
    """Runs that differ only in their seed, or in the fold that they hold out.

    Attributes
    ----------
    name : str
        The directory, as it was given.
    paths : dict of int to Path
        The directories of the runs, by seed or fold.
    folds : int
        The number of folds; 0 for runs by seed.
    by_default : tuple of str
        Those of `BY_DEFAULT` that were not given, as far as that is known.
    """

    name: str
    unit: Literal["seed", "fold"]
    paths: Mapping[int, Path]
    records: Mapping[int, RunRecord]
    folds: int = 0
    by_default: tuple[str, ...] = ()

    @property
    def first(self) -> RunRecord:
        """The record of the first run."""
        return next(iter(self.records.values()))

    def figures(self, name: str) -> dict[int, float]:
        """A figure of each run that has it, by seed or fold."""
        values = {number: record.figure(name) for number, record in self.records.items()}
        return {number: float(value) for number, value in values.items() if value is not None}


def find_candidate(path: Path) -> Candidate:
    """The runs in a directory and below it, or a single run: by seed, or by fold if ``group.json`` says so.

    Raises
    ------
    StorageError
        When there is no run.
    FileFormatError
        When a record can't be read.
    UsageError
        When two runs have the same seed, or differ in more than their seed or fold.
    """
    paths = run_directories(path)
    if not paths:
        raise StorageError(f"there is no run in {path}", hint="nnzoo train --run-dir DIR makes one")
    group = read_group(path) if is_group(path) else None
    by_default = () if group is None else tuple(name for name in BY_DEFAULT if name not in group.given)
    if group is not None and group.unit == "fold":
        by_fold = {number: each for number, each in group.paths(path).items() if each in paths}
        records = {number: read_record(each) for number, each in by_fold.items()}
        candidate = Candidate(str(path), "fold", by_fold, records, len(group.numbers), by_default)
        _require_alike(candidate, besides=("data set", "data", *by_default))
        return candidate
    by_seed: dict[int, tuple[Path, RunRecord]] = {}
    for each in paths:
        record = read_record(each)
        seed = record.settings.get("seed")
        if not isinstance(seed, int):
            raise UsageError(f"the record of {each} names no seed")
        if seed in by_seed:
            raise UsageError(
                f"{by_seed[seed][0]} and {each} both have seed {seed}",
                hint="compare directories with runs of one configuration, each with another seed",
            )
        by_seed[seed] = each, record
    order = sorted(by_seed)
    by_number = {seed: by_seed[seed][0] for seed in order}, {seed: by_seed[seed][1] for seed in order}
    candidate = Candidate(str(path), "seed", *by_number, by_default=by_default)
    _require_alike(candidate, besides=("seed", *by_default))
    return candidate


def is_run_group(path: Path) -> bool:
    """Whether a path is not a run itself, but a readable directory with runs in it or below."""
    try:
        return path.is_dir() and not (path / "run.json").exists() and bool(run_directories(path))
    except (OSError, StorageError):
        return False


def run_directories(path: Path) -> list[Path]:
    """The directory itself if it is a run, or the runs below it, sorted; links are not followed.

    Raises
    ------
    StorageError
        When a directory can't be read.
    """
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise StorageError(f"can't read {error.filename or path}: {error.strerror or error}") from error

    for folder, below, files in os.walk(path, onerror=refuse):
        if "run.json" in files:
            found.append(Path(folder))
            below.clear()
    return sorted(found)


def is_surrounding(condition: str) -> bool:
    """Whether a condition is not chosen, such as a version."""
    return condition in SURROUNDINGS or condition.startswith("plugin ")


def unknown_direction(figure: str) -> UsageError:
    """The error for a figure whose metric is not installed."""
    return UsageError(
        f"it is not known whether a higher or a lower {figure} is better",
        hint="its metric comes with a plugin that is not installed; `nnzoo runs show RUN` names it",
    )


def find_figure(candidates: Iterable[Candidate], wanted: str | None, registry: Registry) -> tuple[str, Measure]:
    """The full name of the figure to compare, such as ``test_accuracy``, and its measure.

    The default part is the test part, or the validation part if there is none; the default name is the first metric.

    Raises
    ------
    UsageError
        When no run has it, or no installed metric says which direction is better.
    """
    candidates = list(candidates)
    records = [record for candidate in candidates for record in candidate.records.values()]
    known = list(dict.fromkeys(name for record in records for name in record.measured))
    if not known:
        raise UsageError("none of these runs has finished", hint="to finish one: nnzoo train --resume RUN")
    measures: dict[str, Measure] = {}
    for candidate in candidates:
        measures |= measures_of_record(registry, candidate.first)
    metrics = [name for name in measures if name != "loss"]
    parts = [part for part in ("test", "validation", "train") if any(name.startswith(f"{part}_") for name in known)]
    if wanted is None:
        options = [f"{part}_{name}" for part in parts for name in (*metrics, "loss")]
    else:
        wanted = wanted.replace("-", "_")
        options = [wanted, *(f"{part}_{wanted}" for part in parts)]
    name = next((each for each in options if each in known), None)
    if name is None:
        raise UsageError(f"no run has a figure {wanted!r}", hint=f"known are {', '.join(known)}")
    part, _, short = name.partition("_")
    if part not in PARTS or short not in measures:
        raise unknown_direction(name)
    return name, measures[short]


def rates_not_chosen(candidates: Iterable[Candidate], registry: Registry) -> set[str]:
    """The settings of `BY_DEFAULT` that have their default in all candidates."""
    candidates = list(candidates)
    not_given = set(BY_DEFAULT).intersection(*(candidate.by_default for candidate in candidates))
    records = [candidate.first for candidate in candidates]
    recipes: list[Recipe | None] = []
    for record in records:
        try:
            recipes.append(built_from_record(registry, record)[0])
        except NnzooError:
            recipes.append(None)
    return not_given | rates_by_default(recipes, [record.data.problem.width for record in records])


def _require_alike(candidate: Candidate, *, besides: Collection[str]) -> None:
    """Refuse runs of several configurations."""
    differs = differing_conditions(list(candidate.records.values()))
    unlike = {name: values for name, values in differs.items() if name not in besides and not is_surrounding(name)}
    if unlike:
        text = "; ".join(f"{name}: {one_line(', '.join(dict.fromkeys(each)), 120)}" for name, each in unlike.items())
        raise UsageError(
            f"the runs in {candidate.name} differ in more than their {candidate.unit}: {text}",
            hint=f"name a single run, such as {quoted(next(iter(candidate.paths.values())))}, "
            "or one directory for each configuration",
        )


@dataclass(frozen=True)
class FigureSummary:
    """A figure summarized over the runs that have it.

    Attributes
    ----------
    mean, deviation : float
        Mean and standard deviation (with n - 1); the deviation of one run is 0.
    interval : tuple of float, or None
        95 % t-interval of the mean over seeds; None for folds, which are not independent, and for one run.
    runs : int
        The number of runs.
    """

    mean: float
    deviation: float
    interval: tuple[float, float] | None
    runs: int

    @property
    def within(self) -> float:
        """Half the width of the interval, or the deviation if there is none."""
        return self.deviation if self.interval is None else self.interval[1] - self.mean


def summarize(candidate: Candidate) -> dict[str, FigureSummary]:
    """Summarize every figure that at least one run has, by its full name."""
    summaries = {}
    for name in dict.fromkeys(name for record in candidate.records.values() for name in record.measured):
        values = list(candidate.figures(name).values())
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        interval = t_interval(values) if candidate.unit == "seed" else None
        summaries[name] = FigureSummary(float(np.mean(values)), deviation, interval, len(values))
    return summaries
