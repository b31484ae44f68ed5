"""The records of a delimited text file (RFC 4180), one after another; a delimiter that is not given is guessed."""

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
"""By name; those that come first are rarer within a field."""

_ENCODING = "utf-8-sig"  # with or without a byte order mark
_SAMPLE = 1 << 16
_SAMPLE_RECORDS = 20
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""How Excel learns the delimiter in a line before the table."""
_GZIP = b"\x1f\x8b"
_ALWAYS_UNPACKED, _MOST_GROWTH = 1 << 26, 200
"""A packed file may unpack to so many bytes, or to so many times its size, whichever is more."""
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
    """Yield each record of a table: the line it begins in, and its fields.

    Blank lines are passed over, and so is a first line such as ``sep=;``. A line of spaces, or of an empty field in
    quotation marks, has one field, which is empty.

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
    """The lines as they are; no text has a NUL character, but damaged files and UTF-16 do."""
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise FileFormatError(
                f"{path}, line {number} has a NUL character, so it is not text",
                hint="save the table again, as CSV in UTF-8",
            )
        yield line


def find_delimiter(path: Path) -> str:
    """The character that divides each of the first records into equally many fields, or that a line ``sep=;`` states.

    Where there is none, the table is ragged, and it is the one that divides the first record most.

    Raises
    ------
    FileFormatError, StorageError
        When the file can't be read, or can't be unpacked.
    """
    with _opened(path) as stream:
        sample = io.TextIOWrapper(stream, _ENCODING, errors="replace", newline="").read(_SAMPLE)
    told = _SEP_LINE.fullmatch(sample.partition("\n")[0])
    if told:
        return told[1]
    if len(sample) == _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    widths = {character: _widths(sample, character) for name, character in DELIMITERS.items() if name != "space"}
    widths = {character: found for character, found in widths.items() if max(found) > 1}
    even = (character for character, found in widths.items() if _even(found))
    return next(even, None) or max(widths, key=lambda character: widths[character][0], default=" ")


def _even(widths: list[int]) -> bool:
    """Whether all records are equally wide; a header may have a field more or less."""
    return len(set(widths[1:] or widths)) == 1 and min(widths) > 1 and abs(widths[0] - widths[-1]) <= 1


def _widths(sample: str, delimiter: str) -> list[int]:
    """How many fields each of the first records has."""
    found: list[int] = []
    with suppress(csv.Error):  # reading the table reports it
        for fields in csv.reader(io.StringIO(sample, newline=""), _Strict, delimiter=delimiter):
            if fields not in ([], [""]):
                found.append(len(fields))
            if len(found) == _SAMPLE_RECORDS:
                break
    return found or [0]


def _cleaned(fields: list[str], delimiter: str) -> list[str]:
    """Without spaces at the end of a line, where these divide fields, and those in a line that has nothing else."""
    if delimiter == " " and len(fields) > 1 and not fields[-1]:
        fields.pop()
    return [fields[0].strip()] if len(fields) == 1 else fields


class _Limited(io.RawIOBase):
    """The first bytes of a stream: so many that a growing file ends, and a packed one is refused."""

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
    """The bytes of a file, unpacked.

    Raises
    ------
    FileFormatError
        When it is evidently of another format, damaged, or unpacks to far more than it is.
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
    """A decoder works ahead of the records, so the line is looked for separately."""
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1  # the file has changed meanwhile
