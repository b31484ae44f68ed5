"""A user's own arrays in separate files, which may be larger than memory."""

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
from nnzoo.builtin.arrays import OFFICIAL, WHOLE, dataset_of, needed_names, require_floats, require_samples

SUFFIX = ".npy"


@dataclass(frozen=True)
class Npy(DatasetLoader):
    """Your own arrays in ``.npy`` files, which may be larger than memory: each batch reads its samples from them.

    ``path`` is the file of the inputs and ``targets`` the file of the targets. Or ``path`` is a folder with the files
    ``x_train.npy, y_train.npy, x_test.npy, y_test.npy``, or with ``x.npy, y.npy``, which are then split. A folder such
    as ``x_train`` with several files may replace a file; they are joined in the order of their names, with numbers in
    them sorted as numbers: ``part2.npy`` comes before ``part10.npy``.

    Write them with ``np.save``, or piece by piece with ``np.lib.format.open_memmap``. The first axis of ``x`` is that
    of the samples. uint8 values are pixels, scaled to [0, 1]; all other numbers become float32 when they are read, and
    are not scaled: standardise them first. Targets have the same forms as in `npz`, and are kept in memory.

    Python objects are never loaded.
    """

    name: ClassVar[str] = "npy"
    suffixes: ClassVar[tuple[str, ...]] = (SUFFIX,)

    path: Annotated[str, MinLen(1), doc("the file of the inputs, or a folder")]
    targets: Annotated[str, doc("the file of the targets, if path is a file")] = ""
    task: Annotated[TargetTask, doc("whether y has classes or numbers; auto decides by their type")] = "auto"
    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        if not Path(self.path).expanduser().is_dir():
            path = own_file(self.path)
            if not self.targets:
                hint = f"also give the file of the targets: {self.path}:targets=y.npy"
                raise UsageError(f"{path} contains only the inputs", hint=hint)
            x, y = {str(path): path}, {self.targets: own_file(self.targets)}
        elif self.targets:
            raise UsageError(f"{self.path} is a folder, which contains its targets: leave targets out")
        else:
            folder = own_folder(self.path)
            entries = _entries(folder)
            by_name = {entry.name.removesuffix(SUFFIX): entry for entry in entries}
            needed = needed_names(str(folder), [name for name in by_name if name in OFFICIAL + WHOLE])
            for entry in entries:
                name = entry.name.removesuffix(SUFFIX)
                if name in needed and by_name[name] is not entry:
                    raise FileFormatError(
                        f"{entry} and {by_name[name]} would both be {name}", hint="remove one of them"
                    )
            x, y = ({str(by_name[name]): by_name[name] for name in names} for names in (needed[::2], needed[1::2]))
        inputs = {name: _inputs(name, entry) for name, entry in x.items()}
        targets = {name: _joined(entry)[:] for name, entry in y.items()}
        return dataset_of(inputs, targets, self.task, self.test_share, self.seed)


def _inputs(name: str, entry: Path) -> Samples:
    samples = _joined(entry)
    require_samples(name, samples)
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
                f"{path} has {part.dtype} values of shape {part.shape}, but {paths[0]} has {parts[0].dtype} values of "
                f"shape {parts[0].shape}"
            )
    return joined(parts)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted((entry for entry in folder.iterdir() if entry.is_file() or entry.is_dir()), key=_natural)
    except OSError as error:
        raise unreadable(folder, error) from error


def _natural(path: Path) -> tuple[list[str | int], str]:
    """A key that sorts paths by name, with numbers in them by value; names that are then equal, 1 and 01, as texts."""
    pieces = re.split("([0-9]+)", path.name)  # every second piece is a number
    return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces)], path.name
