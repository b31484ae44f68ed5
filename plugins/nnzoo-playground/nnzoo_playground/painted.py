"""Data sets made by hand: `painted` points of a plane, and images `drawn` in addition to a data set."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, MaxLen, doc
from nnzoo.api import (
    Columns,
    DataCache,
    Dataset,
    DatasetLoader,
    Feature,
    FileFormatError,
    Seed,
    Split,
    part_samples,
)
from nnzoo.builtin.preprocessors import Standardize
from numpy.typing import NDArray

MOST_POINTS = 5000
MOST_CLASSES = 10
MOST_PIXELS = 1 << 16
"""Values of one drawn sample."""
TOO_FEW = 4


@dataclass(frozen=True)
class Painted(DatasetLoader):
    """Painted points of a plane, each with a class number.

    ``painted:points=x,y,class,x,y,class,…`` contains all of them, so that a record or a link needs no file.
    """

    name: ClassVar[str] = "painted"
    license: ClassVar[str] = "that of whoever painted them"

    points: Annotated[
        tuple[Annotated[float, Ge(-1e6), Le(1e6)], ...], MaxLen(3 * MOST_POINTS), doc("x, y and class of each point")
    ]
    test: Annotated[float, Gt(0), Lt(1), doc("share of the points for testing")] = 0.25
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        if len(self.points) % 3:
            raise FileFormatError(
                f"{self.label}: {len(self.points)} numbers are not points", hint="each has three: x, y and class"
            )
        table = np.array(self.points, np.float64).reshape(-1, 3)
        labels = table[:, 2].astype(np.intp)
        if (labels != table[:, 2]).any() or not ((labels >= 0) & (labels < MOST_CLASSES)).all():
            raise FileFormatError(f"{self.label}: classes are whole numbers from 0 to {MOST_CLASSES - 1}")
        used = np.unique(labels)
        if len(used) < 2 or len(table) < TOO_FEW:
            raise FileFormatError(
                f"{self.label}: {len(table)} points of {len(used)} classes are too few to learn from",
                hint=f"paint at least {TOO_FEW}, of two classes or more",
            )
        columns = Columns({"x": table[:, 0].copy(), "y": table[:, 1].copy()})
        everything = Split(columns, np.searchsorted(used, labels))
        train, test = part_samples(len(table), self.test, self.seed, everything.targets)
        features = (Feature((Standardize(),), "x"), Feature((Standardize(),), "y"))
        names = tuple(f"class {label}" for label in used)
        return Dataset(everything.take(train), everything.take(test), names, features=features)


@dataclass(frozen=True)
class Drawn(DatasetLoader):
    """A data set of images with drawn samples added to its training part.

    Each sample is the base64 text of its zlib-compressed pixels, as returned by `packed`.
    """

    name: ClassVar[str] = "drawn"
    license: ClassVar[str] = "that of the data set, and of whoever drew the rest"

    base: Annotated[DatasetLoader, doc("the data set to which samples are added")]
    samples: Annotated[tuple[str, ...], MaxLen(1000), doc("drawn samples, as packed texts")] = ()
    labels: Annotated[tuple[Annotated[int, Ge(0)], ...], doc("the class of each")] = ()

    def load(self, cache: DataCache) -> Dataset:
        data = self.base.load(cache)
        if len(self.samples) != len(self.labels):
            raise FileFormatError(f"{self.label}: {len(self.samples)} samples, but {len(self.labels)} classes")
        train = data.train
        array = train.array
        if array.dtype != np.uint8:
            raise FileFormatError(f"{self.label}: {self.base} does not have images of whole numbers")
        if any(label >= len(data.names) for label in self.labels):
            raise FileFormatError(f"{self.label}: {self.base} has {len(data.names)} classes")
        if not self.samples:
            return data
        shape = array.shape[1:]
        more = np.stack([unpacked(text, int(np.prod(shape))).reshape(shape) for text in self.samples])
        targets = np.concatenate([train.targets, np.array(self.labels, train.targets.dtype)])
        return replace(data, train=replace(train, inputs=np.concatenate([array, more]), targets=targets))


def packed(pixels: NDArray[np.uint8]) -> str:
    """The text of one sample."""
    return base64.urlsafe_b64encode(zlib.compress(np.ascontiguousarray(pixels).tobytes(), 9)).decode().rstrip("=")


def unpacked(text: str, size: int) -> NDArray[np.uint8]:
    """The pixels of one sample, with a check of their number.

    Raises
    ------
    FileFormatError
        When the text is not a sample of that size.
    """
    if size > MOST_PIXELS:
        raise FileFormatError(f"samples have {size} values, but drawn ones can have at most {MOST_PIXELS}")
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), size + 1
        )
    except (binascii.Error, zlib.error, ValueError):
        raise FileFormatError("a drawn sample is damaged") from None
    if len(data) != size or not unpacking.eof:
        raise FileFormatError(f"a drawn sample does not have {size} values")
    return np.frombuffer(data, np.uint8)
