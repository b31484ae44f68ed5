"""A user's own pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, MinLen, doc
from nnzoo.api import (
    DataCache,
    Dataset,
    DatasetLoader,
    FileFormatError,
    Seed,
    Split,
    TestShare,
    own_folder,
    part_samples,
    unreadable,
)

from nnzoo_datasets.picture_choices import Color, Fit

logger = logging.getLogger("nnzoo")

SUFFIXES = (".png", ".jpg", ".jpeg")
PARTS = ("train", "test")


@dataclass(frozen=True)
class ImageFolder(DatasetLoader):
    """Your own pictures: a folder with a folder for each class, and PNG or JPEG files in these.

    The folders' names are the classes. Where there are the two folders ``train`` and ``test``, each with a folder for
    each class, they are the two parts; else a share of each class is kept for testing.

    Pictures become ``size`` × ``size`` pixels: ``stretch`` forgets their proportions, ``pad`` adds black bars, ``crop``
    cuts off what is too long; one that has this size already is taken as it is. They are turned upright as a camera's
    note says, and what is transparent becomes white. Samples have the shape (size, size), or (3, size, size) in colour.
    """

    name: ClassVar[str] = "images"
    takes_folders: ClassVar[bool] = True

    path: Annotated[str, MinLen(1), doc("the folder; on the command line, a name without commas")]
    size: Annotated[int, Ge(1), Le(1024), doc("pixels of each side")] = 28
    color: Annotated[Color, doc("whether pictures are turned to grey or keep their colours")] = "grey"
    fit: Annotated[Fit, doc("how a picture becomes a square")] = "stretch"
    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        folder = own_folder(self.path)
        left_out: list[Path] = []
        if all((folder / name).is_dir() for name in PARTS):
            dataset = self._official(folder, left_out)
        else:
            dataset = self._parted(folder, left_out)
        if left_out:
            some = ", ".join(str(path.relative_to(folder)) for path in left_out[:3])
            more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
            logger.warning("%s: left out, as no PNG or JPEG files: %s%s", folder, some, more)
        return dataset

    def _official(self, folder: Path, left_out: list[Path]) -> Dataset:
        """The data set of a folder that has both parts."""
        left_out += [entry for entry in _entries(folder) if entry.name not in PARTS]
        train, test = (_pictures(folder / name, left_out) for name in PARTS)
        names = _checked(folder / "train", list(train))
        for name in sorted(test.keys() - train.keys()):
            raise FileFormatError(f"{folder / 'test' / name} is a class that {folder / 'train'} does not have")
        for name in sorted(train.keys() - test.keys()):
            logger.warning("%s has no folder %s: this class is not tested", folder / "test", name)
        return Dataset(self._split(train, names), self._split(test, names), names)

    def _parted(self, folder: Path, left_out: list[Path]) -> Dataset:
        """The data set of a folder that has the classes' folders in it."""
        pictures = _pictures(folder, left_out)
        names = _checked(folder, list(pictures))
        for name, paths in pictures.items():
            if len(paths) == 1:
                raise FileFormatError(
                    f"{paths[0]} is the only picture of class {name!r}; it takes two, one to train and one to test"
                )
        everything = self._split(pictures, names)
        train, test = part_samples(len(everything), self.test_share, self.seed, everything.targets)
        return Dataset(everything.take(train), everything.take(test), names)

    def _split(self, pictures: dict[str, list[Path]], class_names: tuple[str, ...]) -> Split:
        from nnzoo_datasets.picture import read_picture  # Pillow is imported when there is a picture to read

        found = [pictures.get(name, []) for name in class_names]
        shape = (3, self.size, self.size) if self.color == "rgb" else (self.size, self.size)
        images = np.empty((sum(map(len, found)), *shape), np.uint8)
        for image, path in zip(images, chain.from_iterable(found), strict=True):
            image[...] = read_picture(path, self.size, self.color, self.fit)
        return Split(images, np.repeat(np.arange(len(found)), [len(paths) for paths in found]), scale=1 / 255)


def _pictures(folder: Path, left_out: list[Path]) -> dict[str, list[Path]]:
    """The picture files of each class, all sorted; whatever else there is, is added to ``left_out``."""
    pictures: dict[str, list[Path]] = {}
    for entry in _entries(folder):
        if entry.name.startswith(".") or not entry.is_dir():
            left_out.append(entry)
            continue
        inside = _entries(entry)
        pictures[entry.name] = [path for path in inside if _is_picture(path)]
        left_out += [path for path in inside if not _is_picture(path)]
        if not pictures[entry.name]:
            hint = f"the parts {' and '.join(PARTS)} must be there together" if entry.name in PARTS else None
            raise FileFormatError(f"{entry} has no PNG or JPEG file", hint=hint or "fill or remove the folder")
    return pictures


def _checked(folder: Path, names: list[str]) -> tuple[str, ...]:
    """The classes' names, which must be two or more."""
    if len(names) < 2:
        found = f"only the folder {names[0]}" if names else "no folder"
        raise FileFormatError(f"{folder} has {found} in it; it takes two or more, one for each class")
    return tuple(names)


def _is_picture(path: Path) -> bool:
    return path.suffix.casefold() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error
