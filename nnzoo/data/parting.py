"""Dividing samples: into those trained on and those tested on, or into folds, each of which is tested on once."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, doc
from numpy.typing import NDArray

from nnzoo.errors import UsageError
from nnzoo.kinds import Dataset, Split, Stream

TestShare: TypeAlias = Annotated[
    float, Gt(0), Lt(1), doc("share of the samples, the same of each class, that is for testing")
]
Seed: TypeAlias = Annotated[int, Ge(0), doc("decides which samples are for testing")]
Indices: TypeAlias = NDArray[np.intp]

MOST = 1000
Folds: TypeAlias = Annotated[int, Ge(2), Le(MOST), doc("into how many parts the training part is divided")]


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


def fold_numbers(train: Split, folds: int, seed: int = 0) -> NDArray[np.intp]:
    """The fold that each training sample is tested in, of shape (n,).

    Samples are divided at random. No fold has two samples more than another, nor two more of a class, where targets are
    class numbers of shape (n,). Samples that follow one another (`Split.ordered`) are divided into stretches.

    Raises
    ------
    UsageError
        When there are fewer samples than folds, or samples come as a stream.

    References
    ----------
    Kohavi (1995), "A study of cross-validation and bootstrap for accuracy estimation and model selection", IJCAI.
    """
    if isinstance(train.inputs, Stream):
        raise UsageError(
            "samples of a stream can't be divided into folds",
            hint="train with several seeds instead (in a command, --seeds 8)",
        )
    samples = len(train)
    if samples < folds:
        raise UsageError(f"{samples} training samples can't be divided into {folds} folds")
    found = np.empty(samples, np.intp)
    if train.ordered:
        found[:] = np.arange(samples) * folds // samples
        return found
    order = np.random.default_rng(seed).permutation(samples)
    targets = train.targets
    if targets.ndim == 1 and targets.dtype.kind in "biu":
        order = order[np.argsort(targets[order], kind="stable")]  # class by class, each in random order
    found[order] = np.arange(samples) % folds
    return found


def fold_dataset(dataset: Dataset, folds: int, number: int, seed: int = 0) -> Dataset:
    """The data set whose test part is one fold of the training part, and whose training part is the rest of it.

    The test part of ``dataset`` is in neither.

    Raises
    ------
    UsageError
        As `fold_numbers`.
    """
    tested = fold_numbers(dataset.train, folds, seed) == number
    train, test = (_part(dataset.train, np.flatnonzero(chosen)) for chosen in (~tested, tested))
    return replace(dataset, train=train, test=test)


def _part(split: Split, places: NDArray[np.intp]) -> Split:
    """Samples, copied where they are in memory."""
    return split.take(places) if type(split.inputs) is np.ndarray else split.view(places)
