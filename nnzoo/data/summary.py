"""`summarize_dataset`: what is in a data set: how many of each class, and how its values are distributed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Columns, Dataset, Samples, Split, blocks

_CHUNK = 512
"""Samples that are looked at together; a whole data set in float64 would be eight times what it takes as uint8."""


@dataclass(frozen=True)
class Spread:
    """How numbers are distributed; those that are not finite are counted and left out of all else.

    Attributes
    ----------
    minimum, mean, maximum, deviation : float or None
        The deviation is the standard deviation of exactly these numbers. None where there are none.
    zeros : float or None
        The share of them that is 0.
    not_finite : int
        How many are NaN or infinite.
    """

    minimum: float | None
    mean: float | None
    maximum: float | None
    deviation: float | None
    zeros: float | None
    not_finite: int

    def times(self, factor: float) -> Spread:
        """That of the same numbers, each multiplied by a factor above 0."""

        def product(value: float | None) -> float | None:
            return None if value is None else value * factor

        return replace(
            self,
            minimum=product(self.minimum),
            mean=product(self.mean),
            maximum=product(self.maximum),
            deviation=product(self.deviation),
        )


@dataclass(frozen=True)
class PartSummary:
    """What is in one part of a data set.

    Attributes
    ----------
    samples : int
        How many were looked at: all; of a stream, the first ones.
    classes : tuple of int
        How many samples there are of each class, or with each label; how many steps, where sequences have a class at
        each. Empty where values are to be predicted.
    targets : tuple of Spread
        Of each value to predict.
    inputs : Spread or None
        Of all inputs together, as they are stored; None for a table, whose columns differ (`Dataset.findings`).
    features : tuple of Spread
        Of each input, in the order in which a sample is flattened; empty for a table.
    steps : int
        How many steps all sequences have, where each has a class; else as many as samples.
    fields : dict of str to dict of str to int, or tuple of Spread
        Where there are several targets: of each, by its name, how many samples have each class, or how its values are
        distributed. `classes` and `targets` are empty then.
    """

    samples: int
    classes: tuple[int, ...]
    targets: tuple[Spread, ...]
    inputs: Spread | None
    features: tuple[Spread, ...]
    steps: int
    fields: dict[str, dict[str, int] | tuple[Spread, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """By name, as JSON can hold it."""
        return asdict(self)


def summarize_dataset(dataset: Dataset) -> dict[str, PartSummary]:
    """What is in the parts ``train`` and ``test``.

    >>> from nnzoo import load_dataset
    >>> digits = summarize_dataset(load_dataset("digits"))
    >>> digits["test"].classes
    (27, 21, 34, 52, 34, 28, 31, 43, 47, 42)
    >>> digits["train"].inputs.minimum, digits["train"].inputs.maximum
    (0.0, 16.0)
    """
    return {
        part: _summarize(split, len(dataset.class_names))
        for part, split in (("train", dataset.train), ("test", dataset.test))
    }


def _summarize(split: Split, classes: int) -> PartSummary:
    split = split.examples()
    inputs, features = (None, ()) if isinstance(split.inputs, Columns) else _spreads(split.samples)
    if split.targets.dtype.names:
        each = {name: _field(split.targets[name]) for name in split.targets.dtype.names}
        return PartSummary(len(split), (), (), inputs, features, len(split), each)
    if not classes:
        return PartSummary(len(split), (), _spreads(split.targets)[1], inputs, features, len(split))
    targets = split.targets
    if targets.shape[1:] == (classes,) and targets.max() <= 1:  # a label in each column
        return PartSummary(len(split), tuple((targets != 0).sum(axis=0).tolist()), (), inputs, features, len(split))
    numbers = np.bincount(targets.reshape(-1), minlength=classes)
    return PartSummary(len(split), tuple(numbers.tolist()), (), inputs, features, targets.size)


def _field(targets: NDArray[Any]) -> dict[str, int] | tuple[Spread, ...]:
    """One of several targets, of shape (n, ...): real numbers are values, anything else is classes."""
    if targets.dtype.kind == "f":
        return _spreads(targets)[1]
    names, counts = np.unique(targets, return_counts=True)
    return dict(zip(map(str, names.tolist()), counts.tolist(), strict=True))


def _spreads(values: Samples) -> tuple[Spread, tuple[Spread, ...]]:
    """How all values are distributed, and how each column of the flattened samples is."""
    first = np.nan_to_num(values[0].reshape(-1).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    count, zeros = np.zeros(first.size, np.int64), np.zeros(first.size, np.int64)
    low, high = np.full(first.size, np.inf), np.full(first.size, -np.inf)
    total, squares = np.zeros(first.size), np.zeros(first.size)
    for block in blocks(values, _CHUNK):
        chunk = block.reshape(len(block), -1).astype(np.float64)
        finite = np.isfinite(chunk)
        count += finite.sum(axis=0)
        zeros += (chunk == 0).sum(axis=0)
        low = np.minimum(low, chunk.min(axis=0, where=finite, initial=np.inf))
        high = np.maximum(high, chunk.max(axis=0, where=finite, initial=-np.inf))
        chunk -= first  # sums of squares lose nothing if they are of differences
        chunk[~finite] = 0
        total += chunk.sum(axis=0)
        squares += np.einsum("ij,ij->j", chunk, chunk)
    some = np.maximum(count, 1)
    mean, variance = first + total / some, squares / some - np.square(total / some)
    share = count / max(count.sum(), 1)
    mean_of_all = float(share @ mean)
    variance_of_all = float(share @ (variance + np.square(mean - mean_of_all)))
    of_all = (count.sum(), zeros.sum(), low.min(), high.max(), mean_of_all, variance_of_all)
    columns = zip(count, zeros, low, high, mean, variance, strict=True)
    return _spread(len(values) * first.size, *of_all), tuple(_spread(len(values), *column) for column in columns)


def _spread(size: int, count: int, zeros: int, low: float, high: float, mean: float, variance: float) -> Spread:
    """Of so many numbers, ``count`` of which are finite."""
    if not count:
        return Spread(None, None, None, None, None, size)
    deviation = float(max(variance, 0.0)) ** 0.5
    return Spread(float(low), float(mean), float(high), deviation, float(zeros / count), int(size - count))
