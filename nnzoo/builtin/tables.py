"""A user's own table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

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
    columns_of,
    own_file,
    part_samples,
    read_table,
)
from nnzoo.builtin.preprocessors import DateParts, Fill, OneHot, Ordinal, Standardize

logger = logging.getLogger("nnzoo")

_SHOWN = 3


@dataclass(frozen=True)
class Csv(TableLoader):
    """Your own table, a CSV file: one column is the target, and the others are the inputs.

    The type of a column is found from all of its cells: numbers are standardised, each distinct text becomes a column
    of zeros and ones, and dates become their parts, all fitted to the training part alone. Columns without predictive
    value, such as row numbers and free text, are left out, and this is reported.

    The target has classes if its values are texts or a few distinct integers; else it is a number to predict, in its
    own unit.

    A missing value (an empty cell, ``NA``, ``?``, …) is filled: a number with the median of the training part, a text
    with a separate category. With ``missing=error`` it is an error, and with ``missing=drop`` its row is dropped. A
    missing target is never filled: it is an error, unless ``unlabelled=drop`` drops its row. A cell that does not fit
    its column is an error that names line and column.
    """

    name: ClassVar[str] = "csv"
    formerly: ClassVar[tuple[str, ...]] = ("nnzoo-datasets/csv",)
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

    path: Annotated[str, MinLen(1), doc("the table, in UTF-8, plain or compressed with gzip")]
    target: Annotated[str, MinLen(1), doc("the column to predict: its name, or its number; -1 is the last")] = "-1"
    header: Annotated[Header, doc("whether the first line names the columns")] = "auto"
    delimiter: Annotated[Delimiter, doc("the character between fields")] = "auto"
    decimal: Annotated[Decimal, doc("the decimal separator of numbers")] = "point"
    task: Annotated[TargetTask, doc("whether the target is a class or a number")] = "auto"
    test_path: Annotated[
        str, doc("a second table, for testing; without it, some rows of the first are for testing")
    ] = ""
    test_share: TestShare = 0.2
    seed: Seed = 0
    categorical: Annotated[tuple[str, ...], doc("columns of numbers to read as texts")] = ()
    ignore: Annotated[tuple[str, ...], doc("columns to leave out")] = ()
    standardize: Annotated[
        Literal["all", "inputs", "none"],
        doc("whether to standardise columns of numbers; all and inputs mean the same, as the task scales its targets"),
    ] = "all"
    missing: Annotated[
        Literal["fill", "error", "drop"], doc("how to treat missing values: fill them, raise an error, or drop the row")
    ] = "fill"
    ordinal: Annotated[
        tuple[str, ...], doc("columns of texts with an order, each as name:low|mid|high, lowest first")
    ] = ()
    dates: Annotated[DateOrder, doc("the meaning of 3/4/2024; auto decides by the other dates of the column")] = "auto"
    unlabelled: Annotated[Literal["error", "drop"], doc("how to treat a row without a target")] = "error"

    def load(self, cache: DataCache) -> Dataset:
        for text in self.ordinal:
            name, _, order = text.partition(":")
            words = order.split("|")
            read = columns_of({name: words}, {name: "category"})[name].tolist()
            if order and None in read:
                raise UsageError(
                    f"ordinal={text}: {words[read.index(None)]!r} is read as a missing value",
                    hint="use another word for it, in the table too",
                )
        categorical = (*self.categorical, *(text.partition(":")[0] for text in self.ordinal))
        return self._dataset(self._read(self.path, self.target, categorical=categorical, ignore=self.ignore))

    def load_as(self, cache: DataCache, types: Mapping[str, ColumnType]) -> Dataset:
        return self._dataset(self._read(self.path, self.target, types=types))

    def load_rows(self, cache: DataCache, types: Mapping[str, ColumnType], classes: tuple[str, ...]) -> Split:
        table = self._read(self.path, self.target, types=types)
        like = None if all(map(_is_number, classes)) else Targets(table, np.array(classes, object), has_classes=True)
        targets = self._complete(Targets.read(table, "classification" if classes else "regression", like))
        rows, everything = _rows(targets, classes)
        return everything.take(rows)

    def _read(self, path: str, target: str, **options: Any) -> Table:
        """A table in the format that the hyperparameters describe; see `read_table` for the options."""
        options = {"delimiter": self.delimiter, "decimal": self.decimal, "dates": self.dates, **options}
        return read_table(own_file(path), target=target, header=self.header, **options)

    def _dataset(self, table: Table) -> Dataset:
        """The data set of a table, and of the one for testing if there is one."""
        targets = self._complete(Targets.read(table, self.task))
        names = targets.classes() if targets.has_classes else ()
        rows, everything = _rows(targets, names)
        if self.test_path:
            test_table = self._read(self.test_path, table.target_name, types=table.types, delimiter="auto")
            if note := test_table.require_units({finding.name: finding.unit for finding in table.findings}):
                logger.warning("%s: %s", test_table.path, note)
            test_rows, other = _rows(self._complete(Targets.read(test_table, self.task, targets)), names)
            train, test = everything.take(rows), other.take(test_rows)
        else:
            if names:
                targets.require_two_of_each(everything.targets)
            for_training, for_testing = self._divided(table, rows, everything.targets if names else None)
            train, test = everything.take(for_training), everything.take(for_testing)
        if not names and np.ptp(train.targets) == 0:
            what = f"the target is {float(train.targets[0, 0]):g} in all training rows"
            raise table.error(int(rows[0]), table.target_name, what, "choose another column with target=…")
        _report_unseen(train, test)
        meaning = f"{len(names)} classes" if names else "a number to predict"
        target: dict[str, Any] = {"type": "category" if names else "number", "note": meaning}
        logger.info("%s; target %r: %s", table, table.target_name, meaning)
        return Dataset(
            train,
            test,
            names,
            features=self._features(table),
            value_names=() if names else (table.target_name,),
            findings=tuple(replace(each, **target) if each.use == "target" else each for each in table.findings),
        )

    def _divided(
        self, table: Table, rows: NDArray[np.intp], labels: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows for training and those for testing."""
        if len(rows) < 2:
            left = " left" if len(rows) < len(table) else ""
            found = f"{len(rows) or 'no'} row{'s' * (len(rows) != 1)} of data{left}"
            raise FileFormatError(f"{table.path} has {found}; at least two are needed")
        train, test = part_samples(len(rows), self.test_share, self.seed, None if labels is None else labels[rows])
        return rows[train], rows[test]

    def _complete(self, targets: Targets) -> Targets:
        """The targets of the rows that are not dropped; a missing value is an error if the hyperparameters say so."""
        if self.missing != "drop" and self.unlabelled == "error":
            targets.require_all()
        table, unlabelled = targets.table, targets.missing
        incomplete = unlabelled
        for name in table.columns if self.missing != "fill" else ():
            missing = table.columns.missing(name) & ~unlabelled
            if self.missing == "error" and missing.any():
                hint = "fill it in, remove the row, leave the column out with ignore={column}, or use missing=fill"
                raise table.error(int(missing.argmax()), name, "the value is missing", hint)
            incomplete = incomplete | missing
        if incomplete.any():
            what = "with a missing value" if self.missing == "drop" else "without a target"
            logger.warning("%s: rows %s are dropped: %d of %d", table.path, what, incomplete.sum(), len(table))
        return targets.without(incomplete)

    def _features(self, table: Table) -> tuple[Feature, ...]:
        """The preprocessing of each column."""
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
                hint = f"columns are {', '.join(features)}"
                raise UsageError(f"ordinal: there is no column {name!r}", hint=hint)
            features[name] = (Ordinal(order, missing), *scaled)
        return tuple(Feature(steps, name) for name, steps in features.items())


def _rows(targets: Targets, classes: tuple[str, ...]) -> tuple[NDArray[np.intp], Split]:
    """The numbers of a table's rows that have a target, and a split of all its rows."""
    values = targets.labels(classes) if classes else targets.values[:, None]
    return np.flatnonzero(~targets.missing), Split(targets.table.columns, values)


def _is_number(name: str) -> bool:
    """Whether a class is called as a number is: 1, and not 01 or A1."""
    try:
        return f"{float(name):.12g}" == name or str(int(name)) == name
    except ValueError:
        return False


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
