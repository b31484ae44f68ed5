"""`Sheet`: the columns of a file as text, with their names, for any form of header."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, dropwhile, islice
from pathlib import Path
from typing import Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.data.cells import Cells
from nnzoo.data.parsing import NO_NUMBER, plain_number, written_date, written_number
from nnzoo.data.records import DELIMITERS, find_delimiter, read_records
from nnzoo.errors import FileFormatError, UsageError, counted, did_you_mean, listed

Header: TypeAlias = Literal["auto", "yes", "no"]
Delimiter: TypeAlias = Literal["auto", "comma", "semicolon", "tab", "pipe", "space"]

_SAMPLE_ROWS = 50
_CHUNK = 1024


@final
@dataclass(frozen=True)
class Sheet:
    """The columns of a file.

    Attributes
    ----------
    path : Path
    names : tuple of str
        One for each column; without a header, its number, from 1.
    unnamed : frozenset of int
        The indices of columns without a name in the header.
    cells : tuple of Cells
        The columns.
    lines : ndarray of shape (n,), int64
        The line in which each row begins.
    has_header : bool
    delimiter : str
        The character between fields.
    """

    path: Path
    names: tuple[str, ...]
    unnamed: frozenset[int]
    cells: tuple[Cells, ...]
    lines: NDArray[np.int64]
    has_header: bool
    delimiter: str

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """The indices of the columns with each name."""
        places: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            places.setdefault(name, []).append(place)
        return places

    def place(self, name: str) -> int:
        """The index of a column, from its name or its number: 1 is the first, and -1 the last.

        Raises
        ------
        UsageError
            When there is no such column, or two have this name.
        """
        columns, places = len(self.names), self.places.get(name, ())
        if len(places) == 1:
            return places[0]
        if places:
            numbers = " or ".join(str(place + 1) for place in places)
            raise UsageError(f"{self.path} has two columns called {name!r}", hint=f"give its number: {numbers}")
        if name.removeprefix("-").isdecimal() and 1 <= abs(int(name)) <= columns:
            return int(name) - 1 if int(name) > 0 else columns + int(name)
        named = f"columns are {listed(map(repr, self.names))}" if self.has_header else "the table has no header"
        raise UsageError(
            f"there is no column {name!r} in {self.path}",
            hint=f"{did_you_mean(name, self.names)}{named}; their numbers, 1 to {columns}, work as well",
        )

    def spelled(self, place: int) -> str:
        """A column as on the command line: its name, or its number if the name is not unique or has special signs."""
        name = self.names[place]
        simple = name.isprintable() and len(self.places[name]) == 1 and not set(name) & set(",=:")
        return name if simple else str(place + 1)

    def error(self, row: int, place: int, fault: str, hint: str | None = None) -> FileFormatError:
        """The error for a cell; ``{column}`` in the hint stands for its column."""
        where = f"{self.path}, line {self.lines[row]}, column {self.names[place]!r}"
        return FileFormatError(f"{where}: {fault}", hint=hint and hint.replace("{column}", self.spelled(place)))


def read_sheet(
    path: Path,
    *,
    header: Header = "auto",
    delimiter: Delimiter = "auto",
    decimal: str = ".",
    expected: Collection[str] = (),
    keep_texts: Collection[str] = (),
) -> Sheet:
    """Read a file of delimited text; see `nnzoo.data.tables.read_table`.

    Parameters
    ----------
    path : Path
        A regular file.
    header : {"auto", "yes", "no"}
        Whether the first record names the columns.
    delimiter : str
        By name.
    decimal : str
        "." or ",".
    expected : collection of str
        Names of columns; a first record that contains one of them is a header.
    keep_texts : collection of str
        Columns whose numbers are kept as texts, too.
    """
    character = find_delimiter(path) if delimiter == "auto" else DELIMITERS[delimiter]
    records = dropwhile(lambda record: record[1] == [""], read_records(path, character))
    first = list(islice(records, _SAMPLE_ROWS))
    if first and len(first[0][1]) > 1:
        first = [record for record in first if record[1] != [""]]
    if not first:
        raise FileFormatError(f"{path} is empty")
    rows = [[field.strip() for field in fields] for _, fields in first]
    named = not set(rows[0]).isdisjoint(name for name in expected if not name.isdecimal())
    has_header = header == "yes" or (header == "auto" and (named or _looks_like_header(rows)))
    width = len(rows[min(has_header, len(rows) - 1)])
    heading = _fitting_heading(path, first[0][0], rows[0], width) if has_header else [""] * width
    short = len(heading) < width
    columns = [
        Cells(decimal, character, keep_texts=(short and bool(keep_texts)) or name in keep_texts)
        for name in (heading if not short else [""] * width)
    ]
    lines = _fill(path, columns, chain(first[has_header:], records), character)
    if width > 1 and columns[-1].is_blank() and (short or not heading[-1]):
        columns.pop()  # each line ends in a delimiter
        heading = heading[: len(columns)]
    elif short:  # the first column names the rows, as in files from R
        heading = ["", *heading]
    names = tuple(name or (f"(column {n})" if has_header else str(n)) for n, name in enumerate(heading, 1))
    unnamed = frozenset(place for place, name in enumerate(heading) if has_header and not name)
    return Sheet(path, names, unnamed, tuple(columns), lines, has_header, character)


def _fill(
    path: Path, columns: list[Cells], records: Iterable[tuple[int, list[str]]], delimiter: str
) -> NDArray[np.int64]:
    """Read all rows into the columns; returns the line in which each begins."""
    lines, records = array("q"), iter(records)
    while chunk := list(islice(records, _CHUNK)):
        if len(columns) > 1:
            chunk = [record for record in chunk if record[1] != [""]]  # a line of spaces, not a missing value
        for line, fields in chunk:
            if len(fields) != len(columns):
                raise FileFormatError(
                    f"{path}, line {line} has {counted(len(fields), 'field')}, but the lines before have "
                    f"{len(columns)}",
                    hint=f"the delimiter is {delimiter_name(delimiter)}; put fields that contain it in quotation marks",
                )
            lines.append(line)
        for column, texts in zip(columns, zip(*(fields for _, fields in chunk), strict=True), strict=True):
            column.extend(texts)
    return np.array(lines)


def delimiter_name(character: str) -> str:
    """The name of a delimiter, such as ``comma``; or the character, if it has none."""
    return next((name for name, known in DELIMITERS.items() if known == character), character)


def _fitting_heading(path: Path, line: int, heading: list[str], width: int) -> list[str]:
    """The names of the columns; one too few if rows have names, or end in a delimiter; FileFormatError if others."""
    if len(heading) == width + 1 and not heading[-1]:
        return heading[:-1]
    if len(heading) in (width, width - 1):
        return heading
    raise FileFormatError(
        f"{path}, line {line}: the header has {counted(len(heading), 'field')}, but the next line has {width}",
        hint="name each column once, in the order of the fields",
    )


def _looks_like_header(rows: list[list[str]]) -> bool:
    """Whether the first record contains names: texts above numbers or dates, or texts that don't occur again.

    Numbers that count up may be names, too, as in files from pandas, or in a table by years.
    """
    head, body = rows[0], rows[1:]
    if any(_is_number(text) for text in head):
        return _counts_up(head, body)
    shift = max(len(body[0]) - len(head), 0) if body else 0  # rows with names, which the header omits
    columns = [[row[place + shift] for row in body if place + shift < len(row)] for place in range(len(head))]
    pairs = [(_kind([text]), column) for text, column in zip(head, columns, strict=True)]
    if any(above == "number" or (above == "date" and _kind(column) == "date") for above, column in pairs):
        return False
    if any(above and _kind(column) in {"number", "date"} - {above} for above, column in pairs):
        return True
    names = [name for name in head if name]
    again = any(name and name in column for name, column in zip(head, columns, strict=True))
    return len(set(names)) == len(names) >= len(head) - 1 and not again and (bool(head[0]) or len(names) > 1)


def _kind(column: list[str]) -> str:
    """The type of most cells that are not missing: ``number``, ``date`` or ``text``; empty if all are missing."""
    cells = [text for text in column if text.casefold() not in NO_NUMBER]
    forms = [written_number(text, ".") or written_number(text, ",") for text in cells]
    if 2 * sum(form is not None and not form.unit.isalpha() for form in forms) > len(cells):
        return "number"
    return "date" if 2 * sum(written_date(text) is not None for text in cells) > len(cells) else "text" * bool(cells)


def _is_number(text: str) -> bool:
    return plain_number(text, ".") is not None or plain_number(text, ",") is not None


def _counts_up(head: list[str], body: list[list[str]]) -> bool:
    """Whether the numbers of the first record are consecutive, and the records below are not like them."""
    places = [place for place, text in enumerate(head) if _is_number(text)]
    if not body or len(places) < 2 or any(not head[place].isdecimal() for place in places):
        return False
    start = int(head[places[0]])
    if [int(head[place]) for place in places] != list(range(start, start + len(places))):
        return False
    if not (start == 0 or (start >= 1000 and len(places) < len(head))):
        return False
    columns = [[row[place] for row in body if place < len(row) and row[place]] for place in places]
    fractional = sum(not any(text.removeprefix("-").isdecimal() for text in column) for column in columns)
    return not head[0] or len(places) >= 4 or fractional == len(places) or (len(places) == 3 and fractional > 0)
