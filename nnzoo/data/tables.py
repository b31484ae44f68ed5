"""`read_table`: read a file of delimited text as typed columns, with a description of each."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.data.cells import AmbiguousDates, BadCell, Cells
from nnzoo.data.files import own_file
from nnzoo.data.sheet import Delimiter, Header, Sheet, delimiter_name, read_sheet
from nnzoo.errors import FileFormatError, UsageError, counted, listed
from nnzoo.kinds import Columns, ColumnType, Finding
from nnzoo.kinds.columns import DateOrder

Decimal: TypeAlias = Literal["point", "comma"]

MOST_CATEGORIES = 100
"""A column with more different texts is left out, unless the user declares it categorical."""
MOST_TOLD_CATEGORIES = 1000
"""Most categories of a column that the user declares categorical."""
_NEARLY_ALL = 0.8
_FEW_ROWS = 10
_SHOWN, _LETTERS = 3, 20
"""Categories of a column that are shown, and letters of each."""
_ROW_NUMBER = re.compile(
    r"unnamed:? ?\d+|rows?([ _.-]?(names?|nr|no|number|id))?|index|idx|id|nr\.?|no\.?|#|obs|observation|case",
    re.IGNORECASE,
)
_ID = re.compile(r"(?:.*[ _.-])?(?:id|Id|ID)|.*[a-z](?:Id|ID)", re.DOTALL)


@final
@dataclass(frozen=True)
class Table:
    """The contents of a table file.

    Attributes
    ----------
    path : Path
    columns : Columns
        The columns to learn from, or that a model needs, without the target.
    lines : ndarray of shape (n,), int64
        The line of the file in which each row begins.
    findings : tuple of Finding
        A description of each column of the file, in order.
    target : Cells or None
        The unconverted column to predict, if one was requested.
    target_name : str
    has_header : bool
        Whether the first line names the columns.
    delimiter : str
        The delimiter of fields: ``comma``, or another name or character.
    """

    path: Path
    columns: Columns
    lines: NDArray[np.int64]
    findings: tuple[Finding, ...]
    target: Cells | None
    target_name: str
    has_header: bool
    delimiter: str

    def __len__(self) -> int:
        return len(self.lines)

    def __str__(self) -> str:
        """A one-line description."""
        types = list(self.types.values())
        counts = [f"{types.count(kind)} of {word}" for kind, word in _WORDS.items() if kind in types]
        header = "with a header" if self.has_header else "no header"
        return (
            f"{self.path}: {counted(len(self), 'row')}, {header}, fields divided at each "
            f"{self.delimiter}; columns to learn from: {', '.join(counts)}"
        )

    @property
    def types(self) -> dict[str, ColumnType]:
        """The type of each column, for `read_table` of a similar table."""
        return {name: self.columns.type(name) for name in self.columns}

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """The columns that are not used."""
        return tuple(finding for finding in self.findings if finding.use == "left out")

    def error(self, row: int, column: str, fault: str, hint: str | None = None) -> FileFormatError:
        """The error for a cell; ``{column}`` in the hint stands for the column."""
        where = f"{self.path}, line {self.lines[row]}, column {column!r}"
        return FileFormatError(f"{where}: {fault}", hint=hint and hint.replace("{column}", column))

    def require_units(self, units: Mapping[str, str]) -> str:
        """Refuse numbers in another unit than in training, and return a note on columns that state no unit, or "".

        Parameters
        ----------
        units : mapping of str to str
            The units of the training table's columns; columns that are not in it have none.

        Raises
        ------
        FileFormatError
            When a column states another unit.
        """
        used = [finding for finding in self.findings if finding.use != "left out"]
        for finding in used:
            known = units.get(finding.name, "")
            if finding.unit and finding.unit != known:
                trained = f"in {known}" if known else "without a unit"
                raise FileFormatError(
                    f"{self.path}, column {finding.name!r}: the numbers are in {finding.unit}; the network was trained "
                    f"on numbers {trained}",
                    hint="write them as in the table that it was trained on",
                )
        bare = [f"{f.name!r} as {units[f.name]}" for f in used if not f.unit and units.get(f.name)]
        return f"numbers without a unit are read as those of the training: {', '.join(bare)}" if bare else ""


_WORDS: dict[ColumnType, str] = {"number": "numbers", "category": "categories", "date": "dates"}


def read_table(
    path: str | Path,
    *,
    types: Mapping[str, ColumnType] | None = None,
    target: str = "",
    header: Header = "auto",
    delimiter: Delimiter = "auto",
    decimal: Decimal = "point",
    dates: DateOrder = "auto",
    categorical: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Table:
    r"""Read a table: a regular file of delimited text in UTF-8, which may be packed with gzip.

    Parameters
    ----------
    path : str or Path
        The file.
    types : mapping, optional
        The types of the columns that a model needs: these are read, in any order, and all others are left out. By
        default, types are inferred from all the cells.
    target : str
        The column to predict, which is not converted; empty for none.
    header : {"auto", "yes", "no"}
        Whether the first line names the columns.
    delimiter : str
        The delimiter of fields: ``comma``, ``semicolon``, ``tab``, ``pipe``, ``space``, or ``auto``.
    decimal : {"point", "comma"}
        The decimal separator of numbers.
    dates : {"auto", "day-first", "month-first"}
        The meaning of 3/4/2024; ``auto`` infers it from the other dates of the column.
    categorical, ignore : sequence of str
        Columns to read as categories, whatever they contain, and columns to leave out. Every column may be given by its
        name or its number: 1 is the first, and -1 the last.

    Raises
    ------
    UsageError
        When there is no such file, or no such column.
    FileFormatError
        When it is not a valid table; the message names line and column.
    StorageError
        When it can't be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pets.csv"
    ...     _ = file.write_text("kind,kg,born\ncat,4.5,2021-03-01\ndog,,2019-11-30\ncat,5,\n")
    ...     table = read_table(file)
    >>> table.types, table.columns["kg"]
    ({'kind': 'category', 'kg': 'number', 'born': 'date'}, array([4.5, nan, 5. ]))
    """
    expected = [*(types or ()), *([target] if types and target else [])]
    sheet = read_sheet(
        own_file(str(path)),
        header=header,
        delimiter=delimiter,
        decimal="." if decimal == "point" else ",",
        expected=expected,
        keep_texts=[name for name, kind in (types or {}).items() if kind == "category"],
    )
    if not len(sheet.lines):
        raise FileFormatError(f"{sheet.path} has no rows of data")
    goal = sheet.place(target) if target else -1
    if goal in sheet.unnamed:
        raise FileFormatError(
            f"{sheet.path}: column {goal + 1}, the target, has no name", hint="name it in the header, or set target=…"
        )
    if types is None:
        declared = {sheet.place(name) for name in categorical}
        findings, arrays = _inferred(sheet, goal, declared, {sheet.place(name) for name in ignore}, dates)
    else:
        findings, arrays = _of_types(sheet, goal, types, dates)
    return Table(
        path=sheet.path,
        columns=Columns(arrays),
        lines=sheet.lines,
        findings=tuple(findings),
        target=sheet.cells[goal] if target else None,
        target_name=sheet.names[goal] if target else "",
        has_header=sheet.has_header,
        delimiter=delimiter_name(sheet.delimiter),
    )


def describe_table(findings: Collection[Finding]) -> list[tuple[str, str, str, str, str]]:
    """A table for display, with a row for each column: its name, type, missing cells, values, and use."""
    return [
        (
            finding.name,
            finding.type,
            f"{finding.missing:,}" if finding.missing else "–",
            _values(finding),
            finding.use + (f": {finding.note}" if finding.note else ""),
        )
        for finding in findings
    ]


def _values(finding: Finding) -> str:
    if finding.low is None:
        some = ", ".join(text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…" for text in finding.some)
        if finding.different <= len(finding.some):
            return some or "–"
        return f"{finding.different:,} different" + (f": {some}, …" if some else "")
    low, high = (v if isinstance(v, str) else f"{v:.6g}" for v in (finding.low, finding.high or 0.0))
    return f"{low} … {high}"


def _inferred(
    sheet: Sheet, goal: int, declared: set[int], ignored: set[int], order: DateOrder
) -> tuple[list[Finding], dict[str, NDArray[Any]]]:
    """A description of each column, and the values of those that are used; ``declared`` columns are categorical."""
    if goal in ignored:
        raise UsageError(f"column {sheet.names[goal]!r} is the target and can't be left out")
    findings: list[Finding] = []
    arrays: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(sheet.names):
        try:
            finding, array = _column(sheet, place, place in declared, order)
        except BadCell as problem:
            if place not in ignored and place != goal:
                raise sheet.error(problem.row, place, problem.fault, problem.hint) from None
            finding, array = Finding(name, "text"), None
        if place == goal:
            finding = replace(finding, use="target", note="")
        elif place in ignored:
            finding = replace(finding, use="left out", note="ignored")
        elif array is not None:
            if place in sheet.unnamed:
                raise FileFormatError(
                    f"{sheet.path}: column {place + 1} has no name",
                    hint=f"name it in the header, or leave it out: ignore={place + 1}",
                )
            _refuse_namesakes(sheet, name, ignored)
            arrays[name] = array
        findings.append(finding)
    if not arrays:
        reasons = listed((f"{f.name!r} ({f.note})" for f in findings if f.use == "left out"), 5)
        besides = f" besides the target, {sheet.names[goal]!r}," if goal >= 0 else ""
        raise FileFormatError(
            f"{sheet.path} has no column{besides} to learn from",
            hint=f"left out: {reasons}" if reasons else "if fields are divided wrongly, set delimiter=…",
        )
    return findings, arrays


def _of_types(
    sheet: Sheet, goal: int, types: Mapping[str, ColumnType], order: DateOrder
) -> tuple[list[Finding], dict[str, NDArray[Any]]]:
    """A description of each column, and the values of those in ``types``, read with these types."""
    missing = [name for name in types if name not in sheet.places]
    if missing:
        raise FileFormatError(
            f"{sheet.path} has no column{'s' * (len(missing) > 1)} {listed(map(repr, missing))}",
            hint=f"its columns are {listed(map(repr, sheet.names))}" if sheet.has_header else "it has no header",
        )
    if goal >= 0 and sheet.names[goal] in types:
        raise FileFormatError(
            f"{sheet.path}: column {sheet.names[goal]!r} can't be the target, as the model predicts from it",
            hint="set another column with target=…",
        )
    arrays: dict[str, NDArray[Any]] = {}
    units: dict[str, str] = {}
    orders: dict[str, DateOrder] = {}
    for name, kind in types.items():
        place, cells = sheet.place(name), sheet.cells[sheet.place(name)]
        try:
            if kind == "number":
                arrays[name], units[name] = cells.numbers()
            elif kind == "date":
                arrays[name], orders[name] = cells.dates(order)
            else:
                arrays[name] = cells.categories()
        except BadCell as problem:
            raise sheet.error(problem.row, place, problem.fault, problem.hint) from None
    findings = []
    for place, name in enumerate(sheet.names):
        if name in types:
            finding = _described(name, types[name], arrays[name])
            findings.append(replace(finding, unit=units.get(name, ""), order=orders.get(name, "auto")))
        elif place == goal:
            findings.append(Finding(name, "text", "target", unit=_unit(sheet.cells[place])))
        else:
            findings.append(Finding(name, "text", "left out", "not a column that is used"))
    return findings, arrays


def _unit(cells: Cells) -> str:
    """The unit of a column's numbers; empty if it has none."""
    try:
        return cells.numbers()[1] if cells.find_type() == "number" else ""
    except BadCell:
        return ""


