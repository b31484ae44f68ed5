"""A user's own arrays in files of their own, which may be larger than memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import MinLen, doc

from nnzoo.api import (
    DataCache,
    Dataset,
    DatasetLoader,
    FileFormatError,
    Samples,
    Seed,
    TargetTask,
    TestShare,
    UsageError,
    joined,
    open_array,
    own_file,
    own_folder,
    unreadable,
)
from nnzoo.builtin.arrays import OFFICIAL, WHOLE, dataset_of, needed_names, require_floats

SUFFIX = ".npy"


@dataclass(frozen=True)
class Npy(DatasetLoader):
    """Your own arrays in ``.npy`` files, which may be larger than memory: each batch reads its samples from them.

    ``path`` is the file of the inputs, and ``targets`` that of the targets; or ``path`` is a folder with the files
    ``x_train.npy, y_train.npy, x_test.npy, y_test.npy``, or ``x.npy, y.npy``, which are then divided. In place of a
    file there may be a folder of that name, ``x_train``, with several: they are joined in the order of their names, of
    which numbers count as numbers: ``part2.npy`` comes before ``part10.npy``.

    Write them with ``np.save``, or piece by piece through ``np.lib.format.open_memmap``. In ``x`` the first axis counts
    the samples. uint8 values are pixels, brought to [0, 1]; all other numbers become float32 when they are read, and
    are used as they are: standardise them first. Targets are those of `npz`; they are kept in memory.

    Python objects are never loaded.
    """

    name: ClassVar[str] = "npy"
    suffixes: ClassVar[tuple[str, ...]] = (SUFFIX,)

    path: Annotated[str, MinLen(1), doc("the file of the inputs, or a folder")]
    targets: Annotated[str, doc("the file of the targets, where path is a file")] = ""
    task: Annotated[TargetTask, doc("whether y has classes or numbers; auto goes by their type")] = "auto"
    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        if not Path(self.path).expanduser().is_dir():
            path = own_file(self.path)
            if not self.targets:
                raise UsageError(
                    f"{path} has the inputs alone", hint=f"name the file of the targets too: {self.path}:targets=y.npy"
                )
            x, y = {str(path): path}, {self.targets: own_file(self.targets)}
        elif self.targets:
            raise UsageError(f"{self.path} is a folder, which has its targets in it: leave targets out")
        else:
            folder = own_folder(self.path)
            entries = _entries(folder)
            there = {entry.name.removesuffix(SUFFIX): entry for entry in entries}
            needed = needed_names(
                str(folder), [name for name in there if name in OFFICIAL + WHOLE] or ["nothing of it"]
            )
            for entry in entries:
                name = entry.name.removesuffix(SUFFIX)
                if name in needed and there[name] is not entry:
                    raise FileFormatError(f"{entry} and {there[name]} would both be {name}", hint="remove one of them")
            x, y = ({str(there[name]): there[name] for name in names} for names in (needed[::2], needed[1::2]))
        inputs = {name: _inputs(name, entry) for name, entry in x.items()}
        targets = {name: _joined(entry)[:] for name, entry in y.items()}
        return dataset_of(inputs, targets, self.task, self.test_share, self.seed)


def _inputs(name: str, entry: Path) -> Samples:
    samples = _joined(entry)
    if samples.ndim < 2 or 0 in samples.shape or samples.dtype.kind == "U":
        raise FileFormatError(
            f"{name} has {samples.dtype} values of shape {samples.shape}; expected numbers of shape (samples, …)",
            hint="samples of one value each are x[:, None]" if samples.ndim == 1 else None,
        )
    if samples.dtype != np.uint8:
        require_floats(name, samples)
    return samples


def _joined(entry: Path) -> Samples:
    """The array in a file, or in the files of a folder."""
    if not entry.is_dir():
        return open_array(entry)
    paths = [path for path in _entries(entry) if path.suffix == SUFFIX]
    if not paths:
        raise FileFormatError(f"{entry} has no file that ends in {SUFFIX}")
    parts: list[Samples] = [open_array(path) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if (part.shape[1:], part.dtype) != (parts[0].shape[1:], parts[0].dtype):
            raise FileFormatError(
                f"{path} has {part.dtype} values of shape {part.shape}, which do not go with those of {paths[0]}: "
                f"{parts[0].dtype}, {parts[0].shape}"
            )
    return joined(parts)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted((entry for entry in folder.iterdir() if entry.is_file() or entry.is_dir()), key=_natural)
    except OSError as error:
        raise unreadable(folder, error) from error


def _natural(path: Path) -> tuple[list[str | int], str]:
    """What sorts paths by their names, with the numbers in them as numbers; equal ones, as 1 and 01, by the letters."""
    pieces = re.split("([0-9]+)", path.name)  # every second one is a number
    return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces)], path.name
