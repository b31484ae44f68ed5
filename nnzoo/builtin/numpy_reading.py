"""Functions with which exported scripts read raw data and write answers; the exporter `numpy` copies their source.

So each function stands alone: beside its arguments it uses NumPy, the standard library, and other functions that the
exporter copies. Errors are ValueErrors, which a script prints without a traceback.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.builtin.numpy_preprocessing import square

Array: TypeAlias = NDArray[Any]

MISSING = r"|\?|#?n/?a|n\.a\.|-?nan|nat|<na>|null|none|#(null|div/0|ref|value|num|error)!|#name\?"
"""The spellings of a missing value; scripts have it as a constant."""
NO_NUMBER = r"--?|–|—|\."
"""Further spellings of a missing number or date."""


# --- tables


def read_columns(rows: Any, columns: Mapping[str, str]) -> list[Array]:
    """The required columns, each as an array of its type, from a dict of columns or a list of dicts."""
    if isinstance(rows, list | tuple):
        for number, row in enumerate(rows):
            absent = [name for name in columns if name not in row]
            if absent:
                raise ValueError(f"row {number} has no column {absent[0]!r}")
        rows = {name: [row[name] for row in rows] for name in columns}
    absent = [name for name in columns if name not in rows]
    if absent:
        raise ValueError(f"there is no column {', '.join(map(repr, absent))}")
    lengths = {len(rows[name]) for name in columns}
    if len(lengths) > 1 or 0 in lengths:
        raise ValueError(f"columns have {' and '.join(map(str, sorted(lengths)))} rows")
    return [read_column(rows[name], name, kind) for name, kind in columns.items()]


def read_column(cells: Any, name: str, kind: str) -> Array:
    """Numbers as float64, categories as objects, or dates as datetime64[s]; NaN, None or NaT if one is missing."""
    nothing, dtype = {"number": (math.nan, "f8"), "category": (None, "O"), "date": ("NaT", "M8[s]")}[kind]
    column = np.full(len(cells), nothing, dtype)
    for row, cell in enumerate(cells):
        try:
            value = read_cell(cell, kind)
        except ValueError as error:
            raise ValueError(f"row {row}, column {name!r}: {error}") from None
        if value is not None:
            column[row] = value
    return column


def read_cell(cell: Any, kind: str) -> Any:
    """A number, a category or a date; None if it is missing."""
    if cell is None or cell != cell:  # NaN and NaT are not equal to themselves
        return None
    if isinstance(cell, str):
        missing = MISSING if kind == "category" else f"{MISSING}|{NO_NUMBER}"
        if re.fullmatch(missing, cell.strip(), re.IGNORECASE):
            return None
    return {"number": to_number, "category": to_category, "date": to_date}[kind](cell)


def to_number(cell: Any) -> float:
    """A number, or a text such as -1.5e3."""
    text = str(cell).replace("−", "-") if isinstance(cell, str) else cell
    try:
        number = math.nan if "_" in str(cell) else float(text)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{cell!r} is not a plain number")
    return number


def to_category(cell: Any) -> str:
    """The name of a category: 2 for 2.0, and one spelling for true and false."""
    text = str(cell).strip()
    if isinstance(cell, float | np.floating):
        number = float(cell)
        text = str(int(number)) if number.is_integer() and abs(number) <= 2**53 else f"{number:.12g}"
    return text.casefold() if text.casefold() in ("true", "false") else text


def to_date(cell: Any) -> np.datetime64:
    """A date, or a text such as 2024-12-31 23:59:59 or 31.12.2024; in UTC if it has a time zone (Z, +01:00)."""
    if isinstance(cell, str):
        pattern = r"(\d{4}-\d\d-\d\d|\d\d?\.\d\d?\.\d{4})(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s?(Z|[+-]\d\d:\d\d)?)?"
        match = re.fullmatch(pattern, cell.strip(), re.ASCII)
        if not match:
            raise ValueError(f"{cell!r} is not a date such as 2024-12-31, 31.12.2024 or 2024-12-31 23:59")
        day, minute, second, zone = match.groups("")
        day = "-".join(part.zfill(2) for part in reversed(day.split(".")))
        cell = datetime.fromisoformat(f"{day}T{minute or '00:00'}{second or ':00'}{zone.replace('Z', '+00:00')}")
    if isinstance(cell, datetime) and cell.tzinfo:
        cell = cell.astimezone(UTC).replace(tzinfo=None)
    if not isinstance(cell, date | np.datetime64):
        raise ValueError(f"{cell!r} is not a date")
    return np.datetime64(cell).astype("M8[s]")


def read_csv(path: Path, columns: Mapping[str, str], decimal: str) -> dict[str, list[Any]]:
    """The required columns of a CSV file; its first line names them, unless their names in the model are 1, 2, ...."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    declared = re.match(r'"?sep=(.)"?\s*\n', text, re.IGNORECASE)  # as spreadsheets write it
    first, text = text[: text.find("\n")], text[declared.end() :] if declared else text
    delimiter = declared[1] if declared else max("\t|;,", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows = (
        (reader.line_num + bool(declared), [cell.strip() for cell in row]) for row in reader if row not in ([], [""])
    )
    lines: Iterator[tuple[int, list[str]]] = iter(rows)
    first_line, header = next(lines, (1, []))
    if not any(name in header for name in columns) and all(name.isdecimal() for name in columns):
        lines, header = chain([(first_line, header)], lines), [str(number) for number, _ in enumerate(header, 1)]
    for name in columns:
        if header.count(name) != 1:
            raise ValueError(f"{path} has {'two columns' if name in header else 'no column'} {name!r}")
    table: dict[str, list[Any]] = {name: [] for name in columns}
    for line, row in lines:
        if len(row) != len(header):
            raise ValueError(f"{path}, line {line} has {len(row)} cells; expected {len(header)}")
        for name, kind in columns.items():
            cell = row[header.index(name)]
            if kind == "number" and decimal == "," and "." not in cell:
                cell = cell.replace(",", ".")
            try:
                table[name].append(read_cell(cell, kind))
            except ValueError as error:
                has_comma = kind == "number" and decimal == "." and "," in cell
                comma = "; in a command, --decimal , reads decimal commas" if has_comma else ""
                raise ValueError(f"{path}, line {line}, column {name!r}: {error}{comma}") from None
    return table


def present(x: Array) -> Array:
    """The values unchanged; a missing value is an error."""
    missing = np.isnan(x) if x.dtype.kind == "f" else np.array([value is None for value in x])
    if missing.any():
        raise ValueError(f"sample {np.argwhere(missing)[0][0]} has a missing value")
    return x


def side_by_side(blocks: Sequence[Array]) -> Array:
    """The converted columns as one row of numbers for each sample."""
    return finite(np.concatenate([block.reshape(len(block), -1) for block in blocks], axis=1))


def finite(x: Array) -> Array:
    """Numbers as float32."""
    with np.errstate(over="ignore"):
        y = x.astype(np.float32)
    bad = np.argwhere(~np.isfinite(y))
    if len(bad):
        raise ValueError(f"sample {bad[0][0]} has a value that is missing, or not finite: {x[tuple(bad[0])]}")
    return y


# --- arrays and pictures


def read_npy(path: Path) -> Array:
    """The array in a .npy file."""
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise ValueError(f"{path} is not a .npy file as written by np.save")
        file.seek(0)
        array = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.kind not in "buif" or not array.size:
        raise ValueError(f"{path} holds {array.dtype} values of shape {array.shape}; expected numbers")
    return array


def read_pictures(path: Path) -> Any:
    """The picture in a .npy file, or several of the same size."""
    array = read_npy(path)
    return [array] if array.ndim == 2 or array.shape[2:] == (3,) else array


def pixels(x: Array, multiplier: float, largest: float = math.inf) -> Array:
    """Integers times a multiplier. Other numbers are not changed, unless they are whole and far too large."""
    if x.dtype.kind in "uib":
        return x.astype(np.float32) * multiplier
    highest = np.abs(x).max(initial=0)
    if highest <= max(2 * largest, 1):
        return x
    if highest <= 255 and x.min() >= 0 and np.array_equal(x, np.rint(x)):
        return x * multiplier
    raise ValueError(f"a value of {highest:g} is neither an integer pixel nor one multiplied by {multiplier:g}")


def raw_pixels(x: Array, multiplier: float) -> Array:
    """Pixels from 0 to 255, of any type, times a multiplier."""
    if x.dtype.kind == "f" and 0 < np.abs(x).max(initial=0) <= 1 and not np.array_equal(x, np.rint(x)):
        raise ValueError("values are between 0 and 1; expected pixels from 0 to 255")
    return x * multiplier


def squares(pictures: Any, size: int, method: str, color: str) -> Array:
    """Pictures as uint8 arrays of the network's input size; an array of that size is not changed."""
    shape = (size, size) if color == "grey" else (3, size, size)
    if isinstance(pictures, np.ndarray):
        if pictures.shape[-len(shape) :] == shape and pictures.ndim in (len(shape), len(shape) + 1):
            return pictures.reshape(-1, *shape)
        one = pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] == 3)
        pictures = [pictures] if one else list(pictures)
    pictures = [np.asarray(picture) for picture in pictures]
    for picture in pictures:
        if picture.dtype != np.uint8 or not picture.size or not (picture.ndim == 2 or picture.shape[2:] == (3,)):
            what = f"{picture.dtype} values of shape {picture.shape}"
            raise ValueError(f"{what} are not a picture: expected uint8 of shape (height, width) or (height, width, 3)")
    return np.stack([square(picture, size, method, color) for picture in pictures])


