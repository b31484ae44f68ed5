"""The conditions of runs, which their results depend on: as text by name, and what of them differs between several."""

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
"""Conditions that were never seen to change a bit; they are named, but going on is not refused for them."""

_MORE_FIGURES = ("epochs_trained", "train_seconds")


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
    """The conditions that differ, each with its value then and now; ``-`` where there is none."""
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


@dataclass(frozen=True)
class Differences:
    """Several runs side by side; every list has a value for each run.

    Attributes
    ----------
    runs : list of str
    same_data, same_weights : bool
        Whether all were measured on the same data, and have the same weights, to the bit.
    differs : dict of str to list of str
        The conditions that are not the same in all.
    results : dict of str to list of float or None
        The figures of the epoch that was kept.
    difference : dict of str to list of float or None
        Each figure less that of the first run.
    shares : list of str
        The figures that are shares, whose differences are shown in points.
    test_samples : int or None
        How many samples a test accuracy is the share of, if it is the same number for all.
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
        """By name."""
        return asdict(self)


def compare_runs(paths: Sequence[Path], registry: Registry) -> Differences:
    """Hold runs against each other by their records.

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
