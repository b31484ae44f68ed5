"""The records of a CSV file (RFC 4180), one after another; the delimiter is guessed where it is not given."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nnzoo.api import FileFormatError

from nnzoo_datasets.own_files import unreadable

DELIMITERS = {"tab": "\t", "pipe": "|", "semicolon": ";", "comma": ",", "space": " "}
"""By name; those that come first are rarer within a field."""

_ENCODING = "utf-8-sig"  # with or without a byte order mark
_SAMPLE = 1 << 16
_SAMPLE_RECORDS = 20


class _Strict(csv.excel):
    skipinitialspace = True
    strict = True


def read_records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record of a table: the line it begins in, and its fields without outer spaces; no blank lines.

    Parameters
    ----------
    path : Path
        A UTF-8 file.
    delimiter : str
        One of `DELIMITERS`, by name.

    Raises
    ------
    FileFormatError
        When it is not UTF-8, or its quotation marks don't match.
    StorageError
        When it can't be read.
    """
    try:
        with path.open(encoding=_ENCODING, newline="") as file:
            reader = csv.reader(file, _Strict, delimiter=DELIMITERS[delimiter])
            line = 1
            try:
                for fields in reader:
                    if fields not in ([], [""]):
                        yield line, _cleaned(fields, delimiter)
                    line = reader.line_num + 1
            except csv.Error as error:
                raise FileFormatError(
                    f"{path}, line {line}: {error}", hint="is a quotation mark missing, or one too many?"
                ) from None
    except UnicodeDecodeError:
        raise FileFormatError(
            f"{path}, line {_line_that_is_not_utf8(path)} is not UTF-8 text",
            hint="save the table as UTF-8 (spreadsheets call it 'CSV UTF-8')",
        ) from None
    except OSError as error:
        raise unreadable(path, error) from error


def guess_delimiter(path: Path) -> str:
    """The name of the delimiter: the first that parts each of the first records into equally many fields.

    Where there is none, the table is ragged, and it is the one that parts the first record most.

    Raises
    ------
    StorageError
        When the file can't be read.
    """
    try:
        with path.open(encoding=_ENCODING, errors="replace", newline="") as file:
            sample = file.read(_SAMPLE)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(sample) == _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    widths = {name: _widths(sample, character) for name, character in DELIMITERS.items() if name != "space"}
    widths = {name: found for name, found in widths.items() if max(found) > 1}
    even = (name for name, found in widths.items() if len(set(found)) == 1)
    return next(even, None) or max(widths, key=lambda name: widths[name][0], default="space")


def _widths(sample: str, delimiter: str) -> list[int]:
    """How many fields each of the first records has."""
    found: list[int] = []
    with suppress(csv.Error):  # reading the table tells of it
        for fields in csv.reader(io.StringIO(sample, newline=""), _Strict, delimiter=delimiter):
            if fields not in ([], [""]):
                found.append(len(fields))
            if len(found) == _SAMPLE_RECORDS:
                break
    return found or [0]


def _cleaned(fields: list[str], delimiter: str) -> list[str]:
    if delimiter == "space" and not fields[-1]:
        fields.pop()  # spaces at the end of a line
    return [field.strip() for field in fields]


def _line_that_is_not_utf8(path: Path) -> int:
    """A decoder works ahead of the records, so the line is looked for by itself."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1  # the file has changed meanwhile
