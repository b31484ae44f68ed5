"""A user's own table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import MinLen, doc
from numpy.typing import NDArray

from nnzoo.api import (
    Columns,
    ColumnType,
    DataCache,
    Dataset,
    DateOrder,
    Decimal,
    Delimiter,
    Feature,
    FileFormatError,
    Finding,
    Header,
    Preprocessor,
    Seed,
    Split,
    Table,
    TableLoader,
    Targets,
    TargetTask,
    TestShare,
    UsageError,
    own_file,
    part_samples,
    read_table,
)
from nnzoo.builtin.preprocessors import DateParts, Fill, OneHot, Ordinal, Standardize

logger = logging.getLogger("nnzoo")

_SHOWN = 3


@dataclass(frozen=True)
class Csv(TableLoader):
    """Your own table, a CSV file: one column is the target, the others are what it is predicted from.

    What a column holds is found out from all of its cells: numbers are standardised, each different text becomes a
    column of zeros and ones, and dates become their parts, all by the training part alone. Columns that can't be learnt
    from, such as row numbers and free text, are left out, and this is reported.

    The target makes classes if it has texts or a few different integers, else it is a number to predict, in its own
    unit.

    A missing value (an empty cell, ``NA``, ``?``, …) is filled: a number with the median of the training part, a text
    with a category of its own. With ``missing=error`` it is an error, and with ``missing=drop`` its row is dropped. A
    missing target is never filled: it is an error, unless ``unlabelled=drop`` drops its row. A cell that does not fit
    its column is an error that names line and column.
    """

    name: ClassVar[str] = "csv"
    formerly: ClassVar[tuple[str, ...]] = ("nnzoo-datasets/csv",)
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

    path: Annotated[str, MinLen(1), doc("the table, in UTF-8, as it is or packed with gzip")]
    target: Annotated[str, MinLen(1), doc("the column to predict: its name, or its number; -1 is the last")] = "-1"
    header: Annotated[Header, doc("whether the first line names the columns")] = "auto"
    delimiter: Annotated[Delimiter, doc("what stands between fields")] = "auto"
    decimal: Annotated[Decimal, doc("the decimal separator of numbers")] = "point"
    task: Annotated[TargetTask, doc("whether the target is a class or a number")] = "auto"
    test_path: Annotated[str, doc("a second table, for testing; without one, rows of the first are for testing")] = ""
    test_share: TestShare = 0.2
    seed: Seed = 0
    categorical: Annotated[tuple[str, ...], doc("columns to read as texts, though they have numbers")] = ()
    ignore: Annotated[tuple[str, ...], doc("columns to leave out")] = ()
    standardize: Annotated[
        Literal["all", "inputs", "none"],
        doc("whether columns of numbers are standardised; all and inputs both mean so, as the task scales its targets"),
    ] = "all"
    missing: Annotated[
        Literal["fill", "error", "drop"], doc("what becomes of missing values: filled, an error, or the row is dropped")
    ] = "fill"
    ordinal: Annotated[
        tuple[str, ...], doc("columns of texts that have an order, each as name:low|mid|high, lowest first")
    ] = ()
    dates: Annotated[DateOrder, doc("how 3/4/2024 is meant; auto goes by the other dates of the column")] = "auto"
    unlabelled: Annotated[Literal["error", "drop"], doc("what becomes of a row whose target is missing")] = "error"

    def load(self, cache: DataCache) -> Dataset:
        ordinal = tuple(text.partition(":")[0] for text in self.ordinal)
        table = read_table(
            own_file(self.path),
            target=self.target,
            header=self.header,
            delimiter=self.delimiter,
            decimal=self.decimal,
            dates=self.dates,
            categorical=(*self.categorical, *ordinal),
            ignore=self.ignore,
        )
        return self._dataset(table)

    def load_as(self, cache: DataCache, types: Mapping[str, ColumnType]) -> Dataset:
        return self._dataset(self._like(self.path, types, self.target, self.delimiter))

    def load_rows(self, cache: DataCache, types: Mapping[str, ColumnType], classes: tuple[str, ...]) -> Split:
        table = self._like(self.path, types, self.target, self.delimiter)
        targets = self._complete(Targets.read(table, "classification" if classes else "regression"))
        rows, everything = _rows(targets, classes)
        return everything.take(rows)

    def _like(self, path: str, types: Mapping[str, ColumnType], target: str, delimiter: Delimiter) -> Table:
        """A table whose columns are of known types."""
        return read_table(
            own_file(path),
            types=types,
            target=target,
            header=self.header,
            delimiter=delimiter,
            decimal=self.decimal,
            dates=self.dates,
        )

    def _dataset(self, table: Table) -> Dataset:
        """The data set of a table, and of the one for testing."""
        targets = self._complete(Targets.read(table, self.task))
        names = targets.classes() if targets.has_classes else ()
        rows, everything = _rows(targets, names)
        if self.test_path:
            test_table = self._like(self.test_path, table.types, table.target_name, "auto")
            test_rows, other = _rows(self._complete(Targets.read(test_table, self.task, targets)), names)
            train, test = everything.take(rows), other.take(test_rows)
        else:
            if names:
                targets.require_two_of_each(everything.targets)
            kept, held_out = self._divided(table, rows, everything.targets if names else None)
            train, test = everything.take(kept), everything.take(held_out)
        if not names and np.ptp(train.targets) == 0:
            what = f"the target is {float(train.targets[0, 0]):g} in all rows trained on"
            raise table.error(int(rows[0]), table.target_name, what, "another column is set with target=…")
        _report_unseen(train, test)
        meaning = f"{len(names)} classes" if names else "a number to predict"
        logger.info("%s; target %r: %s", table, table.target_name, meaning)
        return Dataset(
            train,
            test,
            names,
            features=self._features(table),
            value_names=() if names else (table.target_name,),
            findings=tuple(_with_meaning(finding, meaning, classes=bool(names)) for finding in table.findings),
        )

    def _divided(
        self, table: Table, rows: NDArray[np.intp], labels: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which of the rows are for training and which for testing."""
        if len(rows) < 2:
            left = " left" if len(rows) < len(table) else ""
            raise FileFormatError(
                f"{table.path} has {len(rows) or 'no'} row{'s' * (len(rows) != 1)} of data{left}; it takes two or more"
            )
        train, test = part_samples(len(rows), self.test_share, self.seed, None if labels is None else labels[rows])
        return rows[train], rows[test]

    def _complete(self, targets: Targets) -> Targets:
        """The targets, without those of rows that are dropped; what must not be missing is an error."""
        if self.missing != "drop" and self.unlabelled == "error":
            targets.require_all()
        table, unlabelled = targets.table, targets.missing
        incomplete = unlabelled
        for name in table.columns if self.missing != "fill" else ():
            missing = table.columns.missing(name) & ~unlabelled
            if self.missing == "error" and missing.any():
                hint = "fill it in, remove the row, leave the column out: ignore={column}, or take missing=fill"
                raise table.error(int(missing.argmax()), name, "the value is missing", hint)
            incomplete = incomplete | missing
        if incomplete.any():
            what = "with a missing value" if self.missing == "drop" else "without a target"
            logger.warning("%s: rows %s are dropped: %d of %d", table.path, what, incomplete.sum(), len(table))
        return targets.without(incomplete)

    def _features(self, table: Table) -> tuple[Feature, ...]:
        """What is done to each column before the network sees it."""
        missing: Literal["fill", "error"] = "fill" if self.missing == "fill" else "error"
        scaled = () if self.standardize == "none" else (Standardize(),)
        numbers = (Fill(missing), *scaled)
        steps: dict[str, tuple[Preprocessor, ...]] = {
            "number": numbers,
            "category": (OneHot(missing),),
            "date": (DateParts(), *numbers),
        }
        features = {name: steps[table.columns.type(name)] for name in table.columns}
        for text in self.ordinal:
            name, _, order = text.partition(":")
            if name not in features:
                columns = ", ".join(features)
                raise UsageError(f"there is no column {name!r} to put in order", hint=f"columns are {columns}")
            features[name] = (Ordinal(order, missing), *scaled)
        return tuple(Feature(steps, name) for name, steps in features.items())


def _rows(targets: Targets, classes: tuple[str, ...]) -> tuple[NDArray[np.intp], Split]:
    """The rows of a table that have a target, and all its rows."""
    values = targets.labels(classes) if classes else targets.values[:, None]
    return np.flatnonzero(~targets.missing), Split(targets.table.columns, values)


def _report_unseen(train: Split, test: Split) -> None:
    """Warn of categories that only the test part has."""
    known, others = train.inputs, test.inputs
    assert isinstance(known, Columns)
    assert isinstance(others, Columns)
    for name in known:
        unseen = sorted(set(others[name]) - {*known[name], None}) if known.type(name) == "category" else []
        if unseen:
            some = ", ".join(map(repr, unseen[:_SHOWN])) + ", …" * (len(unseen) > _SHOWN)
            logger.warning("column %r: only the test part has %s; it counts as an average category", name, some)


def _with_meaning(finding: Finding, meaning: str, *, classes: bool) -> Finding:
    """The finding, with what the target means."""
    if finding.use != "target":
        return finding
    return replace(finding, type="category" if classes else "number", note=meaning)
