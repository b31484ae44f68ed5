"""Several runs side by side: what differs in their conditions, and in what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnzoo.plugins.registry import Registry
from nnzoo.runs.conditions import differing_conditions
from nnzoo.runs.record import measures_of_record, read_record

_MORE_FIGURES = ("epochs_trained", "train_seconds")


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
