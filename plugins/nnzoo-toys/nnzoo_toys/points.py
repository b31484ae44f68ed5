"""The common hyperparameters of the data sets of points, and their conversion from coordinates to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import Columns, Dataset, Feature, Finding, Split, part_samples
from nnzoo.builtin.preprocessors import Standardize
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.float64]
Samples: TypeAlias = Annotated[int, Ge(50), Le(1_000_000), doc("samples, a fifth of which are for testing")]
Noise: TypeAlias = Annotated[float, Ge(0), Le(10), doc("standard deviation of the noise on each coordinate")]
Seed: TypeAlias = Annotated[int, Ge(0), doc("decides all that is random in the data")]

LICENSE = "none: the data are computed"
TEST_SHARE = 0.2
DECIMALS = 6
"""Values are rounded: sines of two machines may differ in the last bit, and the data must not."""


def shuffled_classes(rng: np.random.Generator, samples: int, classes: int) -> NDArray[np.intp]:
    """A class for each sample, as many of each, in random order; of shape (n,)."""
    return rng.permutation(np.arange(samples, dtype=np.intp) % classes)


def classified(points: Reals, labels: NDArray[np.intp], names: Sequence[str], seed: int) -> Dataset:
    """Points and their classes, with the same share of each class for testing.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        In the order in which they were drawn.
    labels : ndarray of shape (n,)
        Class numbers.
    names : sequence of str
        The names of the classes.
    seed : int
        Decides which samples are for testing.
    """
    target = Finding(
        "class", "category", "target", f"{len(names)} classes", different=len(names), some=tuple(names[:3])
    )
    train, test, findings = _parts({"x": points[:, 0], "y": points[:, 1]}, labels, target, seed)
    return Dataset(train, test, tuple(names), features=_FEATURES, findings=findings)


def measured(inputs: Mapping[str, Reals], values: Reals, seed: int) -> Dataset:
    """Inputs, each of shape (n,), and the value that belongs to them, of shape (n,)."""
    values = np.round(values, DECIMALS)
    target = _described("value", values, "target", "a number to predict")
    train, test, findings = _parts(inputs, values[:, None], target, seed)
    features = tuple(feature for feature in _FEATURES if feature.column in inputs)
    return Dataset(train, test, features=features, value_names=("value",), findings=findings)


_FEATURES = (Feature((Standardize(),), "x"), Feature((Standardize(),), "y"))


def _parts(
    inputs: Mapping[str, Reals], targets: NDArray[Any], target: Finding, seed: int
) -> tuple[Split, Split, tuple[Finding, ...]]:
    table = Columns({name: np.round(values, DECIMALS) for name, values in inputs.items()})
    labels = targets if targets.ndim == 1 else None
    everything = Split(table, targets)
    train, test = part_samples(len(table), TEST_SHARE, seed, labels)
    findings = (*(_described(name, table[name]) for name in table), target)
    return everything.take(train), everything.take(test), findings


def _described(name: str, values: Reals, use: str = "input", note: str = "") -> Finding:
    different, low, high = len(np.unique(values)), float(values.min()), float(values.max())
    if use == "target":
        return Finding(name, "number", "target", note, different=different, low=low, high=high)
    return Finding(name, "number", different=different, low=low, high=high)
