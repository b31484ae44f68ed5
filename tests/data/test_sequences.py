"""Data sets with a class at each step of a sequence, and samples that follow one another."""

from __future__ import annotations

import numpy as np

from nnzoo.api import Dataset, Split, prepare_dataset
from nnzoo.data.summary import summarize_dataset
from nnzoo.testing.models import ClassAtEachStep

RNG = np.random.default_rng(0)


def sequences(samples: int, *, ordered: bool = False) -> Split:
    return Split(RNG.integers(3, size=(samples, 5)), RNG.integers(3, size=(samples, 5)), ordered=ordered)


def test_classes_are_counted_at_each_step() -> None:
    data = Dataset(sequences(20), sequences(8), ("a", "b", " "), task="class-at-each-step")
    train = summarize_dataset(data)["train"]
    assert train.classes == tuple(np.bincount(data.train.targets.reshape(-1)).tolist())
    assert (train.samples, train.steps, sum(train.classes)) == (20, 100, 100)


def test_samples_that_follow_one_another_hold_out_the_last_ones() -> None:
    parts = sequences(20, ordered=True), sequences(8, ordered=True)
    data = Dataset(*parts, ("a", "b", "c"), task="class-at-each-step")
    prepared = prepare_dataset(data, ClassAtEachStep(), validation=0.25)
    assert prepared.validation is not None
    np.testing.assert_array_equal(prepared.validation.array, data.train.array[15:])
    np.testing.assert_array_equal(prepared.train.array, data.train.array[:15])
    unordered = Dataset(*(Split(part.array, part.targets) for part in parts), ("a", "b", "c"), task=data.task)
    assert unordered.sha256() != data.sha256()
