"""Data sets of tables and labels with one mistake each: the kit finds and names it."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import Columns, Dataset, DatasetLoader, Feature, Rows, Split, Stream
from nnzoo.builtin.preprocessors import Fill, OneHot, Standardize

FEATURES = (Feature((Fill(), Standardize()), "age"), Feature((OneHot(),), "town"))


def rows(seed, count):
    """A table with missing values, and a class number for each of its rows."""
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(count) < 0.1, np.nan, rng.normal(40, 10, count))
    town = rng.choice(np.array(["Bern", "Basel", None], object), count)
    return Split(Columns({"age": age, "town": town}), rng.integers(3, size=count))


@dataclass(frozen=True)
class Table(DatasetLoader):
    """The base of the wrong data sets: a table with classes, and it passes."""

    name: ClassVar[str] = "wrong"

    def load(self, cache):
        return Dataset(rows(0, 90), rows(1, 30), ("low", "middle", "high"), features=FEATURES)


@dataclass(frozen=True)
class WithoutFeatures(Table):
    """Does not say what to do with its columns."""

    def load(self, cache):
        return replace(super().load(cache), features=())


@dataclass(frozen=True)
class MissingLeftMissing(Table):
    """Leaves missing numbers where they are."""

    def load(self, cache):
        return replace(super().load(cache), features=(Feature((Standardize(),), "age"),))


@dataclass(frozen=True)
class UnknownColumn(Table):
    """Names a column that is not there."""

    def load(self, cache):
        return replace(super().load(cache), features=(Feature((Fill(),), "height"),))


@dataclass(frozen=True)
class FourthClass(Table):
    """Has a class in the test part that has no name."""

    def load(self, cache):
        data = super().load(cache)
        return replace(data, test=replace(data.test, targets=data.test.targets + 1))


@dataclass(frozen=True)
class UnknownTask(Table):
    """Is for an unknown task."""

    def load(self, cache):
        return replace(super().load(cache), task="classifications")


@dataclass(frozen=True)
class TestRowsInTraining(Table):
    """Takes the test rows out of the training part, and leaves them there."""

    __test__: ClassVar[bool] = False

    def load(self, cache):
        data = super().load(cache)
        return replace(data, test=data.train.take(np.arange(10)))


@dataclass(frozen=True)
class SharedColumns(Table):
    """Returns the same columns to every caller."""

    kept: ClassVar[list[object]] = []

    def load(self, cache):
        self.kept[:] = self.kept or [super().load(cache)]
        return self.kept[0]


@dataclass(frozen=True)
class NegativeWeights(Table):
    """Samples that count less than nothing."""

    def load(self, cache):
        data = super().load(cache)
        return replace(data, train=replace(data.train, weights=np.full(90, -1.0)))


@dataclass(frozen=True)
class Labels(Table):
    """A label that no training sample has."""

    def load(self, cache):
        data = super().load(cache)
        train, test = (replace(s, targets=np.eye(4, dtype=np.int64)[s.targets]) for s in (data.train, data.test))
        return replace(data, train=train, test=test, class_names=("a", "b", "c", "d"), task="multi-label")


@dataclass(frozen=True)
class ValuesWithOneName(Table):
    """Two values, both called price."""

    def load(self, cache):
        data = super().load(cache)
        train, test = (replace(s, targets=np.stack([s.targets] * 2, 1) * 1.5) for s in (data.train, data.test))
        return replace(data, train=train, test=test, class_names=(), task="regression", value_names=("price", "price"))


@dataclass(frozen=True)
class NeighboursMatter(Table):
    """Reads samples that are shifted by the first one it reads."""

    def load(self, cache):
        values = np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32)

        def read(places, out):
            out[...] = values[places] - values[places[0]] + values[0]

        labels = np.arange(90) % 3
        rows = Rows((90, 3), np.dtype(np.float32), read)
        return Dataset(Split(rows, labels), Split(values + 1, labels), ("a", "b", "c"))


@dataclass(frozen=True)
class StreamOf(Table):
    """A stream of noise."""

    def read(self, cursor, inputs, targets):
        rng = np.random.default_rng(int(cursor["next"]))
        inputs[...] = rng.normal(size=inputs.shape)
        targets[...] = np.arange(len(targets)) % 3
        cursor["next"] += 1

    def load(self, cache):
        start = lambda: {"next": np.zeros((), np.int64)}  # noqa: E731
        stream = Stream(50, (2,), np.dtype(np.float32), (), np.dtype(np.intp), start, self.read)
        test = np.random.default_rng(99).normal(size=(30, 2)).astype(np.float32)
        return Dataset(Split.of_stream(stream), Split(test, np.arange(30) % 3), ("a", "b", "c"))


@dataclass(frozen=True)
class BeginsAgain(StreamOf):
    """Forgets to move the cursor on."""

    def read(self, cursor, inputs, targets):
        inputs[...], targets[...] = 1.5, 0


WRONG = [
    (NeighboursMatter, "reading", "samples of the training part depend on which others are read"),
    (StreamOf, "reading", "ten samples of the stream differ when they are read in pieces"),
    (BeginsAgain, "reading", "the stream starts over"),
    (WithoutFeatures, "types", "list the preprocessing of each column in Dataset.features"),
    (MissingLeftMissing, "types", "a network can't be trained on it: training part: column 'age'"),
    (UnknownColumn, "types", "height"),
    (FourthClass, "types", "can't be trained on it: test part: labels run from 1 to 3, but there are 3 classes"),
    (UnknownTask, "types", "there is no task 'classifications'; did you mean classification?"),
    (NegativeWeights, "types", "a weight of the training part is not a finite number of at least 0"),
    (TestRowsInTraining, "split", "100% of the test samples are also training samples"),
    (SharedColumns, "own-arrays", "load returns the changed arrays again"),
    (Labels, "classes", "no training sample is of class d"),
    (ValuesWithOneName, "classes", "two classes have the same name: ('price', 'price')"),
]


@pytest.mark.parametrize(("cls", "check", "message"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_mistake_is_found(verdict_of, cls, check, message):
    assert message in verdict_of(cls(), check)


@pytest.mark.parametrize("cls", [cls for cls, _, _ in WRONG])
def test_every_check_ends_in_a_verdict(verdicts_of, cls):
    assert any(verdicts_of(cls()).values())


@dataclass(frozen=True)
class FewRows(Table):
    """A table in which the same rows occur again and again, as they do where all columns are categories."""

    def load(self, cache):
        data = super().load(cache)
        train, test = (replace(s, inputs=s.inputs.select(["town"])) for s in (data.train, data.test))
        return replace(data, train=train, test=test, features=FEATURES[1:])


@pytest.mark.parametrize("loader", [Table(), FewRows()], ids=lambda loader: type(loader).__name__)
def test_a_correct_table_passes(verdicts_of, loader):
    assert not any(verdicts_of(loader).values())
