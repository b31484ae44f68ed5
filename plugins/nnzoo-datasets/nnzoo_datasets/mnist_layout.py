"""Data sets that come as MNIST does: four gzipped IDX files of the same names."""

from __future__ import annotations

from dataclasses import dataclass

from nnzoo.api import DataCache, DataFile, Dataset, Feature, Split, parse_idx
from nnzoo.builtin.pictures import OnBlack

_SIDE = 28


@dataclass(frozen=True)
class MnistFiles:
    """The four files: images and labels, to train and to test."""

    train_images: DataFile
    train_labels: DataFile
    test_images: DataFile
    test_labels: DataFile


def mnist_files(
    *,
    train_images: str,
    train_labels: str,
    test_images: str,
    test_labels: str,
    mirrors: tuple[str, ...],
    folders: tuple[str, ...] = (),
    unpacked: tuple[str, str, str, str] = ("", "", "", ""),
) -> MnistFiles:
    """The files of a data set with MNIST's numbers of images.

    Each is pinned by the SHA-256 of the packed file; ``unpacked`` has those of the contents, if known.
    """

    def images(part: str, sha256: str, holds: str, count: int) -> DataFile:
        size = 16 + count * _SIDE * _SIDE  # the header, and a byte for each pixel
        return DataFile(f"{part}-images-idx3-ubyte.gz", sha256, mirrors, holds, size, folders)

    def labels(part: str, sha256: str, holds: str, count: int) -> DataFile:
        return DataFile(f"{part}-labels-idx1-ubyte.gz", sha256, mirrors, holds, 8 + count, folders)

    return MnistFiles(
        images("train", train_images, unpacked[0], 60_000),
        labels("train", train_labels, unpacked[1], 60_000),
        images("t10k", test_images, unpacked[2], 10_000),
        labels("t10k", test_labels, unpacked[3], 10_000),
    )


def load_mnist_files(cache: DataCache, dataset: str, files: MnistFiles, class_names: tuple[str, ...]) -> Dataset:
    """The data set in the four files; the small ones first, so that a missing network shows in a moment."""

    def part(labels: DataFile, images: DataFile) -> Split:
        targets = parse_idx(cache.read(dataset, labels), labels.name, 1)
        return Split(parse_idx(cache.read(dataset, images), images.name, 3), targets, scale=1 / 255)

    test = part(files.test_labels, files.test_images)
    train = part(files.train_labels, files.train_images)
    return Dataset(train, test, class_names, features=(Feature((OnBlack(_SIDE),)),))
