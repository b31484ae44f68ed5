"""Divide samples into a training and a test part, or into folds, each of which is tested on once."""

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
Seed: TypeAlias = Annotated[int, Ge(0), doc("random seed that selects the samples for testing")]
Indices: TypeAlias = NDArray[np.intp]

MOST = 1000
Folds: TypeAlias = Annotated[int, Ge(2), Le(MOST), doc("number of parts that the training part is divided into")]


def part_samples(
    samples: int, share: float, seed: int, labels: NDArray[np.integer[Any]] | None
) -> tuple[Indices, Indices]:
    """The indices of the training samples and of the test samples, both in ascending order.

    Of a class of n ≥ 2 samples, round(n · share) are for testing, but at least one and not all. Without classes, this
    holds for all samples together.

    Parameters
    ----------
    samples : int
        Number of samples, two or more.
    share : float
        Share of the samples for testing.
    seed : int
        Random seed that selects them.
    labels : ndarray of shape (samples,), integer, or None
        The class of each sample; each class has two samples or more.
    """
    rng = np.random.default_rng(seed)
    order = np.arange(samples) if labels is None else np.argsort(labels, kind="stable")
    groups = [order] if labels is None else np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    chosen = [rng.permutation(group)[: min(max(round(len(group) * share), 1), len(group) - 1)] for group in groups]
    is_test = np.zeros(samples, np.bool_)
    is_test[np.concatenate(chosen)] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def fold_numbers(train: Split, folds: int, seed: int = 0) -> NDArray[np.intp]:
    """The number of the fold in which each training sample is tested, of shape (n,).

    Samples are divided at random. The sizes of folds differ by at most one sample, and by at most one of each class if
    targets are class numbers of shape (n,). Samples that follow one another (`Split.ordered`) are divided in sequence.

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
    if train.ordered:
        return np.arange(samples) * folds // samples
    order = np.random.default_rng(seed).permutation(samples)
    targets = train.targets
    if targets.ndim == 1 and targets.dtype.kind in "biu":
        order = order[np.argsort(targets[order], kind="stable")]  # class by class, each in random order
    numbers = np.empty(samples, np.intp)
    numbers[order] = np.arange(samples) % folds
    return numbers


def fold_dataset(dataset: Dataset, folds: int, number: int, seed: int = 0) -> Dataset:
    """A data set with one fold of the training part as test part, and the other folds as training part.

    The original test part is not used. Errors are those of `fold_numbers`.
    """
    train, tested = dataset.train, fold_numbers(dataset.train, folds, seed) == number
    part = train.take if type(train.inputs) is np.ndarray else train.view  # copied if in memory
    return replace(dataset, train=part(np.flatnonzero(~tested)), test=part(np.flatnonzero(tested)))