# --- answers


def unstandardize(y: Array, mean: Array, deviation: Array) -> Array:
    """Standardized values in their original units."""
    return y * deviation + mean


def best_classes(predictions: Array, names: Sequence[str]) -> list[str]:
    """The most probable class of each sample."""
    return [names[place] for place in predictions.argmax(axis=-1).tolist()]


def largest(predictions: Array) -> list[str]:
    """The largest probability of each sample."""
    return [f"{p:.2%}" for p in predictions.max(axis=-1).tolist()]


def likely_labels(predictions: Array, names: Sequence[str]) -> list[str]:
    """The labels of each sample whose probability is at least one half."""
    return ["; ".join(names[place] for place in np.flatnonzero(row >= 0.5).tolist()) for row in predictions]


def all_values(predictions: Array) -> list[str]:
    """The predictions for each sample as one text."""
    return ["; ".join(map(str, row)) for row in predictions.reshape(len(predictions), -1).tolist()]


def by_name(predictions: Array, names: Sequence[str]) -> dict[str, list[float]]:
    """The predictions for each sample, by name."""
    columns = predictions.reshape(len(predictions), -1).T.tolist()
    return dict(zip(names, columns, strict=True))


def print_table(table: Mapping[str, Sequence[Any]]) -> None:
    """Print columns side by side; text with unprintable characters is shown as Python code."""
    cells = [[cell if isinstance(cell, str) else f"{cell:.6g}" for cell in column] for column in table.values()]
    lines = [["row", *table], *([str(row), *line] for row, line in enumerate(zip(*cells, strict=True), 1))]
    lines = [[cell if cell.isprintable() else repr(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def write_csv(table: Mapping[str, Sequence[Any]], path: Path) -> None:
    """Write columns to a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", *table])
        writer.writerows([row, *cells] for row, cells in enumerate(zip(*table.values(), strict=True), 1))
