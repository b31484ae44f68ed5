"""Inputs: arrays of numbers or tables, their preprocessing and scale, and the samples to train on."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from nnzoo.errors import UsageError
from nnzoo.kinds import Columns, ColumnType, Feature, FittedStep, Floats, Preprocessing, Split, Task
from nnzoo.plugins.registry import default_registry
from nnzoo.training.data import PreparedData

USUAL_SIZE = 20.0
"""The mean of ‖x‖² for which the default learning rates are safe; `docs/architecture.md` has the measurements."""

COLUMN_STEPS: Mapping[ColumnType, tuple[str, ...]] = {
    "number": ("fill", "standardize"),
    "category": ("one-hot",),
    "date": ("date-parts", "fill", "standardize"),
}
"""The preprocessing of a column of a table, by its type."""


def is_table(X: Any) -> bool:
    """Whether inputs are a data frame with more than numbers: texts, dates, categories, missing values."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")  # not imported: no such frame exists
    if pandas and isinstance(X, pandas.DataFrame):
        numeric = all(getattr(dtype, "kind", "O") in "biufc" for dtype in X.dtypes)
        return not numeric or bool(X.isna().to_numpy().any())
    if polars and isinstance(X, polars.DataFrame):
        numeric = all(dtype.is_numeric() or dtype == polars.Boolean for dtype in X.dtypes)
        return not numeric or any(
            column.has_nulls() or (column.dtype.is_float() and column.is_nan().any()) for column in X
        )
    return bool(polars and isinstance(X, polars.LazyFrame))


def as_numbers(preprocessing: Preprocessing, inputs: NDArray[Any] | Columns) -> NDArray[Any]:
    """Preprocessed inputs; arrays without preprocessing are returned unchanged, even in float64."""
    return preprocessing.apply(inputs) if preprocessing.features else inputs  # type: ignore[return-value] # an array


def prepare_samples(
    task: Task, samples: Split, held_out: Split | None, target_steps: tuple[FittedStep, ...], names: tuple[str, ...]
) -> PreparedData:
    """Samples, and those held out for validation, prepared for a new network.

    The preprocessing of columns and the scale of inputs are fitted on ``samples`` alone; ``target_steps`` are the
    preprocessing of targets, and ``names`` those of the outputs.
    """
    preprocessing = Preprocessing()
    if isinstance(samples.inputs, Columns):
        columns, build = samples.inputs, default_registry().build
        features = tuple(
            Feature(tuple(build("preprocessor", step) for step in COLUMN_STEPS[columns.type(name)]), name)
            for name in columns
        )
        preprocessing = Preprocessing.fitted(features, columns)
    preprocessing = replace(preprocessing, targets=target_steps)
    inputs = as_numbers(preprocessing, samples.loaded)
    problem = task.problem(inputs.shape[1:], samples.targets, names)
    scale = input_scale(inputs, samples.weights)
    validation = None if held_out is None else as_seen(preprocessing, scale, held_out)
    return PreparedData(problem, preprocessing, as_seen(preprocessing, scale, samples), validation)


def as_seen(preprocessing: Preprocessing, scale: float, samples: Split) -> Split:
    """Samples as a network with this preprocessing sees them."""
    inputs = as_numbers(preprocessing, samples.loaded)
    return Split(inputs, preprocessing.encode_targets(samples.targets), scale, samples.weights)


def input_scale(inputs: NDArray[Any], weights: Floats | None) -> float:
    """The factor for inputs, which reduces the mean of ‖x‖² to `USUAL_SIZE` if it is larger.

    Raises
    ------
    UsageError
        When the squares overflow.
    """
    squares = np.einsum("ij,ij->i", inputs, inputs, dtype=np.float64)
    size = float(np.average(squares, weights=weights))
    if not math.isfinite(size):
        raise UsageError("X holds values whose squares overflow", hint="scale it: StandardScaler in a Pipeline")
    return math.sqrt(USUAL_SIZE / max(size, USUAL_SIZE))


def counted(samples: Split) -> Split:
    """The samples with a weight above 0; without weights if the remaining ones are all the same.

    Raises
    ------
    UsageError
        When no sample is left.
    """
    if samples.weights is None:
        return samples
    rows = np.flatnonzero(samples.weights)
    if not len(rows):
        raise UsageError("all sample weights are zero", hint="sample_weight needs one above 0")
    left = samples.take(rows)
    weights = left.weights
    return left if weights is not None and np.ptp(weights) else Split(left.inputs, left.targets)


def parted(samples: Split, share: float, seed: int, *, stratify: bool) -> tuple[Split, Split]:
    """Split off a random share of the samples; with ``stratify``, both parts have every class in proportion."""
    rest, held_out = train_test_split(
        np.arange(len(samples)), test_size=share, random_state=seed, stratify=samples.targets if stratify else None
    )
    return samples.take(np.sort(rest)), samples.take(np.sort(held_out))
