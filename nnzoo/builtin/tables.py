"""A user's own table."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import MinLen, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader, FileFormatError, Split
from numpy.typing import NDArray

from nnzoo_datasets.columns import TOO_FAR, BadCell, shown, standardized
from nnzoo_datasets.csv_records import guess_delimiter
from nnzoo_datasets.own_files import own_file
from nnzoo_datasets.parting import Indices, Seed, TestShare, part
from nnzoo_datasets.table import Table
from nnzoo_datasets.targets import Task, number_classes, read_targets, require_two_of_each

logger = logging.getLogger("nnzoo")


@dataclass(frozen=True)
class Csv(DatasetLoader):
    """Your own table, a CSV file: one column is the target, the others are what it is predicted from.

    Columns of numbers are standardised with mean and standard deviation of the training part. Texts become zeros and
    ones, one for each different text. Whether a column has numbers or texts is decided by its first cell.

    The target makes classes if it has texts or a few different integers, else it is a number to predict. Such a target
    is standardised too, so that one learning rate suits euros and millions: the loss is then, roughly, the share of the
    variance that is not explained, and a prediction p stands for mean + p · deviation, which are reported. With
    ``standardize=inputs`` it keeps its own unit; where its values are large, that takes a lower learning rate.

    Nothing is filled in or dropped: a missing or odd cell is an error that names its line and column.
    """

    name: ClassVar[str] = "csv"

    path: Annotated[str, MinLen(1), doc("the table, in UTF-8; on the command line, a name without commas")]
    target: Annotated[str, MinLen(1), doc("the column to predict: its name, or its number; -1 is the last")] = "-1"
    header: Annotated[Literal["auto", "yes", "no"], doc("whether the first line names the columns")] = "auto"
    delimiter: Annotated[
        Literal["auto", "comma", "semicolon", "tab", "pipe", "space"], doc("what stands between fields")
    ] = "auto"
    decimal: Annotated[Literal["point", "comma"], doc("what numbers have before their fraction")] = "point"
    task: Annotated[Task, doc("whether the target is a class or a number")] = "auto"
    test_path: Annotated[str, doc("a second table, for testing; without one, rows of the first are for testing")] = ""
    test_share: TestShare = 0.2
    seed: Seed = 0
    categorical: Annotated[tuple[str, ...], doc("columns to read as texts, though they have numbers")] = ()
    ignore: Annotated[tuple[str, ...], doc("columns to leave out")] = ()
    standardize: Annotated[Literal["all", "inputs", "none"], doc("what is standardised: the target too?")] = "all"

    def load(self, cache: DataCache) -> Dataset:
        decimal = "." if self.decimal == "point" else ","
        table, rows = self._read(decimal)
        targets = read_targets(table, self.task, decimal)
        if isinstance(targets, list):
            labels, names = number_classes(table, targets, rows)
            if not self.test_path:
                require_two_of_each(table, labels)
            train, test = self._parts(table, rows, labels)
            everything = Split(self._inputs(table, train), labels)
            meaning = f"{len(names)} classes"
        else:
            names = ()
            train, test = self._parts(table, rows, None)
            values, meaning = self._values(table, targets, train)
            everything = Split(self._inputs(table, train), values)
        logger.info("%s; target %r: %s", table, table.target, meaning)
        return Dataset(everything.take(train), everything.take(test), names)

    def _read(self, decimal: str) -> tuple[Table, int]:
        """The table, the rows for testing at its end, and how many rows come before them."""
        path = own_file(self.path)
        table = Table(
            path,
            guess_delimiter(path) if self.delimiter == "auto" else self.delimiter,
            self.header,
            decimal,
            target=self.target,
            categorical=self.categorical,
            ignore=self.ignore,
        )
        rows = len(table)
        if rows < 2:
            raise FileFormatError(f"{path} has {rows or 'no'} row{'s' * (rows != 1)} of data; it takes two or more")
        if self.test_path:
            table.append(own_file(self.test_path))
            if len(table) == rows:
                raise FileFormatError(f"{self.test_path} has no rows of data")
        return table, rows

    def _parts(self, table: Table, rows: int, labels: NDArray[np.intp] | None) -> tuple[Indices, Indices]:
        if self.test_path:
            return np.arange(rows), np.arange(rows, len(table))
        return part(rows, self.test_share, self.seed, labels)

    def _inputs(self, table: Table, train: Indices) -> NDArray[np.float32]:
        inputs, unknown = table.encode(train, self.standardize != "none")
        for column, texts in unknown.items():
            logger.warning(
                "column %r: what is in the test part alone means nothing to the network: %s%s",
                column,
                ", ".join(map(shown, texts[:3])),
                ", …" * (len(texts) > 3),
            )
        return inputs

    def _values(self, table: Table, values: NDArray[np.float64], train: Indices) -> tuple[NDArray[np.float32], str]:
        """The values to predict, of shape (rows, 1), and what is to be said of them."""
        scaled, mean, deviation = standardized(values, train)
        if not deviation:
            problem = BadCell(f"the target is {mean:g} in all rows trained on", "another column is set with target=…")
            raise table.error(int(train[0]), problem)
        if self.standardize != "all":
            return values.astype(np.float32)[:, None], f"a number to predict, from {values.min():g} to {values.max():g}"
        with np.errstate(over="ignore"):
            wanted = scaled.astype(np.float32)[:, None]
        infinite = np.flatnonzero(~np.isfinite(wanted))
        if len(infinite):
            raise table.error(int(infinite[0]), TOO_FAR)
        return wanted, f"a number to predict, standardised: mean {mean:g}, standard deviation {deviation:g}"
