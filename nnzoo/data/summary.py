"""`summarize_dataset`: the number of samples of each class, and the distribution of values in a data set."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import Columns, Dataset, Samples, Split, blocks

_CHUNK = 512
"""Samples to process at a time: a whole data set in float64 would take eight times its size as uint8."""


@dataclass(frozen=True)
class Spread:
    """The distribution of the finite numbers among some numbers.

    Attributes
    ----------
    minimum, mean, maximum, deviation : float or None
        The deviation is the population standard deviation. None if there are no finite numbers.
    zeros : float or None
        The share of zeros.
    not_finite : int
        The number of values that are NaN or infinite.
    """

    minimum: float | None
    mean: float | None
    maximum: float | None
    deviation: float | None
    zeros: float | None
    not_finite: int

    def times(self, factor: float) -> Spread:
        """The distribution of the same numbers, multiplied by a factor above 0."""
        names = ("minimum", "mean", "maximum", "deviation")
        values = {name: value for name in names if (value := getattr(self, name)) is not None}
        return replace(self, **{name: value * factor for name, value in values.items()})


@dataclass(frozen=True)
class PartSummary:
    """A summary of one part of a data set.

    Attributes
    ----------
    samples : int
        The number of samples: all, or for a stream, the first ones.
    classes : tuple of int
        The number of samples of each class or with each label; for sequences with a class at each step, the number of
        steps. Empty for regression.
    targets : tuple of Spread
        The distribution of each value to predict.
    inputs : Spread or None
        The distribution of all raw inputs together; None for a table, whose columns differ (`Dataset.findings`).
    features : tuple of Spread
        The distribution of each input of a flattened sample; empty for a table.
    steps : int
        The number of steps of all sequences with a class at each; else the number of samples.
    fields : dict of str to dict of str to int, or tuple of Spread
        For several targets, by name, the number of samples of each class, or the distribution of values. `classes` and
        `targets` are then empty.
    """

    samples: int
    classes: tuple[int, ...]
    targets: tuple[Spread, ...]
    inputs: Spread | None
    features: tuple[Spread, ...]
    steps: int
    fields: dict[str, dict[str, int] | tuple[Spread, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON."""
        return asdict(self)


def summarize_dataset(dataset: Dataset) -> dict[str, PartSummary]:
    """Summaries of the parts ``train`` and ``test``.

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
    targets = split.targets
    inputs, features = (None, ()) if isinstance(split.inputs, Columns) else _spreads(split.samples)
    summary = PartSummary(len(split), (), (), inputs, features, steps=len(split))
    if targets.dtype.names:
        return replace(summary, fields={name: _field(targets[name]) for name in targets.dtype.names})
    if not classes:
        return replace(summary, targets=_spreads(targets)[1])
    if targets.shape[1:] == (classes,) and targets.max() <= 1:  # a label in each column
        return replace(summary, classes=tuple((targets != 0).sum(axis=0).tolist()))
    counts = np.bincount(targets.reshape(-1), minlength=classes)
    return replace(summary, classes=tuple(counts.tolist()), steps=targets.size)


def _field(targets: NDArray[Any]) -> dict[str, int] | tuple[Spread, ...]:
    """A summary of one of several targets, of shape (n, ...): floating-point numbers are values, all others classes."""
    if targets.dtype.kind == "f":
        return _spreads(targets)[1]
    names, counts = np.unique(targets, return_counts=True)
    return dict(zip(map(str, names.tolist()), counts.tolist(), strict=True))


def _spreads(values: Samples) -> tuple[Spread, tuple[Spread, ...]]:
    """The distribution of all values, and of each column of the flattened samples."""
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
        chunk -= first  # sums of squares of differences lose less precision
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
    """The distribution of ``size`` numbers, ``count`` of which are finite."""
    if not count:
        return Spread(None, None, None, None, None, size)
    deviation = float(max(variance, 0.0)) ** 0.5
    return Spread(float(low), float(mean), float(high), deviation, float(zeros / count), int(size - count))
