"""Candidates that ``nnzoo compare`` trains: settings, and rows of a sweep."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnzoo.cli.options import LISTS, recipe_choices
from nnzoo.cli.train_many import DEFAULT_SEEDS, Many, parse_seeds, train_missing, written_dataset
from nnzoo.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from nnzoo.comparing.candidates import Candidate
    from nnzoo.runs.group import GroupRecord

NOTHING = "default"
"""The candidate without settings."""
SETTINGS = (
    *("model", "hidden", "activation", "optimizer", "loss", "schedule", "learning_rate", "weight_decay", "epochs"),
    *("batch_size", "validation", "task", "class_weight", "monitor", "early_stopping", "keep", "freeze"),
    *("learning_rate_of", "metric", "transform", "observe"),
)
"""The settings of a candidate, named like the options of ``nnzoo train``."""
REPEATABLE = (*LISTS, "freeze", "learning_rate_of")
FOLDER = Path("runs") / "compared"
_ROW = re.compile(r"(.+)#(\d+)")


@dataclass(frozen=True)
class Wanted:
    """A candidate to train, named as it is written on the command line.

    ``many`` has plugins, data and executor. A row of a sweep has the ``dataset`` of the sweep, and the settings that
    all of its trials share in ``common``.
    """

    name: str
    settings: dict[str, str | list[str]]
    many: Many
    dataset: str | None = None
    common: dict[str, str | list[str]] = field(default_factory=dict)

    @property
    def meant(self) -> set[str]:
        """The names of the conditions that its settings change."""
        conditions = {"hidden": "model"} | LISTS
        return {conditions.get(name, name) for name in self.settings}


def find_wanted(text: str, many: Many) -> Wanted | None:
    """Return the candidate to train; None for anything else, such as the directory of a run.

    Raises
    ------
    UsageError
        When there is no such setting, or the sweep has no such row.
    """
    if text == NOTHING:
        return Wanted(text, {}, many)
    if Path(text).exists():
        return None
    row = _ROW.fullmatch(text)
    if row:
        return _sweep_row(text, Path(row[1]), int(row[2]), many)
    return Wanted(text, parse_settings(text), many) if "=" in text else None


def parse_settings(text: str) -> dict[str, str | list[str]]:
    """Parse settings separated by spaces; an invalid one raises a UsageError.

    >>> parse_settings("optimizer=adam:beta1=0.8,beta2=0.9 learning-rate=0.01 metric=f1")
    {'optimizer': 'adam:beta1=0.8,beta2=0.9', 'learning_rate': '0.01', 'metric': ['f1']}
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not settings: {error}") from None
    settings: dict[str, str | list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.removeprefix("--").replace("-", "_")
        if not equals or not value or name not in SETTINGS:
            raise UsageError(
                f"{word!r} in {text!r} is not a setting of nnzoo train",
                hint=f"{did_you_mean(name, SETTINGS)}write NAME=VALUE, separated by spaces: 'optimizer=sgd epochs=5'",
            )
        if name in REPEATABLE:
            settings[name] = [*settings.get(name, []), value]
        elif name in settings:
            raise UsageError(f"{text!r} gives {name} twice")
        else:
            settings[name] = value
    return settings


def train_wanted(
    wanted: Sequence[Wanted],
    *,
    dataset: str | None,
    common: str | None,
    seeds: str | None,
    folds: int | None,
    folder: Path | None,
) -> list[Candidate]:
    """Train the missing runs of these candidates, and read all of their runs.

    Raises
    ------
    UsageError
        When no data set is given, or a setting is invalid.
    """
    from nnzoo.comparing.candidates import find_candidate
    from nnzoo.data.parting import fold_numbers

    datasets = {each.dataset for each in wanted if each.dataset is not None}
    if dataset is None and len(datasets) == 1:
        dataset = datasets.pop()
    if dataset is None:
        raise UsageError("candidates that are settings need a data set to train on", hint="name it: --dataset NAME")
    if seeds is not None and folds is not None:
        raise UsageError("--seeds and --folds cannot be combined")
    if folds is not None and folds < 2:
        raise UsageError(f"--folds {folds} is not a number of folds")
    numbers = tuple(range(folds)) if folds is not None else parse_seeds(seeds or DEFAULT_SEEDS)
    for_all = parse_settings(common) if common else {}
    inherited = next((each.common for each in wanted if each.common), {})
    settings = [{**_inherited(each, inherited), **each.common, **for_all, **each.settings} for each in wanted]
    groups = [
        _record(each, own, dataset, numbers, of_folds=folds is not None)
        for each, own in zip(wanted, settings, strict=True)
    ]
    candidates, digests = [], dict[tuple[str, Path | None], str]()
    for each, group in zip(wanted, groups, strict=True):
        source = group.arguments["dataset"], each.many.data_dir
        if source not in digests:
            loaded = each.many.load(source[0])
            digests[source] = loaded.sha256()
            if folds is not None:
                fold_numbers(loaded.train, folds)  # too many folds are an error before anything is trained
        directory = _directory(each, group, digests[source], folder or FOLDER)
        train_missing(each.many, directory, group)
        candidate = find_candidate(directory)
        paths = {number: path for number, path in candidate.paths.items() if number in numbers}
        records = {number: candidate.records[number] for number in paths}
        candidates.append(replace(candidate, name=each.name, paths=paths, records=records))
    return candidates


def _inherited(wanted: Wanted, common: Mapping[str, str | list[str]]) -> dict[str, str | list[str]]:
    """The settings that a candidate inherits from another candidate's sweep.

    A row of a sweep inherits nothing: it has the settings of its own sweep. The sizes of hidden layers are inherited
    only together with the model.
    """
    if wanted.dataset is not None:
        return {}
    return {name: value for name, value in common.items() if name != "hidden" or "model" not in wanted.settings}


def _sweep_row(text: str, directory: Path, rank: int, many: Many) -> Wanted:
    """A row of a sweep's leaderboard. Settings with a single value in the sweep's space count as common ones."""
    from nnzoo.sweeps.board import leaderboard
    from nnzoo.sweeps.journal import read_journal
    from nnzoo.sweeps.plan import read_plan
    from nnzoo.sweeps.spaces import read_space

    plan = read_plan(directory)
    rows = leaderboard(plan, read_journal(directory))
    if not 1 <= rank <= len(rows):
        raise UsageError(f"{directory} has no row {rank}", hint=f"its leaderboard has {len(rows):,}; the best is #1")
    of_list = {name: option for option, name in LISTS.items()}
    common = {
        of_list.get(name, name): [*map(str, value)] if isinstance(value, list | tuple) else str(value)
        for name, value in plan.settings.items()
    }
    many = replace(
        many,
        plugin_files=tuple(dict.fromkeys([*many.plugin_files, *map(Path, plan.plugins)])),
        disabled=tuple(dict.fromkeys([*many.disabled, *plan.disabled])),
        data_dir=many.data_dir or (None if plan.data_dir is None else Path(plan.data_dir)),
    )
    fixed = {name for name, text in read_space(many.registry(), plan.space).options if not any(text.dimensions())}
    own: dict[str, str | list[str]] = {}
    for name, value in rows[rank - 1].configuration.items():
        (common if name in fixed else own)[name] = value
    return Wanted(text, own, many, plan.dataset, common)


def _record(
    wanted: Wanted, settings: Mapping[str, str | list[str]], dataset: str, numbers: tuple[int, ...], *, of_folds: bool
) -> GroupRecord:
    """The record of a candidate's runs. Invalid settings raise an error."""
    from nnzoo.cli.train import DEFAULTS
    from nnzoo.data import find_dataset
    from nnzoo.runs.group import GroupRecord
    from nnzoo.training.recipe import resolve_recipe

    registry = wanted.many.registry()
    given = recipe_choices({name: value for name, value in settings.items() if name != "hidden"})
    short = {"model": {"hidden": str(settings["hidden"]).split(",")}} if "hidden" in settings else {}
    checked = {kind: registry.build(kind, given.get(kind, DEFAULTS[kind]), values) for kind, values in short.items()}
    resolve_recipe(registry, **given | checked)
    written = written_dataset(registry, find_dataset(registry, dataset))
    arguments = {"given": given, "short": short, "dataset": written, "new_head": False}
    arguments |= {"source": None, "checkpoint_every": 1.0}
    words = ["nnzoo", "train", "--dataset", written]
    for name, value in settings.items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{name.replace('_', '-')}", each]
    for path in wanted.many.plugin_files:
        words += ["--plugin", str(path.absolute())]
    words += [] if wanted.many.data_dir is None else ["--data-dir", str(wanted.many.data_dir)]
    return GroupRecord("fold" if of_folds else "seed", numbers, arguments, tuple(words))


def _directory(wanted: Wanted, record: GroupRecord, data: str, folder: Path) -> Path:
    """The directory of the candidate's runs, made if missing; its name depends on settings, data, plugins and version.

    Seeds that its record lacks are added.
    """
    from importlib.metadata import version

    from nnzoo.runs.group import is_group, read_group

    many, unit = wanted.many, record.unit
    contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in many.plugin_files]
    decisive = [unit, record.arguments, data, contents, version("nnzoo"), len(record.numbers) if unit == "fold" else 0]
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9.]+", "-", wanted.name).strip("-.")[-40:].strip("-.")
    directory = folder / f"{name or 'candidate'}-{digest}"
    if is_group(directory):
        existing = read_group(directory)
        if set(record.numbers) <= set(existing.numbers):
            return directory
        record = replace(record, numbers=tuple(sorted({*existing.numbers, *record.numbers})))
    directory.mkdir(parents=True, exist_ok=True)
    record.write(directory)
    return directory