def _column(sheet: Sheet, place: int, declared: bool, order: DateOrder) -> tuple[Finding, NDArray[Any] | None]:
    """A description of a column, and its values if it is used; BadCell if a cell differs from most numbers or dates."""
    name, cells = sheet.names[place], sheet.cells[place]
    kind = "category" if declared else cells.find_type()
    if kind == "empty":
        return Finding(name, kind, "left out", "no cell has a value", missing=len(cells)), None
    if kind == "number":
        numbers, unit = cells.numbers()
        finding = replace(_described(name, kind, numbers), unit=unit)
        if _are_row_numbers(sheet, place, numbers):
            note = "it only numbers the rows" + "; rename it to use it" * (place not in sheet.unnamed)
            return replace(finding, type="row number", use="left out", note=note), None
        note = f"in {unit}" if unit else "the same everywhere" if finding.different == 1 else ""
        if cells.has_leading_zeros() and not note:
            note = f"codes with leading zeros? categorical={sheet.spelled(place)} keeps them"
        return replace(finding, note=note), numbers
    if kind == "date":
        try:
            dates, shown = cells.dates(order)
            return replace(_described(name, kind, dates), order=shown), dates
        except AmbiguousDates as problem:
            note = f"{problem.fault}; {problem.hint}"
            return Finding(name, kind, "left out", note, different=len(set(cells.texts()))), None
    return _category(sheet, place, declared)


