"""`read_table`: a file of delimited text as typed columns, and what was found in each."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.data.cells import AmbiguousDates, BadCell, Cells, DateOrder
from nnzoo.data.files import own_file
from nnzoo.data.records import DELIMITERS
from nnzoo.data.sheet import Delimiter, Header, Sheet, listed, read_sheet
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Columns, ColumnType, Finding

Decimal: TypeAlias = Literal["point", "comma"]

MOST_CATEGORIES = 100
"""A column of more different texts is left out, unless it is said to be of categories; then these are allowed:"""
MOST_TOLD_CATEGORIES = 1000
_NEARLY_ALL = 0.8
_FEW_ROWS = 10
_SHOWN, _LETTERS = 3, 20
"""Categories that are shown of a column, and letters of each."""
_ROW_NUMBER = re.compile(
    r"unnamed:? ?\d+|rows?([ _.-]?(names?|nr|no|number|id))?|index|idx|id|nr\.?|no\.?|#|obs|observation|case",
    re.IGNORECASE,
)
_ID = re.compile(r"(?:.*[ _.-])?(?:id|Id|ID)|.*[a-z](?:Id|ID)", re.DOTALL)


@final
@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes
    ----------
    path : Path
        The file.
    columns : Columns
        The columns that can be learnt from, or that a model needs; the target is none of them.
    lines : ndarray of shape (n,), int64
        The line of the file that each row begins in.
    findings : tuple of Finding
        What was found in each column of the file, in order.
    target : Cells or None
        The column to predict, as it is written, where one was asked for.
    target_name : str
        What it is called.
    has_header : bool
        Whether the first line names the columns.
    delimiter : str
        What divides the fields: ``comma``, or another name or character.
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
        """What was found, in a few words."""
        types = [self.columns.type(name) for name in self.columns]
        counts = [f"{types.count(kind)} of {word}" for kind, word in _WORDS.items() if kind in types]
        header = "with a header" if self.has_header else "no header"
        return (
            f"{self.path}: {len(self):,} row{'s' * (len(self) != 1)}, {header}, fields divided at each "
            f"{self.delimiter}; columns to learn from: {', '.join(counts)}"
        )

    @property
    def types(self) -> dict[str, ColumnType]:
        """What each column holds, as `read_table` takes it for another table of the kind."""
        return {name: self.columns.type(name) for name in self.columns}

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """The columns that are not used."""
        return tuple(finding for finding in self.findings if finding.use == "left out")

    def error(self, row: int, column: str, what: str, hint: str | None = None) -> FileFormatError:
        """The error for one cell; ``{column}`` in the hint stands for the column."""
        where = f"{self.path}, line {self.lines[row]}, column {column!r}"
        return FileFormatError(f"{where}: {what}", hint=hint and hint.replace("{column}", column))


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
        What each column holds that a model needs. Then these are read as such, in whatever order they are there, and
        all others are left out. Without it, types are found out from all the cells.
    target : str
        The column to predict, which is kept as it is written; where it is empty, there is none.
    header : {"auto", "yes", "no"}
        Whether the first line names the columns.
    delimiter : str
        What divides the fields: ``comma``, ``semicolon``, ``tab``, ``pipe``, ``space``, or ``auto``.
    decimal : {"point", "comma"}
        What numbers have before their fraction.
    dates : {"auto", "day-first", "month-first"}
        How 3/4/2024 is meant; ``auto`` goes by the other dates of the column.
    categorical, ignore : sequence of str
        Columns of categories, whatever they look like, and columns to leave out. Every column may be given by its name
        or its number: 1 is the first, and -1 the last.

    Raises
    ------
    UsageError
        When there is no such file, or no such column.
    FileFormatError
        When it is not such a table; the message names line and column.
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
        told = {sheet.place(name) for name in categorical}
        findings, arrays = _find(sheet, goal, told, {sheet.place(name) for name in ignore}, dates)
    else:
        findings, arrays = _as_told(sheet, goal, types, dates)
    return Table(
        path=sheet.path,
        columns=Columns(arrays),
        lines=sheet.lines,
        findings=tuple(findings),
        target=sheet.cells[goal] if target else None,
        target_name=sheet.names[goal] if target else "",
        has_header=sheet.has_header,
        delimiter=next((name for name, sign in DELIMITERS.items() if sign == sheet.delimiter), sheet.delimiter),
    )


def describe_table(findings: Collection[Finding]) -> list[tuple[str, str, str, str, str]]:
    """For people, a row for each column: its name, type, missing cells, values, and use."""
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


def _find(
    sheet: Sheet, goal: int, told: set[int], ignored: set[int], order: DateOrder
) -> tuple[list[Finding], dict[str, NDArray[Any]]]:
    """Find out what each column holds, and read those that are used."""
    if goal in ignored:
        raise UsageError(f"column {sheet.names[goal]!r} is the target and can't be left out")
    findings: list[Finding] = []
    arrays: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(sheet.names):
        try:
            finding, array = _column(sheet, place, place in told, order)
        except BadCell as problem:
            if place not in ignored and place != goal:
                raise sheet.error(problem.row, place, problem.what, problem.hint) from None
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
        reasons = [f"{f.name!r} ({f.note})" for f in findings if f.use == "left out"]
        beside = f" beside the target, {sheet.names[goal]!r}," if goal >= 0 else ""
        raise FileFormatError(
            f"{sheet.path} has no column{beside} that could be learnt from",
            hint=f"left out: {', '.join(reasons[:5])}"
            if reasons
            else "if fields are not divided rightly, say delimiter=…",
        )
    return findings, arrays


def _as_told(
    sheet: Sheet, goal: int, types: Mapping[str, ColumnType], order: DateOrder
) -> tuple[list[Finding], dict[str, NDArray[Any]]]:
    """Read the columns that are needed, as what they are to be."""
    missing = [name for name in types if name not in sheet.places]
    if missing:
        raise FileFormatError(
            f"{sheet.path} has no column{'s' * (len(missing) > 1)} {listed(missing)}",
            hint=f"its columns are {listed(sheet.names)}" if sheet.has_header else "it has no header that names them",
        )
    if goal >= 0 and sheet.names[goal] in types:
        raise FileFormatError(
            f"{sheet.path}: column {sheet.names[goal]!r} can't be the target, as the model predicts from it",
            hint="another column is set with target=…",
        )
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind in types.items():
        place, cells = sheet.place(name), sheet.cells[sheet.place(name)]
        try:
            if kind == "number":
                arrays[name] = cells.numbers()[0]
            else:
                arrays[name] = cells.dates(order) if kind == "date" else cells.categories()
        except BadCell as problem:
            raise sheet.error(problem.row, place, problem.what, problem.hint) from None
    findings = []
    for place, name in enumerate(sheet.names):
        if name in types:
            findings.append(_described(name, types[name], arrays[name]))
        else:
            use: Literal["target", "left out"] = "target" if place == goal else "left out"
            findings.append(Finding(name, "text", use, "" if place == goal else "not a column that is used"))
    return findings, arrays


def _column(sheet: Sheet, place: int, told: bool, order: DateOrder) -> tuple[Finding, NDArray[Any] | None]:
    """What a column holds, and its values where they can be learnt from.

    Raises
    ------
    BadCell
        When most cells are numbers or dates, and one is not.
    """
    name, cells = sheet.names[place], sheet.cells[place]
    kind = "category" if told else cells.find_type()
    if kind == "empty":
        return Finding(name, kind, "left out", "no cell has a value", missing=len(cells)), None
    if kind == "number":
        numbers, unit = cells.numbers()
        finding = _described(name, kind, numbers)
        if _are_row_numbers(sheet, place, numbers):
            note = "it only numbers the rows" + "; rename it to use it" * (place not in sheet.unnamed)
            return replace(finding, type="row number", use="left out", note=note), None
        note = f"in {unit}" if unit else "the same everywhere" if finding.different == 1 else ""
        if cells.has_leading_zeros() and not note:
            note = f"codes that begin with a zero? categorical={sheet.spelled(place)} keeps them"
        return replace(finding, note=note), numbers
    if kind == "date":
        try:
            return _described(name, kind, dates := cells.dates(order)), dates
        except AmbiguousDates as problem:
            note = f"{problem.what}; {problem.hint}"
            return Finding(name, kind, "left out", note, different=len(set(cells.texts()))), None
    return _category(sheet, place, told)


def _category(sheet: Sheet, place: int, told: bool) -> tuple[Finding, NDArray[Any] | None]:
    """How a column of texts is used."""
    name, texts = sheet.names[place], sheet.cells[place].categories()
    finding = _described(name, "category", texts)
    there, spelled = len(texts) - finding.missing, sheet.spelled(place)
    if place in sheet.unnamed and finding.different == there:
        return replace(finding, type="row name", use="left out", note="it only names the rows"), None
    if told and finding.different > MOST_TOLD_CATEGORIES:
        raise FileFormatError(
            f"{sheet.path}, column {name!r}: there are {finding.different:,} different texts; at most "
            f"{MOST_TOLD_CATEGORIES:,} categories are allowed",
            hint=f"leave the column out: ignore={spelled}",
        )
    if told:
        return finding, texts
    if finding.different > _NEARLY_ALL * there and there >= _FEW_ROWS:
        note = f"nearly all its texts differ; categorical={spelled} uses them"
        return replace(finding, type="text", use="left out", note=note), None
    if finding.different > MOST_CATEGORIES:
        note = f"more than {MOST_CATEGORIES} different texts; categorical={spelled} uses them"
        return replace(finding, type="text", use="left out", note=note), None
    return finding, texts


def _described(name: str, kind: ColumnType, values: NDArray[Any]) -> Finding:
    """The figures of a column."""
    missing = Columns({name: values}).missing(name)
    there = values[~missing]
    different = set(there.tolist()) if kind == "category" else np.unique(there)
    finding = Finding(name, kind, missing=int(missing.sum()), different=len(different))
    if kind == "category":
        return replace(finding, some=tuple(heapq.nsmallest(_SHOWN, different)))
    if not len(there):
        return finding
    low, high = there.min(), there.max()
    if kind == "number":
        return replace(finding, low=float(low), high=float(high))
    times = bool((there != there.astype("datetime64[D]")).any())
    low, high = (str(moment if times else moment.astype("datetime64[D]")).replace("T", " ") for moment in (low, high))
    return replace(finding, low=low, high=high)


def _are_row_numbers(sheet: Sheet, place: int, numbers: NDArray[np.float64]) -> bool:
    """Whether a column is called like one that numbers the rows, or names them, and does."""
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
            hint=f"rename one, or leave it out: ignore={places[1] + 1}; for a table that has no header: header=no",
        )
