"""A user's own pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from annotated_types import Ge, Le, MinLen, doc
from numpy.typing import NDArray

from nnzoo.api import (
    DataCache,
    Dataset,
    Feature,
    FileFormatError,
    PictureLoader,
    PicturePreprocessor,
    Rows,
    Seed,
    Split,
    TestShare,
    UsageError,
    own_folder,
    part_samples,
    read_picture,
    unreadable,
)
from nnzoo.builtin.pictures import Color, OnBlack, Square

logger = logging.getLogger("nnzoo")

SUFFIXES = (".png", ".jpg", ".jpeg")
PARTS = ("train", "test")
MOST_BYTES = 1 << 28
"""A larger file is refused before it is read."""

Fit: TypeAlias = Annotated[
    Literal["stretch", "pad", "crop", "on-black"],
    doc("how a picture becomes a square: stretched, padded with black bars, cropped, or its object cut out"),
]
_Listed: TypeAlias = tuple[list[Path], NDArray[np.intp]]
"""Pictures and their class numbers."""


@dataclass(frozen=True)
class ImageFolder(PictureLoader):
    """Your own pictures: a folder with a folder of PNG or JPEG files for each class.

    The folders' names are the classes. If there are two folders ``train`` and ``test``, each with a folder for each
    class, they are the two parts; else a share of each class is kept for testing.

    Pictures become ``size`` × ``size`` pixels: ``stretch`` ignores their proportions, ``pad`` adds black bars, ``crop``
    cuts off the longer side; a picture of this size is not changed. ``on-black`` is for one object on a plain
    background of any colour: it cuts the object out and puts it on black, like the clothes of Fashion-MNIST. Pictures
    are turned upright by the camera's orientation tag. Transparent areas become white, or black if the drawing is
    light. Samples have the shape (size, size), or (3, size, size) in colour. A model file stores all this, and `nnzoo
    predict` does the same.
    """

    name: ClassVar[str] = "images"
    formerly: ClassVar[tuple[str, ...]] = ("nnzoo-datasets/images",)
    takes_folders: ClassVar[bool] = True

    path: Annotated[str, MinLen(1), doc("the folder")]
    size: Annotated[int, Ge(1), Le(1024), doc("pixels of each side")] = 28
    color: Color = "grey"
    fit: Fit = "stretch"
    test_share: TestShare = 0.2
    seed: Seed = 0
    keep: Annotated[bool, doc("keep all samples in memory; else each picture is read when it is needed")] = True

    def suiting(self, step: PicturePreprocessor) -> Self:
        if isinstance(step, OnBlack):
            return replace(self, size=step.size, fit="on-black")
        return replace(self, size=step.size, fit=step.method, color=step.color) if isinstance(step, Square) else self

    def load(self, cache: DataCache) -> Dataset:
        if self.fit == "on-black" and self.color == "rgb":
            raise UsageError(f"{self.label}: fit=on-black makes grey pictures", hint="remove color=rgb")
        folder = own_folder(self.path)
        left_out: list[Path] = []
        if all((folder / name).is_dir() for name in PARTS):
            dataset = self._official(folder, left_out)
        else:
            dataset = self._parted(folder, left_out)
        if left_out:
            some = ", ".join(str(path.relative_to(folder)) for path in left_out[:3])
            more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
            logger.warning("%s: ignored, as they are not PNG or JPEG files: %s%s", folder, some, more)
        return dataset

    def _official(self, folder: Path, left_out: list[Path]) -> Dataset:
        """The data set of a folder with both parts."""
        left_out += [entry for entry in _entries(folder) if entry.name not in PARTS]
        train, test = (_pictures(folder / name, left_out) for name in PARTS)
        names = _checked(folder / "train", list(train))
        for name in sorted(test.keys() - train.keys()):
            raise FileFormatError(f"{folder / 'test' / name} is a class that {folder / 'train'} does not have")
        for name in sorted(train.keys() - test.keys()):
            logger.warning("%s has no folder %s: this class is not tested", folder / "test", name)
        return self._dataset(_listed(train, names), _listed(test, names), names)

    def _parted(self, folder: Path, left_out: list[Path]) -> Dataset:
        """The data set of a folder with a folder for each class."""
        pictures = _pictures(folder, left_out)
        names = _checked(folder, list(pictures))
        for name, paths in pictures.items():
            if len(paths) == 1:
                needed = "two are needed, one for training and one for testing"
                raise FileFormatError(f"{paths[0]} is the only picture of class {name!r}; {needed}")
        paths, labels = _listed(pictures, names)
        train, test = part_samples(len(paths), self.test_share, self.seed, labels)
        parts = [([paths[place] for place in part], labels[part]) for part in (train, test)]
        return self._dataset(parts[0], parts[1], names)

    def _dataset(self, train: _Listed, test: _Listed, class_names: tuple[str, ...]) -> Dataset:
        """The data set of pictures, which are read one by one so that only one is in memory in its full size."""
        step = OnBlack(self.size) if self.fit == "on-black" else Square(self.size, self.fit, self.color)
        splits = []
        for paths, labels in (train, test):
            rows = _rows(paths, step)
            splits.append(Split(rows[:] if self.keep else rows, labels, scale=1 / 255))
        return Dataset(splits[0], splits[1], class_names, features=(Feature((step,)),))


def _listed(pictures: dict[str, list[Path]], names: tuple[str, ...]) -> _Listed:
    """All pictures, class by class, and their class numbers."""
    by_class = [pictures.get(name, []) for name in names]
    labels = np.repeat(np.arange(len(by_class)), [len(paths) for paths in by_class])
    return [path for paths in by_class for path in paths], labels


def _rows(paths: list[Path], step: PicturePreprocessor) -> Rows:
    """Pictures as samples."""

    def read(places: NDArray[np.integer[Any]], out: NDArray[Any]) -> None:
        for sample, place in zip(out, places.tolist(), strict=True):
            sample[...] = _squared(paths[place], step)

    return Rows((len(paths), *step.shape()), np.dtype(np.uint8), read)


def _squared(path: Path, step: PicturePreprocessor) -> NDArray[np.uint8]:
    """One picture as a sample.

    Raises
    ------
    FileFormatError, StorageError
        When it can't be read or used; the message names it.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FileFormatError(f"is larger than {MOST_BYTES >> 20} MiB")
        return step.prepare(read_picture(path.read_bytes()))[0]
    except FileFormatError as error:
        raise FileFormatError(f"{path} {error.message}", hint=error.hint) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _pictures(folder: Path, left_out: list[Path]) -> dict[str, list[Path]]:
    """The picture files of each class, sorted; all other entries are added to ``left_out``."""
    pictures: dict[str, list[Path]] = {}
    for entry in _entries(folder):
        if entry.name.startswith(".") or not entry.is_dir():
            left_out.append(entry)
            continue
        inside = _entries(entry)
        pictures[entry.name] = [path for path in inside if _is_picture(path)]
        left_out += [path for path in inside if not _is_picture(path)]
        if not pictures[entry.name]:
            hint = f"{' and '.join(PARTS)} must both exist" if entry.name in PARTS else None
            raise FileFormatError(f"{entry} has no PNG or JPEG file", hint=hint or "fill or remove the folder")
    return pictures


def _checked(folder: Path, names: list[str]) -> tuple[str, ...]:
    """The names of the classes; there must be two or more."""
    if len(names) < 2:
        found = f"only the folder {names[0]}" if names else "no folder"
        raise FileFormatError(
            f"{folder} contains {found}; it needs two or more, one for each class",
            hint=f"for the arrays in it, use npy:path={folder}" if any(folder.glob("*.npy")) else None,
        )
    return tuple(names)


def _is_picture(path: Path) -> bool:
    """Whether it has the name of a picture, and is a file, or a broken link (reading it raises an error)."""
    named = path.suffix.casefold() in SUFFIXES and not path.name.startswith(".")
    return named and (path.is_file() or not path.exists())  # a pipe or a device might be endless


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error
