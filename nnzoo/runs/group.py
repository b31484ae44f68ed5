"""`GroupRecord`: the record of a group of runs, ``group.json`` in the directory above them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Len

from nnzoo.checking import FaultyContentsError, check_json
from nnzoo.errors import FileFormatError, storage_errors
from nnzoo.files.strict_json import read_json
from nnzoo.files.writing import write_whole

GROUP_FILE = "group.json"
FORMAT = 1
_SIZE_LIMIT = 1 << 20
"""The largest record that is read, in bytes."""


@dataclass(frozen=True)
class GroupRecord:
    """Runs that differ only in their seed, or in the fold that they hold out.

    Attributes
    ----------
    numbers : tuple of int
        The seed or fold of each run; its directory is ``<unit>-<number>``.
    arguments : dict
        The arguments of ``nnzoo train`` that all runs share.
    """

    unit: Literal["seed", "fold"]
    numbers: Annotated[tuple[Annotated[int, Ge(0)], ...], Len(1, 10_000)]
    arguments: dict[str, Any]
    command: tuple[str, ...]

    def paths(self, directory: Path) -> dict[int, Path]:
        """The directories of its runs, finished or not, by number."""
        return {number: directory / f"{self.unit}-{number}" for number in self.numbers}

    @property
    def given(self) -> dict[str, Any]:
        """The settings and components that the user chose, by name."""
        given = self.arguments.get("given")
        return given if isinstance(given, dict) else {}

    @property
    def fold_seed(self) -> int:
        """The seed that divided the samples into folds."""
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
    """Whether a directory has the record of a group."""
    return (directory / GROUP_FILE).is_file()


def read_group(directory: Path) -> GroupRecord:
    """Read the record of a group.

    Raises
    ------
    FileFormatError
        When it is not a proper record.
    StorageError
        When it is missing or can't be read.
    """
    path = directory / GROUP_FILE
    with storage_errors(f"read {path}"):
        values = read_json(path, _SIZE_LIMIT)
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise FileFormatError(f"{path} is not a record of format {FORMAT}", hint="another version of nnzoo wrote it")
    try:
        return check_json(GroupRecord, json.dumps(values))
    except FaultyContentsError as error:
        raise FileFormatError(f"{path} is not a proper record: {error}") from None
