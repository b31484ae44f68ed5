"""Read the records of a delimited text file (RFC 4180), and guess its delimiter."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import IO, Any

from nnzoo.data.files import unreadable
from nnzoo.errors import FileFormatError

DELIMITERS = {"tab": "\t", "pipe": "|", "semicolon": ";", "comma": ",", "space": " "}
"""By name, in order of preference: those that are rarer within a field come first."""

_ENCODING = "utf-8-sig"  # with or without a byte order mark
_SAMPLE = 1 << 16
_SAMPLE_RECORDS = 20
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""A first line that states the delimiter, as for Excel."""
_GZIP = b"\x1f\x8b"
_ALWAYS_UNPACKED, _MOST_GROWTH = 1 << 26, 200
"""A packed file may unpack to the first number of bytes, or to the second times its size, whichever is more."""
_OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


class _Strict(csv.excel):
    skipinitialspace = True
    strict = True


def read_records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record of a table: the number of its first line, and its fields.

    Blank lines, and a first line such as ``sep=;``, are skipped. A line of spaces, or with one empty field in quotation
    marks, has one empty field.

    Parameters
    ----------
    path : Path
        A regular file in UTF-8, which may be packed with gzip.
    delimiter : str
        The character between fields.

    Raises
    ------
    FileFormatError
        When it is not UTF-8, its quotation marks don't match, or it can't be unpacked.
    StorageError
        When it can't be read.
    """
    try:
        with _opened(path) as stream:
            file = io.TextIOWrapper(stream, _ENCODING, newline="")
            first = file.readline()
            skipped = bool(_SEP_LINE.fullmatch(first))
            lines = _without_nul(path, chain([first], file))
            if skipped:
                next(lines)
            reader = csv.reader(lines, _Strict, delimiter=delimiter)
            line = 1 + skipped
            try:
                for fields in reader:
                    if fields:
                        yield line, _cleaned(fields, delimiter)
                    line = reader.line_num + 1 + skipped
            except csv.Error as error:
                raise FileFormatError(
                    f"{path}, line {line}: {error}", hint="is a quotation mark missing, or one too many?"
                ) from None
    except UnicodeDecodeError:
        raise FileFormatError(
            f"{path}, line {_line_that_is_not_utf8(path)} is not UTF-8 text",
            hint="save the table as UTF-8 (spreadsheets call it 'CSV UTF-8')",
        ) from None


def _without_nul(path: Path, lines: Iterable[str]) -> Iterator[str]:
    """The lines unchanged, or an error for a NUL character, which damaged files and UTF-16 have, but no text."""
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise FileFormatError(
                f"{path}, line {number} has a NUL character, so it is not text",
                hint="save the table again, as CSV in UTF-8",
            )
        yield line


def find_delimiter(path: Path) -> str:
    """The delimiter that divides all of the first records into the same number of fields, or that ``sep=;`` states.

    If there is none, the table is ragged, and the delimiter that divides the first record most is returned. Errors are
    those of `read_records`.
    """
    with _opened(path) as stream:
        sample = io.TextIOWrapper(stream, _ENCODING, errors="replace", newline="").read(_SAMPLE)
    stated = _SEP_LINE.fullmatch(sample.partition("\n")[0])
    if stated:
        return stated[1]
    if len(sample) == _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    widths = {character: _widths(sample, character) for name, character in DELIMITERS.items() if name != "space"}
    widths = {character: counts for character, counts in widths.items() if max(counts) > 1}
    even = (character for character, counts in widths.items() if _even(counts))
    return next(even, None) or max(widths, key=lambda character: widths[character][0], default=" ")


def _even(widths: list[int]) -> bool:
    """Whether all records have the same number of fields; the header may have one more or less."""
    return len(set(widths[1:] or widths)) == 1 and min(widths) > 1 and abs(widths[0] - widths[-1]) <= 1


def _widths(sample: str, delimiter: str) -> list[int]:
    """The number of fields of each of the first records."""
    widths: list[int] = []
    with suppress(csv.Error):  # reported when the table is read
        for fields in csv.reader(io.StringIO(sample, newline=""), _Strict, delimiter=delimiter):
            if fields not in ([], [""]):
                widths.append(len(fields))
            if len(widths) == _SAMPLE_RECORDS:
                break
    return widths or [0]


def _cleaned(fields: list[str], delimiter: str) -> list[str]:
    """The fields without an empty last one, if spaces divide them, and a single field without surrounding spaces."""
    if delimiter == " " and len(fields) > 1 and not fields[-1]:
        fields.pop()
    return [fields[0].strip()] if len(fields) == 1 else fields


class _Limited(io.RawIOBase):
    """At most ``limit`` bytes of a stream; after these, it ends, or raises the refusal if there is one."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, limit: int, refusal: FileFormatError | None) -> None:
        self._stream, self._left, self._refusal = stream, limit, refusal

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), self._left) if self._left or not self._refusal else 1)
        if data and not self._left and self._refusal:
            raise self._refusal
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    """The unpacked bytes of a file.

    Raises
    ------
    FileFormatError
        When it has another format, is damaged, or unpacks to far more than its size.
    StorageError
        When it can't be read.
    """
    try:
        with path.open("rb") as raw:
            size = path.stat().st_size
            start = raw.read(4)
            raw.seek(0)
            other = next((name for mark, name in _OTHER_FORMATS.items() if start.startswith(mark)), None)
            if other:
                raise FileFormatError(f"{path} is {other}, not CSV", hint="save the table as CSV, in UTF-8")
            if not start.startswith(_GZIP):
                yield io.BufferedReader(_Limited(raw, size, None))
                return
            limit = max(_ALWAYS_UNPACKED, size * _MOST_GROWTH)
            refusal = FileFormatError(
                f"{path} unpacks to more than {limit:,} bytes, from {size:,}", hint="if you trust it, unpack it first"
            )
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield io.BufferedReader(_Limited(unpacked, limit, refusal))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileFormatError(f"{path} is not an intact gzip file: {error}") from None
    except OSError as error:
        raise unreadable(path, error) from error


def _line_that_is_not_utf8(path: Path) -> int:
    """The number of the first line that is not UTF-8: a decoder reads ahead and does not know it."""
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1  # the file has changed in the meantime
