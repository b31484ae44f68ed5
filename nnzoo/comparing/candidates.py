"""`Candidate`: what is compared, as its runs with several seeds or on several folds, and the means of their figures."""

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
"""Conditions that are not chosen; a plugin's version is another."""
BY_DEFAULT = ("learning_rate", "weight_decay", "epochs", "batch_size")
"""Settings that follow from the data and the other settings where they are not given."""


@dataclass(frozen=True)
class Candidate:
    """Runs that differ in nothing but their seed.

    Attributes
    ----------
    name : str
        The directory, as it was given.
    unit : str
        What numbers them: ``seed``; or ``fold``, where runs have learnt from overlapping parts of the same data.
    paths : dict of int to Path
        Where they lie, by number.
    records : dict of int to RunRecord
    folds : int
        Into how many parts the data were divided; 0 where runs are numbered by seed.
    by_default : tuple of str
        Those of `BY_DEFAULT` that were not given, where that is known.
    """

    name: str
    unit: Literal["seed", "fold"]
    paths: Mapping[int, Path]
    records: Mapping[int, RunRecord]
    folds: int = 0
    by_default: tuple[str, ...] = ()

    @property
    def first(self) -> RunRecord:
        """The record of its first run."""
        return next(iter(self.records.values()))

    def figures(self, name: str) -> dict[int, float]:
        """A figure of each run that has it, by number: of the weights that the run kept."""
        found = {number: record.figure(name) for number, record in self.records.items()}
        return {number: float(value) for number, value in found.items() if value is not None}


def find_candidate(path: Path) -> Candidate:
    """A run, or the runs in a directory and below it, by seed; by fold where its ``group.json`` says so.

    Raises
    ------
    StorageError
        When there is no run.
    FileFormatError
        When a record can't be read.
    UsageError
        When two runs have the same seed, or they differ in more than that.
    """
    paths = run_directories(path)
    if not paths:
        raise StorageError(f"there is no run in {path}", hint="nnzoo train --run-dir DIR makes one")
    group = read_group(path) if is_group(path) else None
    by_default = () if group is None else tuple(name for name in BY_DEFAULT if name not in group.given)
    if group is not None and group.unit == "fold":
        there = {number: each for number, each in group.paths(path).items() if each in paths}
        known = {number: read_record(each) for number, each in there.items()}
        found = Candidate(str(path), "fold", there, known, len(group.numbers), by_default)
        _require_alike(found, besides=("data set", "data", *by_default))
        return found
    by_seed: dict[int, Path] = {}
    records: dict[int, RunRecord] = {}
    for each in paths:
        record = read_record(each)
        seed = record.settings.get("seed")
        if not isinstance(seed, int):
            raise UsageError(f"the record of {each} names no seed")
        if seed in by_seed:
            raise UsageError(
                f"{by_seed[seed]} and {each} both have seed {seed}",
                hint="a directory that is compared holds the runs of one configuration, each with a seed of its own",
            )
        by_seed[seed], records[seed] = each, record
    order = sorted(records)
    in_order = {seed: by_seed[seed] for seed in order}, {seed: records[seed] for seed in order}
    found = Candidate(str(path), "seed", *in_order, by_default=by_default)
    _require_alike(found, besides=("seed", *by_default))
    return found


def is_run_group(path: Path) -> bool:
    """Whether it is not a run itself, but has runs in it or below; what can't be read is none."""
    try:
        return path.is_dir() and not (path / "run.json").exists() and bool(run_directories(path))
    except (OSError, StorageError):
        return False


def run_directories(path: Path) -> list[Path]:
    """The run that a directory is, or those below it, by name; no link is followed.

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
    """Whether a condition is one that is not chosen, such as a version."""
    return condition in SURROUNDINGS or condition.startswith("plugin ")


def find_figure(candidates: Iterable[Candidate], wanted: str | None, registry: Registry) -> tuple[str, Measure]:
    """The full name of the figure that is compared, such as ``test_accuracy``, and how it is judged.

    Without a part of the data that is the test part, or where there is none, the validation part; without a name the
    first metric.

    Raises
    ------
    UsageError
        When no run has it, or which direction is better is not known here.
    """
    candidates = list(candidates)
    records = [record for candidate in candidates for record in candidate.records.values()]
    known = list(dict.fromkeys(name for record in records for name in record.measured))
    if not known:
        raise UsageError("no run that is compared has finished", hint="nnzoo train --resume RUN goes on with one")
    measures: dict[str, Measure] = {}
    for candidate in candidates:
        measures |= measures_of_record(registry, candidate.first)
    metrics = [name for name in measures if name != "loss"]
    wanted = wanted.replace("-", "_") if wanted is not None else None
    parts = [part for part in ("test", "validation", "train") if any(name.startswith(f"{part}_") for name in known)]
    if wanted is None:
        options = [f"{part}_{name}" for part in parts for name in (*metrics, "loss")]
    else:
        options = [wanted, *(f"{part}_{wanted}" for part in parts)]
    name = next((each for each in options if each in known), None)
    if name is None:
        raise UsageError(f"no run has a figure {wanted!r}", hint=f"known are {', '.join(known)}")
    part, _, short = name.partition("_")
    if part not in PARTS or short not in measures:
        raise UsageError(
            f"which direction of {name} is the better one is not known here",
            hint="its metric comes with a plugin that is not installed; `nnzoo runs show RUN` names it",
        )
    return name, measures[short]


def rates_not_chosen(candidates: Iterable[Candidate], registry: Registry) -> set[str]:
    """Which of the settings `BY_DEFAULT` are everywhere what follows from the data and the other settings."""
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
    """Refuse runs that are not those of one configuration."""
    differs = differing_conditions(list(candidate.records.values()))
    unlike = {name: values for name, values in differs.items() if name not in besides and not is_surrounding(name)}
    if unlike:
        what = "; ".join(f"{name}: {one_line(', '.join(dict.fromkeys(each)), 120)}" for name, each in unlike.items())
        raise UsageError(
            f"the runs in {candidate.name} differ in more than their {candidate.unit}: {what}",
            hint=f"name a single run, such as {quoted(next(iter(candidate.paths.values())))}, or a directory for each",
        )


@dataclass(frozen=True)
class FigureSummary:
    """A figure over runs.

    Attributes
    ----------
    mean, deviation : float
        Of the runs that have it; the standard deviation has n - 1 below, and is 0 for one run.
    interval : tuple of float, or None
        95 % t-interval of the mean over seeds; None for folds, which are not independent, and for one run.
    runs : int
        How many have it.
    """

    mean: float
    deviation: float
    interval: tuple[float, float] | None
    runs: int

    @property
    def within(self) -> float:
        """How far the interval reaches to either side of the mean, or where there is none, the deviation."""
        return self.deviation if self.interval is None else self.interval[1] - self.mean


def summarize(candidate: Candidate) -> dict[str, FigureSummary]:
    """Every figure that at least one run has, by its full name."""
    names = dict.fromkeys(name for record in candidate.records.values() for name in record.measured)
    return {name: _summary(list(candidate.figures(name).values()), candidate.unit == "seed") for name in names}


def _summary(values: list[float], independent: bool) -> FigureSummary:
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return FigureSummary(float(np.mean(values)), deviation, t_interval(values) if independent else None, len(values))