def _category(sheet: Sheet, place: int, declared: bool) -> tuple[Finding, NDArray[Any] | None]:
    """A description of a column of texts, and its values if it is used."""
    name, texts = sheet.names[place], sheet.cells[place].categories()
    finding = _described(name, "category", texts)
    present, spelled = len(texts) - finding.missing, sheet.spelled(place)
    if place in sheet.unnamed and finding.different == present:
        return replace(finding, type="row name", use="left out", note="it only names the rows"), None
    if declared and finding.different > MOST_TOLD_CATEGORIES:
        raise FileFormatError(
            f"{sheet.path}, column {name!r}: there are {finding.different:,} different texts; at most "
            f"{MOST_TOLD_CATEGORIES:,} categories are allowed",
            hint=f"leave the column out: ignore={spelled}",
        )
    if not declared and finding.different > _NEARLY_ALL * present and present >= _FEW_ROWS:
        reason = "nearly all its texts differ"
    elif not declared and finding.different > MOST_CATEGORIES:
        reason = f"more than {MOST_CATEGORIES} different texts"
    else:
        return finding, texts
    return replace(finding, type="text", use="left out", note=f"{reason}; categorical={spelled} uses them"), None


def _described(name: str, kind: ColumnType, values: NDArray[Any]) -> Finding:
    """A description of a column from its values."""
    missing = Columns({name: values}).missing(name)
    present = values[~missing]
    different = set(present.tolist()) if kind == "category" else np.unique(present)
    finding = Finding(name, kind, missing=int(missing.sum()), different=len(different))
    if kind == "category":
        return replace(finding, some=tuple(heapq.nsmallest(_SHOWN, different)))
    if not len(present):
        return finding
    low, high = present.min(), present.max()
    if kind == "number":
        return replace(finding, low=float(low), high=float(high))
    times = bool((present != present.astype("datetime64[D]")).any())
    low, high = (str(moment if times else moment.astype("datetime64[D]")).replace("T", " ") for moment in (low, high))
    return replace(finding, low=low, high=high)


def _are_row_numbers(sheet: Sheet, place: int, numbers: NDArray[np.float64]) -> bool:
    """Whether a column has a name typical of row numbers or identifiers, and values to match."""
    name = sheet.names[place]
    if np.isnan(numbers).any() or (numbers % 1).any():
        return False
    counting = len(numbers) > 1 and any(np.array_equal(numbers, np.arange(len(numbers)) + first) for first in (0, 1))
    if counting and (place in sheet.unnamed or _ROW_NUMBER.fullmatch(name)):
        return True
    return bool(_ID.fullmatch(name)) and len(numbers) >= _FEW_ROWS and len(np.unique(numbers)) == len(numbers)


def _refuse_namesakes(sheet: Sheet, name: str, ignored: set[int]) -> None:
    places = [place for place in sheet.places[name] if place not in ignored]
    if len(places) > 1:
        raise FileFormatError(
            f"{sheet.path}: columns {places[0] + 1} and {places[1] + 1} are both called {name!r}",
            hint=f"rename one, or leave it out: ignore={places[1] + 1}; for a table without a header: header=no",
        )
