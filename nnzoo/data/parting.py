"""Dividing samples into those trained on and those tested on."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Lt, doc
from numpy.typing import NDArray

TestShare: TypeAlias = Annotated[
    float, Gt(0), Lt(1), doc("share of the samples, the same of each class, that is for testing")
]
Seed: TypeAlias = Annotated[int, Ge(0), doc("decides which samples are for testing")]
Indices: TypeAlias = NDArray[np.intp]


def part_samples(
    samples: int, share: float, seed: int, labels: NDArray[np.integer[Any]] | None
) -> tuple[Indices, Indices]:
    """Which samples are for training and which for testing, both in their order.

    A class of n ≥ 2 samples gives round(n · share) of them for testing, but at least one and not all. So do all
    samples together where there are no classes.

    Parameters
    ----------
    samples : int
        How many there are, two or more.
    share : float
        How many of them are for testing.
    seed : int
        Which ones.
    labels : ndarray of shape (samples,), integer, or None
        The class of each sample, two or more of a class.
    """
    rng = np.random.default_rng(seed)
    order = np.arange(samples) if labels is None else np.argsort(labels, kind="stable")
    groups = [order] if labels is None else np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    chosen = [rng.permutation(group)[: min(max(round(len(group) * share), 1), len(group) - 1)] for group in groups]
    is_test = np.zeros(samples, np.bool_)
    is_test[np.concatenate(chosen)] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)
