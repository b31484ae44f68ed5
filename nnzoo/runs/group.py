"""`GroupRecord`: what a directory of runs that belong together says about them, ``group.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Len

from nnzoo.checking import FaultyContentsError, check_json
from nnzoo.errors import FileFormatError, StorageError
from nnzoo.files.strict_json import read_json
from nnzoo.files.writing import write_whole

GROUP_FILE = "group.json"
FORMAT = 1
_SIZE_LIMIT = 1 << 20
"""Bytes of a record."""


@dataclass(frozen=True)
class GroupRecord:
    """Runs that differ in one number alone.

    Attributes
    ----------
    unit : str
        What the number is: ``seed`` or ``fold``.
    numbers : tuple of int
        Of each run, which lies in ``<unit>-<number>``.
    arguments : dict
        What ``nnzoo train`` was given for all of them.
    command : tuple of str
        The command line.
    """

    unit: Literal["seed", "fold"]
    numbers: Annotated[tuple[Annotated[int, Ge(0)], ...], Len(1, 10_000)]
    arguments: dict[str, Any]
    command: tuple[str, ...]

    def paths(self, directory: Path) -> dict[int, Path]:
        """Where its runs lie, or will lie, by number."""
        return {number: directory / f"{self.unit}-{number}" for number in self.numbers}

    @property
    def given(self) -> dict[str, Any]:
        """The settings and components that were given, by name."""
        given = self.arguments.get("given")
        return given if isinstance(given, dict) else {}

    @property
    def fold_seed(self) -> int:
        """What decided which samples are in a fold."""
        seed = self.given.get("seed", 0)
        return seed if isinstance(seed, int) else 0

    def write(self, directory: Path) -> None:
        """Write the file.

        Raises
        ------
        StorageError
        """
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=2, allow_nan=False) + "\n"
        write_whole(directory / GROUP_FILE, text.encode())


def is_group(directory: Path) -> bool:
    """Whether a directory has runs that belong together."""
    return (directory / GROUP_FILE).is_file()


def read_group(directory: Path) -> GroupRecord:
    """The record of a directory of runs.

    Raises
    ------
    FileFormatError
        When it is not a proper record.
    StorageError
        When there is none, or it can't be read.
    """
    path = directory / GROUP_FILE
    try:
        values = read_json(path, _SIZE_LIMIT)
    except FileNotFoundError as error:
        raise StorageError(f"can't read {path}: {error.strerror}") from error
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise FileFormatError(f"{path} is not a record of format {FORMAT}", hint="another version of nnzoo made it")
    try:
        return check_json(GroupRecord, json.dumps(values))
    except FaultyContentsError as error:
        raise FileFormatError(f"{path} is not a proper record: {error}") from None
