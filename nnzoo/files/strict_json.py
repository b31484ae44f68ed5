"""JSON from untrusted files."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.reading import read_regular

DEPTH = 64
"""Greatest depth of nested lists and objects, as the code that uses the values may be recursive."""

_LARGEST = int(sys.float_info.max)
"""The largest integer that is finite as a float."""
_CONTAINERS = frozenset({dict, list})


def read_json(path: Path, limit: int) -> Any:
    """The value in a JSON file of at most ``limit`` bytes; see `parse_json`.

    Raises
    ------
    FileNotFoundError
        When there is no such file; the caller knows what that means.
    StorageError
        When it can't be read.
    FileFormatError
        When it is not JSON.
    """
    try:
        return parse_json(read_regular(path, limit).decode())
    except (FileNotFoundError, FileFormatError):
        raise
    except OSError as error:
        raise StorageError(f"can't read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FileFormatError(f"{path} is not JSON: {error}") from None


def parse_json(text: str) -> Any:
    """The value of a JSON text; ValueError if it is not JSON, or is nested deeper than `DEPTH`.

    Unlike `json.loads`, it accepts only numbers that are finite as a float.
    """
    too_deep = ValueError(f"it nests deeper than {DEPTH} levels")
    try:
        value = json.loads(text, parse_constant=_refused, parse_float=_finite, parse_int=_moderate)
    except RecursionError:
        raise too_deep from None
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(DEPTH):
        nested = (each.values() if type(each) is dict else each for each in level)
        level = [item for items in nested for item in items if type(item) in _CONTAINERS]
        if not level:
            return value
    raise too_deep


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refused("one that is larger than any float")


def _moderate(text: str) -> int:
    number = int(text)
    return number if abs(number) <= _LARGEST else _refused("one with so many digits")


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number that JSON knows")
