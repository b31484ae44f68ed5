"""How exported scripts read raw data and put answers into words; the exporter `numpy` copies their source.

So each stands for itself: beside its arguments it uses NumPy, the standard library, and other functions that the
exporter copies. Errors are ValueErrors, which a script prints without a traceback.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.builtin.numpy_preprocessing import square

Array: TypeAlias = NDArray[Any]

MISSING = ("", "-", "?", "n/a", "na", "nan", "none", "null")
"""What stands for a missing value in a CSV file, in small letters; scripts have a copy."""


# --- tables


def read_columns(rows: Any, columns: Mapping[str, str]) -> list[Array]:
    """The columns that are used, each as an array of its type, from a dict of columns or a list of dicts."""
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
    """Numbers as float64, texts as objects, or dates as datetime64[s]; NaN, None or NaT where one is missing."""
    nothing = {"number": math.nan, "category": None, "date": np.datetime64("NaT")}[kind]
    result = np.full(len(cells), nothing, {"number": "f8", "category": "O", "date": "M8[s]"}[kind])
    for row, cell in enumerate(cells):
        if cell is None or cell != cell:  # NaN and NaT do not equal themselves
            continue
        if kind == "number" and isinstance(cell, Real | np.bool_):
            result[row] = cell
        elif kind == "category" and isinstance(cell, str):
            result[row] = str(cell)
        elif kind == "date" and isinstance(cell, date | np.datetime64):
            result[row] = np.datetime64(cell, "s")
        elif kind == "date" and isinstance(cell, str):
            result[row] = parse_date(cell)
        else:
            wanted = {"number": "a number", "category": "a text", "date": "a date"}[kind]
            raise ValueError(f"row {row}, column {name!r}: {cell!r} is not {wanted}")
    return result


def parse_date(text: str) -> np.datetime64:
    """A date such as 2024-12-31, or with a time of the day: 2024-12-31 23:59:59."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?", text, re.ASCII):
        raise ValueError(f"{text!r} is not a date such as 2024-12-31 or 2024-12-31 23:59")
    return np.datetime64(text.replace(" ", "T")).astype("M8[s]")


def parse_number(text: str) -> float:
    """A number such as -1.5 or 2e-3."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def read_csv(path: Path, columns: Mapping[str, str]) -> dict[str, list[Any]]:
    """The columns of a CSV file that are used. Its first line names them."""
    parse = {"number": parse_number, "category": str, "date": parse_date}
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=max(",;\t", key=first.count), strict=True)
        header = [name.strip() for name in next(reader, [])]
        for name in columns:
            if header.count(name) != 1:
                raise ValueError(f"{path} has {'no column' if name not in header else 'two columns'} {name!r}")
        table: dict[str, list[Any]] = {name: [] for name in columns}
        for cells in reader:
            if cells and len(cells) != len(header):
                raise ValueError(f"line {reader.line_num} has {len(cells)} cells, and the first has {len(header)}")
            for name, kind in columns.items() if cells else ():
                text = cells[header.index(name)].strip()
                try:
                    table[name].append(None if text.lower() in MISSING else parse[kind](text))
                except ValueError as error:
                    raise ValueError(f"line {reader.line_num}, column {name!r}: {error}") from None
    return table


def present(x: Array) -> Array:
    """The values as they are, where none is missing."""
    missing = np.argwhere(np.equal(x, None) if x.dtype == object else np.isnan(x))
    if len(missing):
        raise ValueError(f"sample {missing[0][0]} has a missing value")
    return x


def side_by_side(blocks: Sequence[Array]) -> Array:
    """What has become of each column, as one row of numbers for each sample."""
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
        array = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.kind not in "buif" or not array.size:
        raise ValueError(f"{path} holds {array.dtype} values of shape {array.shape}; expected numbers")
    return array


def read_pictures(path: Path) -> Any:
    """The picture in a .npy file, or several of one size."""
    array = read_npy(path)
    return [array] if array.ndim == 2 or array.shape[2:] == (3,) else array


def pixels(x: Array, multiplier: float, largest: float = math.inf) -> Array:
    """Integers multiplied by one number. Others are used as they are, unless they are whole and far too large."""
    if x.dtype.kind in "uib":
        return x.astype(np.float32) * multiplier
    highest = np.abs(x).max(initial=0)
    if highest <= max(2 * largest, 1):
        return x
    if highest <= 255 and x.min() >= 0 and np.array_equal(x, np.rint(x)):
        return x * multiplier
    raise ValueError(f"a value of {highest:g} is neither an integer pixel nor one multiplied by {multiplier:g}")


def raw_pixels(x: Array, multiplier: float) -> Array:
    """Pixels from 0 to 255, whatever their type, multiplied by one number."""
    if x.dtype.kind == "f" and 0 < np.abs(x).max(initial=0) <= 1 and not np.array_equal(x, np.rint(x)):
        raise ValueError("values are between 0 and 1; expected pixels from 0 to 255")
    return x * multiplier


def squares(pictures: Any, size: int, method: str, color: str) -> Array:
    """Pictures as uint8 arrays of the size that the network takes; an array of that size is used as it is."""
    shape = (size, size) if color == "grey" else (3, size, size)
    if isinstance(pictures, np.ndarray):
        if pictures.shape[-len(shape) :] == shape and pictures.ndim in (len(shape), len(shape) + 1):
            return pictures.reshape(-1, *shape)
        one = pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] == 3)
        pictures = [pictures] if one else list(pictures)
    for picture in pictures:
        if picture.dtype != np.uint8 or not picture.size or not (picture.ndim == 2 or picture.shape[2:] == (3,)):
            what = f"{picture.dtype} values of shape {picture.shape}"
            raise ValueError(f"{what} are not a picture: expected uint8 of shape (height, width) or (height, width, 3)")
    return np.stack([square(picture, size, method, color) for picture in pictures])


# --- answers


def unstandardize(y: Array, mean: Array, deviation: Array) -> Array:
    """Standardized values in their own units."""
    return y * deviation + mean


def best_classes(predictions: Array, names: Sequence[str]) -> dict[str, list[Any]]:
    """The most probable class of each sample, and its probability."""
    best = predictions.argmax(axis=-1)
    return {"answer": [names[place] for place in best], "probability": predictions.max(axis=-1).tolist()}


def likely_labels(predictions: Array, names: Sequence[str]) -> dict[str, list[Any]]:
    """The labels of each sample whose probability is at least one half."""
    return {"answer": ["|".join(names[place] for place in np.flatnonzero(row >= 0.5)) for row in predictions]}


def by_name(predictions: Array, names: Sequence[str], what: str = "") -> dict[str, list[Any]]:
    """The predictions for each sample, by what they are for."""
    columns = predictions.reshape(len(predictions), -1).T.tolist()
    return {what + name: column for name, column in zip(names, columns, strict=True)}


def as_text(table: Mapping[str, Sequence[Any]], digits: int) -> list[list[str]]:
    """Columns as lines of cells, the first with their names."""
    rows = zip(*table.values(), strict=True)
    texts = ([cell if isinstance(cell, str) else f"{cell:.{digits}g}" for cell in cells] for cells in rows)
    return [["row", *table], *([str(row), *line] for row, line in enumerate(texts))]


def print_table(table: Mapping[str, Sequence[Any]]) -> None:
    """Print columns one beside the other; a text that is more than plain characters is shown as Python code."""
    lines = [[cell if cell.isprintable() else repr(cell) for cell in line] for line in as_text(table, 4)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def write_csv(table: Mapping[str, Sequence[Any]], path: Path) -> None:
    """Write columns to a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(as_text(table, 8))
