"""`DatasetLoader` and the `Dataset` it yields."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component, require_returned, with_article
from nnzoo.errors import FileFormatError
from nnzoo.kinds.arrays import Floats, Shape


@dataclass(frozen=True)
class DataFile:
    """A file of a data set, pinned by its contents.

    Attributes
    ----------
    name : str
        File name, as mirrors and data directories spell it.
    sha256 : str
        SHA-256 of the file, in hexadecimal.
    mirrors : tuple of str
        Folders (HTTPS addresses) that carry it, in the order they are tried.
    unpacked_sha256 : str
        For a ``.gz`` file, the SHA-256 of what it holds: the unpacked file is then welcome in its place.
    unpacked_size : int
        For a ``.gz`` file, how many bytes it holds; never more are unpacked. At 0 it is handed out packed.
    folders : tuple of str
        Folders outside the user's own, such as where a system package puts the file; looked in before a download.
    """

    name: str
    sha256: str
    mirrors: tuple[str, ...]
    unpacked_sha256: str = ""
    unpacked_size: int = 0
    folders: tuple[str, ...] = ()


class DataCache(Protocol):
    """Finds a data set's files on disk, or downloads them."""

    def read(self, dataset: str, file: DataFile) -> bytes:
        """The contents of one file, checked against its pinned SHA-256; a ``.gz`` file of known size comes unpacked.

        Raises
        ------
        DownloadError
            When the file is neither on disk nor to be had from any mirror.
        FileFormatError
            When it is nowhere to be had and a file of that name with other contents lies on disk.
        StorageError
            When a file on disk can't be read.
        """


@dataclass(frozen=True)
class Split:
    """Samples and what belongs to them.

    Attributes
    ----------
    inputs : ndarray of shape (n, *sample_shape)
        uint8 images, or float32. They may be read-only, where they share the bytes of a file.
    targets : ndarray of shape (n,), integer, or of shape (n, k), float32
        Class labels 0 … classes − 1, or the values to predict.
    scale : float
        What inputs are multiplied by before the network sees them: 1/255 brings uint8 images to [0, 1].
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    scale: float = 1.0

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        scale = f" × {self.scale:g}" if self.scale != 1 else ""
        return f"<{len(self):,} samples of shape {self.inputs.shape[1:]}, {self.inputs.dtype}{scale}>"

    def take(self, indices: NDArray[np.integer[Any]]) -> Split:
        """The samples at ``indices``, copied."""
        return Split(self.inputs[indices], self.targets[indices], self.scale)


@dataclass(frozen=True)
class Dataset:
    """A data set with its official split into training and test part.

    Attributes
    ----------
    train, test : Split
    class_names : tuple of str
        What the labels 0, 1, … mean; empty in regression.
    """

    train: Split
    test: Split
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part, split in (("training", self.train), ("test", self.test)):
            self._check(part, split)
        if self.train.inputs.shape[1:] != self.test.inputs.shape[1:] or self.train.scale != self.test.scale:
            raise FileFormatError(
                f"training samples have shape {self.train.inputs.shape[1:]} and scale {self.train.scale:g}, "
                f"test samples {self.test.inputs.shape[1:]} and {self.test.scale:g}"
            )

    def __repr__(self) -> str:
        learned = ", ".join(self.class_names) or f"{self.outputs} values"
        return f"<Dataset: train {self.train}, test {self.test}, to tell {learned:.200}>"

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample."""
        return self.train.inputs.shape[1:]

    @property
    def outputs(self) -> int:
        """How many logits a network for it has: the classes, or the values of one target."""
        return len(self.class_names) or self.train.targets.shape[1]

    def arrays(self) -> tuple[Floats, NDArray[Any], Floats, NDArray[Any]]:
        """``x_train, y_train, x_test, y_test``: inputs flattened to (n, features), scaled, as float32."""
        (x_train, y_train), (x_test, y_test) = (
            ((s.inputs.reshape(len(s), -1) * np.float32(s.scale)).astype(np.float32), s.targets.copy())
            for s in (self.train, self.test)
        )
        return x_train, y_train, x_test, y_test

    def sha256(self) -> str:
        """Fingerprint of everything in it: shapes, types, values, class names and scale."""
        digest = hashlib.sha256(repr((self.class_names, self.train.scale)).encode())
        for array in (self.train.inputs, self.train.targets, self.test.inputs, self.test.targets):
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def _check(self, part: str, split: Split) -> None:
        inputs, targets = split.inputs, split.targets
        for what, array in (("inputs", inputs), ("targets", targets)):
            if not isinstance(array, np.ndarray):
                raise FileFormatError(f"{what} of the {part} part must be a NumPy array, not {with_article(array)}")
        if len(inputs) != len(targets):
            raise FileFormatError(f"the {part} part has {len(inputs)} samples but {len(targets)} targets")
        if not len(inputs):
            raise FileFormatError(f"the {part} part is empty")
        if not self.class_names:
            if targets.ndim != 2:
                raise FileFormatError(
                    f"targets of the {part} part have the shape {targets.shape}: without class_names they are values "
                    "to predict, of shape (n, k)",
                    hint="give class_names, or targets.reshape(-1, 1)",
                )
            return
        if targets.ndim != 1 or not np.issubdtype(targets.dtype, np.integer):
            raise FileFormatError(f"labels of the {part} part must be a row of integers")
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= len(self.class_names):
            raise FileFormatError(
                f"labels of the {part} part run from {low} to {high}, but there are {len(self.class_names)} classes",
                hint=f"labels must lie in 0 … {len(self.class_names) - 1}",
            )


@dataclass(frozen=True)
class DatasetLoader(Component):
    """Where a data set comes from. Images stay uint8 in memory, and the official split is kept.

    Attributes
    ----------
    license : str
        The license that the data are under, for the cards of networks trained on them.
    """

    kind: ClassVar[str] = "dataset"
    license: ClassVar[str] = "(license not stated)"

    @abstractmethod
    def load(self, cache: DataCache) -> Dataset:
        """Read the data set.

        Parameters
        ----------
        cache : DataCache
            Finds or downloads files; a loader whose data needs none ignores it.

        Raises
        ------
        FileFormatError, DownloadError
        """


def load_checked(loader: DatasetLoader, cache: DataCache) -> Dataset:
    """What a loader loads, as the core asks for it.

    Raises
    ------
    FileFormatError, DownloadError
        As `DatasetLoader.load`.
    PluginError
        When it is no `Dataset`.
    """
    dataset = loader.load(cache)
    require_returned(loader, "load", dataset, Dataset, "a Dataset")
    return dataset
