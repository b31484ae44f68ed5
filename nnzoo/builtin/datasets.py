"""MNIST, downloaded on first use; digits, which comes with nnzoo; and the loaders of a user's own data."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import ClassVar

import numpy as np

from nnzoo.api import DataCache, DataFile, Dataset, DatasetLoader, Feature, Split, hookimpl, parse_idx, unpack_gzip
from nnzoo.builtin.array_files import Npy
from nnzoo.builtin.arrays import Npz
from nnzoo.builtin.folds import Fold
from nnzoo.builtin.image_folder import ImageFolder
from nnzoo.builtin.pictures import Ink
from nnzoo.builtin.tables import Csv

_DIGITS = tuple("0123456789")


def _mnist_file(name: str, sha256: str, unpacked_sha256: str, unpacked_size: int) -> DataFile:
    mirrors = ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist")
    return DataFile(name, sha256, mirrors, unpacked_sha256, unpacked_size)


@dataclass(frozen=True)
class Mnist(DatasetLoader):
    """MNIST: 70,000 handwritten digits, 28×28 grey, 60,000 for training and 10,000 for testing.

    References
    ----------
    LeCun, Cortes & Burges, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/.
    """

    name: ClassVar[str] = "mnist"
    license: ClassVar[str] = "CC BY-SA 3.0"

    train_images: ClassVar[DataFile] = _mnist_file(
        "train-images-idx3-ubyte.gz",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        47_040_016,
    )
    train_labels: ClassVar[DataFile] = _mnist_file(
        "train-labels-idx1-ubyte.gz",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        60_008,
    )
    test_images: ClassVar[DataFile] = _mnist_file(
        "t10k-images-idx3-ubyte.gz",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        7_840_016,
    )
    test_labels: ClassVar[DataFile] = _mnist_file(
        "t10k-labels-idx1-ubyte.gz",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        10_008,
    )

    def load(self, cache: DataCache) -> Dataset:
        # The small files first: without a network connection, the error comes sooner.
        test = self._split(cache, self.test_labels, self.test_images)
        train = self._split(cache, self.train_labels, self.train_images)
        return Dataset(train, test, _DIGITS, features=(Feature((Ink("mnist"),)),))

    def _split(self, cache: DataCache, labels: DataFile, images: DataFile) -> Split:
        targets = parse_idx(cache.read(self.name, labels), labels.name, 1)
        return Split(parse_idx(cache.read(self.name, images), images.name, 3), targets, scale=1 / 255)


@dataclass(frozen=True)
class Digits(DatasetLoader):
    """Digits: 1,797 handwritten digits, 8×8 in 17 greys; every fifth one is for testing. Comes with nnzoo.

    Inputs run from 0 to 1.6: with so few samples, ten epochs are few steps, and larger inputs make them more effective.

    References
    ----------
    Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    https://doi.org/10.24432/C50P49, CC BY 4.0 (its test part, which scikit-learn ships too).
    """

    name: ClassVar[str] = "digits"
    license: ClassVar[str] = "CC BY 4.0"

    def load(self, cache: DataCache) -> Dataset:
        folder = files("nnzoo.builtin") / "digits"
        images = (folder / "digits-images-idx3-ubyte.gz").read_bytes()
        labels = (folder / "digits-labels-idx1-ubyte.gz").read_bytes()
        inputs = parse_idx(unpack_gzip(images, "digits-images", 16 + 1797 * 64), "digits-images", 3)
        targets = parse_idx(unpack_gzip(labels, "digits-labels", 8 + 1797), "digits-labels", 1)
        test = np.arange(len(inputs)) % 5 == 4
        everything = Split(inputs, targets, scale=1 / 10)
        train, tested = (everything.take(np.flatnonzero(chosen)) for chosen in (~test, test))
        return Dataset(train, tested, _DIGITS, features=(Feature((Ink("digits"),)),))


@hookimpl
def nnzoo_datasets() -> list[type[DatasetLoader]]:
    return [Mnist, Digits, Csv, ImageFolder, Npz, Npy, Fold]
