"""The conditions that decide the results of runs: as text by name, and which of them differ between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnzoo.model.stored import StoredComponent
from nnzoo.plugins.discovery import BUILTIN
from nnzoo.plugins.registry import Registry
from nnzoo.runs.environment import Environment
from nnzoo.runs.record import RunRecord, measures_of_record, read_record
from nnzoo.terminal import one_line

HARMLESS = ("python", "system")
"""Conditions that never changed a bit of any result, so that a run resumes even if they differ."""

_MORE_FIGURES = ("epochs_trained", "train_seconds")


def conditions(record: RunRecord) -> dict[str, str]:
    """The conditions of a run: components, settings, data, versions, machine; ``-`` for unknown values.

    The record is untrusted: whatever is printed of it must go through `one_line`.
    """
    environment = record.environment
    lists = {name: " ".join(map(sorted_spec, each)) for name, each in record.lists.items()}
    metrics = lists.pop("metrics") or "-"
    return {
        **{kind.replace("dataset", "data set"): sorted_spec(each) for kind, each in record.components.items()},
        "metrics": metrics,
        **{name: specs for name, specs in lists.items() if specs},
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
    """The conditions that are not the same in all runs, each with its value in every run, or ``-``."""
    known = [conditions(record) for record in records]
    names = dict.fromkeys(name for one in known for name in one)
    values = {name: [one.get(name, "-") for one in known] for name in names}
    return {name: each for name, each in values.items() if len(set(each)) > 1}


def change_text(name: str, before: str, now: str) -> str:
    """A condition that has changed, in words."""
    return f"{one_line(name)}: {one_line(before)} then, {one_line(now)} now"


def sorted_spec(stored: StoredComponent) -> str:
    """The spec of a stored component; hyperparameters are sorted by name, as model files do not keep their order."""
    return StoredComponent(stored.name, "", _normalized(stored.options)).spec


def _blas(environment: Environment) -> str:
    keys = ("internal_api", "version", "architecture")
    return ", ".join(" ".join(_text(library.get(key)) for key in keys) for library in environment.blas) or "-"


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return ",".join(map(_text, value)) if isinstance(value, list | tuple) else str(_normalized(value))


def _normalized(value: Any) -> Any:
    """One form for equal values: 3 for 3.0, and hyperparameters sorted by name."""
    if isinstance(value, list | tuple):
        return [_normalized(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _normalized(item) for key, item in sorted(value.items())}
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if whole else value


@dataclass(frozen=True)
class Differences:
    """Several runs side by side; every list has a value for each run.

    Attributes
    ----------
    same_data, same_weights : bool
        Whether all were measured on the same data, and have the same weights, to the bit.
    differs : dict of str to list of str
        The conditions that are not the same in all.
    results : dict of str to list of float or None
        The figures of the epoch that was kept.
    difference : dict of str to list of float or None
        Each figure minus that of the first run.
    shares : list of str
        The figures that are shares, whose differences are shown in percentage points.
    test_samples : int or None
        The number of test samples, if it is the same for all.
    """

    runs: list[str]
    same_data: bool
    same_weights: bool
    differs: dict[str, list[str]]
    results: dict[str, list[float | None]]
    difference: dict[str, list[float | None]]
    shares: list[str]
    test_samples: int | None

    def to_dict(self) -> dict[str, Any]:
        """All of it, by name."""
        return asdict(self)


def compare_runs(paths: Sequence[Path], registry: Registry) -> Differences:
    """Compare runs by their records.

    Raises
    ------
    FileFormatError, StorageError
    """
    records = [read_record(path) for path in paths]
    differs = differing_conditions(records)
    names = [*dict.fromkeys(name for record in records for name in record.measured), *_MORE_FIGURES]
    figures = {name: [record.figure(name) for record in records] for name in names}
    figures = {name: values for name, values in figures.items() if set(values) != {None}}
    measures = {name: each for record in records for name, each in measures_of_record(registry, record).items()}
    samples = {record.data.samples.get("test") for record in records}
    weights = [record.results.get("weights_sha256") for record in records]
    return Differences(
        runs=[str(path) for path in paths],
        same_data="data" not in differs,
        same_weights=weights[0] is not None and all(one == weights[0] for one in weights),
        differs=differs,
        results=figures,
        difference={name: [_less(value, values[0]) for value in values] for name, values in figures.items()},
        shares=[name for name in figures if (known := measures.get(name.partition("_")[2])) and known.is_share],
        test_samples=samples.pop() if len(samples) == 1 else None,
    )


def _less(value: float | None, first: float | None) -> float | None:
    return None if value is None or first is None else value - first
