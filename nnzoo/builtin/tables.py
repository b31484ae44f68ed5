"""A user's own table."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import MinLen, doc
from numpy.typing import NDArray

from nnzoo.api import (
    Columns,
    DataCache,
    Dataset,
    DatasetLoader,
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
class Csv(DatasetLoader):
    """Your own table, a CSV file: one column is the target, the others are what it is predicted from.

    What a column holds is found out from all of its cells: numbers are standardised, each different text becomes a
    column of zeros and ones, and dates become their parts, all by the training part alone. Columns that can't be learnt
    from, such as row numbers and free text, are left out, and this is reported.

    The target makes classes if it has texts or a few different integers, else it is a number to predict, in its own
    unit.

    A missing value (an empty cell, ``NA``, ``?``, …) is filled: a number with the median of the training part, a text
    with a category of its own. With ``missing=error`` it is an error, and with ``missing=drop`` its row is dropped. A
    cell that does not fit its column is an error that names line and column.
    """

    name: ClassVar[str] = "csv"
    formerly: ClassVar[tuple[str, ...]] = ("nnzoo-datasets/csv",)
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

    path: Annotated[str, MinLen(1), doc("the table, in UTF-8, as it is or packed with gzip")]
    target: Annotated[str, MinLen(1), doc("the column to predict: its name, or its number; -1 is the last")] = "-1"
    header: Annotated[Header, doc("whether the first line names the columns")] = "auto"
    delimiter: Annotated[Delimiter, doc("what stands between fields")] = "auto"
    decimal: Annotated[Decimal, doc("what numbers have before their fraction")] = "point"
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

    def load(self, cache: DataCache) -> Dataset:
        table = self._read(self.path)
        orders = dict(self._order(table, text) for text in self.ordinal)
        targets = Targets.read(table, self.task)
        test = self._read(self.test_path, table) if self.test_path else None
        test_targets = Targets.read(test, self.task, targets) if test else None
        targets = self._complete(table, targets)
        test_targets = self._complete(test, test_targets) if test and test_targets else None
        known, names = targets.classes() if targets.has_classes else ([], ())
        everything, rows = self._split(table, targets, known)
        if len(rows) < 2 and not test:
            left = " without a missing value" if len(rows) < len(table) else ""
            raise FileFormatError(
                f"{table.path} has {len(rows) or 'no'} row{'s' * (len(rows) != 1)} of data{left}; it takes two or more"
            )
        if test and test_targets:
            other, test_rows = self._split(test, test_targets, known)
            train_part, test_part = everything.take(rows), other.take(test_rows)
        else:
            labels = everything.targets[rows] if known else None
            if labels is not None:
                targets.require_two_of_each(everything.targets)
            train, held_out = part_samples(len(rows), self.test_share, self.seed, labels)
            train_part, test_part = everything.take(rows[train]), everything.take(rows[held_out])
        if not known and np.ptp(train_part.targets) == 0:
            what = f"the target is {float(train_part.targets[0, 0]):g} in all rows trained on"
            raise table.error(int(rows[0]), table.target_name, what, "another column is set with target=…")
        _report_unseen(train_part.inputs, test_part.inputs)
        meaning = f"{len(names)} classes" if names else "a number to predict"
        logger.info("%s; target %r: %s", table, table.target_name, meaning)
        return Dataset(
            train_part,
            test_part,
            names,
            features=tuple(Feature(self._steps(table, name, orders), name) for name in table.columns),
            value_names=() if names else (table.target_name,),
            findings=tuple(_with_meaning(finding, meaning) for finding in table.findings),
        )

    def _read(self, path: str, like: Table | None = None) -> Table:
        """A table with its target; one for testing has the columns of the first."""
        ordinal = tuple(text.partition(":")[0] for text in self.ordinal)
        return read_table(
            own_file(path),
            types=like.types if like else None,
            target=like.target_name if like else self.target,
            header=self.header,
            delimiter="auto" if like else self.delimiter,
            decimal=self.decimal,
            dates=self.dates,
            categorical=() if like else (*self.categorical, *ordinal),
            ignore=() if like else self.ignore,
        )

    def _order(self, table: Table, text: str) -> tuple[str, str]:
        """An ordinal column's name, and the order of its categories."""
        name, _, order = text.partition(":")
        if name not in table.columns.arrays:
            raise UsageError(
                f"there is no column {name!r} to put in order", hint=f"columns are {', '.join(table.columns)}"
            )
        return name, order

    def _complete(self, table: Table, targets: Targets) -> Targets:
        """The targets, without those of rows that are dropped; what is not to be missing is an error."""
        if self.missing != "drop":
            targets.require_all()
        if self.missing == "fill":
            return targets
        incomplete = targets.missing
        for name in table.columns:
            where = _missing(table.columns[name])
            if self.missing == "error" and where.any():
                raise table.error(
                    int(where.argmax()),
                    name,
                    "the value is missing",
                    "fill it in, remove the row, leave the column out: ignore={column}, or take missing=fill",
                )
            incomplete = incomplete | where
        if incomplete.any():
            logger.warning(
                "%s: %s of %s rows are dropped, as a value is missing",
                table.path,
                f"{int(incomplete.sum()):,}",
                f"{len(table):,}",
            )
        return targets.without(incomplete)

    def _split(self, table: Table, targets: Targets, known: list[Any]) -> tuple[Split, NDArray[np.intp]]:
        """All rows of a table, and the numbers of those that have a target."""
        values = targets.labels(known) if known else targets.values[:, None]
        return Split(table.columns, values), np.flatnonzero(~targets.missing)

    def _steps(self, table: Table, name: str, orders: dict[str, str]) -> tuple[Preprocessor, ...]:
        """What is done to a column before the network sees it."""
        missing: Literal["fill", "error"] = "fill" if self.missing == "fill" else "error"
        scaled = () if self.standardize == "none" else (Standardize(),)
        kind = table.columns.type(name)
        if name in orders:
            return (Ordinal(orders[name], missing), *scaled)
        if kind == "category":
            return (OneHot(missing),)
        numbers = (Fill(missing), *scaled)
        return (DateParts(), *numbers) if kind == "date" else numbers


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a column has no value."""
    if column.dtype.kind == "O":
        return np.equal(column, None)
    return np.isnat(column) if column.dtype.kind == "M" else np.isnan(column)


def _report_unseen(train: Any, test: Any) -> None:
    """Warn of categories that only the test part has."""
    assert isinstance(train, Columns)
    assert isinstance(test, Columns)
    for name in train:
        if train.type(name) == "category":
            unseen = sorted(set(test[name]) - set(train[name]) - {None})
            if unseen:
                logger.warning(
                    "column %r: in the test part alone there %s %s%s",
                    name,
                    "is" if len(unseen) == 1 else "are",
                    ", ".join(map(repr, unseen[:_SHOWN])),
                    ", …" * (len(unseen) > _SHOWN),
                )


def _with_meaning(finding: Finding, meaning: str) -> Finding:
    """The finding, with what the target means."""
    return replace(finding, note=meaning) if finding.use == "target" else finding
