"""`DatasetLoader`, and the `Dataset` that it returns."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component, require_returned, with_article
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds.arrays import MOST_AXES, Floats, Shape
from nnzoo.kinds.columns import Columns, ColumnType, DateOrder, Finding
from nnzoo.kinds.file_rows import unmapped
from nnzoo.kinds.parts import InputPart, joined_inputs, joined_targets
from nnzoo.kinds.preprocessing import Preprocessing
from nnzoo.kinds.preprocessor import Feature, PicturePreprocessor
from nnzoo.kinds.rows import EXAMPLES, Rows, Samples, Stream, blocks, view


@dataclass(frozen=True)
class DataFile:
    """A file of a data set, pinned by its SHA-256.

    Attributes
    ----------
    name : str
        File name on mirrors and in data directories.
    sha256 : str
        SHA-256 of the file, in hexadecimal.
    mirrors : tuple of str
        HTTPS addresses of folders that contain it, tried in this order.
    unpacked_sha256 : str
        For a ``.gz`` file, the SHA-256 of its contents: an unpacked or recompressed file is then accepted as well.
    unpacked_size : int
        For a ``.gz`` file, the number of bytes of its contents; never more are unpacked. If 0, it is not unpacked.
    folders : tuple of str
        Further folders to search before a download, such as the one of a system package.
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
        """The contents of a file, checked against its SHA-256; a ``.gz`` file of known size is unpacked.

        Raises
        ------
        DownloadError
            When the file is neither on disk nor available from any mirror.
        FileFormatError
            When it is not available, and a file of that name with other contents is on disk.
        StorageError
            When a file on disk can't be read.
        """


@dataclass(frozen=True)
class Split:
    """Samples with their targets and weights.

    Attributes
    ----------
    inputs : ndarray of shape (n, *sample_shape), Columns, Rows or Stream
        uint8 images or numbers; or a table. They may be read-only. `Rows`, and an array that is mapped from a file
        (``np.memmap``), are read batch by batch. A training part may be a `Stream`, see `of_stream`.
    targets : ndarray of shape (n, ...)
        As the task defines them: for classification, class numbers 0 … classes − 1 of shape (n,); for regression,
        values of shape (n, k); for multi-label tasks, zeros and ones of shape (n, k). For several targets, a structured
        array of shape (n,) with a field for each; see `joined`.
    scale : float
        Factor on integer inputs before the network sees them: 1/255 brings uint8 images to [0, 1].
    weights : ndarray of shape (n,) or of the shape of the task's positions, or None
        Weight of each sample, at least 0; 0 masks a position. None if all count the same. A training sample of weight 0
        is left out. Weights affect losses and metrics; preprocessing is fitted on all other samples alike.
    parts : tuple of InputPart
        For several inputs, the values that belong to each; see `joined`.
    ordered : bool
        Whether each sample follows the one before, in a text or in time: the last samples, not random ones, are then
        held out for validation.
    """

    inputs: NDArray[Any] | Columns | Rows | Stream
    targets: NDArray[Any]
    scale: float = 1.0
    weights: NDArray[Any] | None = None
    parts: tuple[InputPart, ...] = ()
    ordered: bool = False

    @classmethod
    def joined(
        cls,
        inputs: NDArray[Any] | Mapping[str, NDArray[Any]],
        targets: NDArray[Any] | Mapping[str, NDArray[Any]],
        scale: float = 1.0,
        weights: NDArray[Any] | None = None,
    ) -> Split:
        """Samples with several inputs or several targets, each an array of shape (n, ...), by name.

        Inputs are joined side by side, in this order. Targets become the fields of a structured array: integers and
        texts are classes, floating-point numbers are values.

        >>> split = Split.joined({"left": np.zeros((5, 2, 2)), "right": np.zeros((5, 3))}, np.zeros(5, int))
        >>> split.inputs.shape, [str(part) for part in split.parts]
        ((5, 7), ['left (2, 2)', 'right (3,)'])

        Raises
        ------
        UsageError
            When they differ in length, or the types of inputs differ.
        """
        rows, parts = joined_inputs(inputs) if isinstance(inputs, Mapping) else (inputs, ())
        wanted = joined_targets(targets) if isinstance(targets, Mapping) else targets
        return cls(rows, wanted, scale, weights, parts)

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        if isinstance(self.inputs, Columns):
            return repr(self.inputs)
        scale = f" × {self.scale:g}" if self.scale != 1 else ""
        return f"<{len(self):,} samples of shape {self.inputs.shape[1:]}, {self.inputs.dtype}{scale}>"

    @classmethod
    def of_stream(cls, stream: Stream, scale: float = 1.0) -> Split:
        """A training part whose samples come from a stream; ``targets`` holds those of the first samples."""
        return cls(stream, stream.next(stream.cursor(), EXAMPLES)[1], scale)

    @property
    def samples(self) -> Samples:
        """The inputs, in memory or read as needed.

        Raises
        ------
        UsageError
            When they are a table that has not been preprocessed, or a stream.
        """
        if isinstance(self.inputs, Columns):
            raise UsageError("these samples are rows of a table; preprocess them first")
        if isinstance(self.inputs, Stream):
            raise UsageError("these samples come as a stream", hint="Split.examples() has the first of them")
        return unmapped(self.inputs) if isinstance(self.inputs, np.ndarray) else self.inputs

    @property
    def array(self) -> NDArray[Any]:
        """The inputs in memory; errors as for `samples`, which does not read them."""
        samples = self.samples
        return samples[:] if isinstance(samples, Rows) else samples

    @property
    def loaded(self) -> NDArray[Any] | Columns:
        """The inputs in memory: a table, or as `array`."""
        return self.inputs if isinstance(self.inputs, Columns) else self.array

    def examples(self) -> Split:
        """For a stream, its first samples in memory; otherwise the split itself."""
        if not isinstance(self.inputs, Stream):
            return self
        return replace(self, inputs=self.inputs.next(self.inputs.cursor(), len(self.targets))[0])

    def take(self, indices: NDArray[np.integer[Any]]) -> Split:
        """The samples at ``indices``, copied."""
        inputs = self.inputs.take(indices) if isinstance(self.inputs, Columns) else self.samples[indices]
        return self._with(inputs, indices)

    def view(self, indices: NDArray[np.integer[Any]]) -> Split:
        """The samples at ``indices``; inputs are not copied, except those of a table."""
        inputs = self.inputs.take(indices) if isinstance(self.inputs, Columns) else view(self.samples, indices)
        return self._with(inputs, indices)

    def _with(self, inputs: NDArray[Any] | Columns | Rows, indices: NDArray[np.integer[Any]]) -> Split:
        weights = None if self.weights is None else self.weights[indices]
        return Split(inputs, self.targets[indices], self.scale, weights, self.parts, self.ordered)


@dataclass(frozen=True)
class Dataset:
    """A data set with its official split into training and test part.

    Attributes
    ----------
    train, test : Split
    class_names : tuple of str
        Names of the classes or labels; empty for regression.
    task : str
        The name of its task. Default: ``classification`` for class names and targets of shape (n,), ``multi-label`` for
        class names and targets of shape (n, k), ``joint`` for targets with several fields, else ``regression``.
    features : tuple of Feature
        The preprocessing of its inputs, fitted on the training part; for a table, the columns that are used.
    value_names : tuple of str
        The name of each value of a regression.
    findings : tuple of Finding
        For a table, a description of each column of the file; shown before training.
    """

    train: Split
    test: Split
    class_names: tuple[str, ...] = ()
    task: str = ""
    features: tuple[Feature, ...] = ()
    value_names: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for part, split in (("training", self.train), ("test", self.test)):
            self._check(part, split)
        name, times = next(iter(Counter(self.class_names).most_common(1)), ("", 0))
        if times > 1:
            raise FileFormatError(f"{times} classes are called {name!r}", hint="give each class a different name")
        train, test = self.train.inputs, self.test.inputs
        if isinstance(train, Columns) or isinstance(test, Columns):
            if not (isinstance(train, Columns) and isinstance(test, Columns) and list(train) == list(test)):
                raise FileFormatError("the training part and the test part have different columns")
        elif train.shape[1:] != test.shape[1:] or self.train.scale != self.test.scale:
            raise FileFormatError(
                f"training samples have shape {train.shape[1:]} and scale {self.train.scale:g}, "
                f"test samples {test.shape[1:]} and {self.test.scale:g}"
            )
        if self.train.parts != self.test.parts:
            raise FileFormatError("the training part and the test part have different inputs")
        if not self.task:
            several, one = self.train.targets.dtype.names, self.train.targets.ndim == 1
            classes = "classification" if one else "multi-label"
            task = "joint" if several else classes if self.class_names else "regression"
            object.__setattr__(self, "task", task)

    def __repr__(self) -> str:
        learned = ", ".join(self.names) or f"targets of shape {self.train.targets.shape[1:]}"
        return f"<Dataset: train {self.train}, test {self.test}, {self.task}: {learned:.200}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the outputs: classes, labels or values; may be empty."""
        return self.class_names or self.value_names

    @property
    def target_column(self) -> str:
        """The column of a table that is predicted; empty if there is none."""
        return next((finding.name for finding in self.findings if finding.use == "target"), "")

    @property
    def units(self) -> dict[str, str] | None:
        """Of a table, the units of the columns whose numbers have one; None where it is not known what columns hold."""
        used = (finding for finding in self.findings if finding.use != "left out")
        return {finding.name: finding.unit for finding in used if finding.unit} if self.findings else None

    @property
    def date_order(self) -> DateOrder:
        """Of a table, the order of day and month in its dates; ``auto`` if columns differ, or none depends on it."""
        orders = {finding.order for finding in self.findings if finding.use != "left out"} - {"auto"}
        return orders.pop() if len(orders) == 1 else "auto"

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample; for a table, (number of columns,)."""
        inputs = self.train.inputs
        return (len(inputs.arrays),) if isinstance(inputs, Columns) else inputs.shape[1:]

    @property
    def is_table(self) -> bool:
        """Whether samples are rows of a table."""
        return isinstance(self.train.inputs, Columns)

    def arrays(self) -> tuple[Floats, NDArray[Any], Floats, NDArray[Any]]:
        """``x_train, y_train, x_test, y_test``: inputs as the network sees them, flattened to (n, features), float32.

        The data set's preprocessing is fitted on the training part; targets are unchanged. All samples are read into
        memory; of a stream, the first ones.
        """
        train, test = self.train.examples(), self.test
        preprocessing = Preprocessing.fitted(self.features, train.loaded)
        (x_train, y_train), (x_test, y_test) = (
            (preprocessing.apply(s.loaded).reshape(len(s), -1), s.targets.copy()) for s in (train, test)
        )
        scale = np.float32(self.train.scale * preprocessing.scale)
        x_train, x_test = ((x * scale).astype(np.float32) for x in (x_train, x_test))
        return x_train, y_train, x_test, y_test

    def sha256(self) -> str:
        """Fingerprint of all shapes, types, values, names and the scale; for a stream, of its first samples.

        A file has the same fingerprint as an array in memory.
        """
        digest = hashlib.sha256(repr((self.class_names, self.train.scale)).encode())
        for optional in filter(None, (self.value_names, self.train.parts)):
            digest.update(repr(optional).encode())
        if self.train.ordered:
            digest.update(b"ordered")
        for split in (self.train, self.test):
            if isinstance(split.inputs, Stream):
                digest.update(f"stream of {split.inputs.samples}".encode())
            table = split.inputs if isinstance(split.inputs, Columns) else None
            inputs: Mapping[str, Samples] = {"": split.examples().samples} if table is None else table.arrays
            for name, array in [*inputs.items(), ("", split.targets), ("weights", split.weights)]:
                if array is None:
                    continue
                digest.update((name + repr((array.shape, array.dtype.str))).encode())
                if isinstance(array, np.ndarray) and array.dtype.kind == "O":
                    digest.update(repr(array.tolist()).encode())
                    continue
                for block in blocks(array):
                    digest.update(np.ascontiguousarray(block.view("i8") if block.dtype.kind == "M" else block).data)
        return digest.hexdigest()

    @staticmethod
    def _check(part: str, split: Split) -> None:
        if isinstance(split.inputs, Stream) and part != "training":
            raise FileFormatError(f"the {part} part is a stream", hint="only the training part may be a stream")
        if isinstance(split.inputs, Stream) and split.weights is not None:
            raise FileFormatError("a stream has weights", hint="samples of a stream all count the same")
        for name, array in (("inputs", split.inputs), ("targets", split.targets), ("weights", split.weights)):
            if array is None and name == "weights":
                continue
            if isinstance(array, np.ndarray | Rows):
                _require_usable(array, f"{name} of the {part} part")
            if not isinstance(array, np.ndarray | Columns | Rows | Stream if name == "inputs" else np.ndarray):
                raise FileFormatError(f"{name} of the {part} part must be a NumPy array, not {with_article(array)}")
            if not isinstance(split.inputs, Stream) and len(array) != len(split.inputs):
                raise FileFormatError(f"the {part} part has {len(split)} samples but {len(array)} {name}")
        if not len(split):
            raise FileFormatError(f"the {part} part is empty")
        if not 0 < split.scale < np.inf:
            raise FileFormatError(
                f"the {part} part has scale {split.scale}", hint="samples are multiplied by a number above 0"
            )


def _require_usable(array: Samples, name: str) -> None:
    """Refuse an array that NumPy would silently convert, or that no file can describe."""
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray | np.matrix):  # np.ma is slow to import
        raise FileFormatError(
            f"{name} must be a NumPy array, not {with_article(array)}",
            hint="convert them with np.asarray, after removing masked values",
        )
    if isinstance(array, np.ndarray) and array.dtype.names and name.startswith("targets"):
        for field in array.dtype.names:
            _require_usable(array[field], f"{name}, {field},")
        return
    if array.dtype.kind in "cV":
        raise FileFormatError(f"{name} are of type {array.dtype}", hint="they must be real numbers, or texts")
    if array.ndim == 0:
        raise FileFormatError(f"{name} are a single value, without an axis for samples")
    if array.ndim > 1 + MOST_AXES:
        raise FileFormatError(f"{name} have shape {array.shape}", hint=f"a sample has at most {MOST_AXES} axes")
    if len(array) and 0 in array.shape:
        raise FileFormatError(f"{name} have shape {array.shape}: they contain no values")
    if isinstance(array, Rows) and len(array):
        first, again = (np.full((1, *array.shape[1:]), fill, array.dtype) for fill in (0, 1))
        for out in (first, again):
            array.read(np.zeros(1, np.intp), out)
        if first.tobytes() != again.tobytes():
            raise FileFormatError(
                f"{name}: reading the first sample twice gives different values",
                hint="the function that reads them must fill out completely, depending on the places alone",
            )


@dataclass(frozen=True)
class DatasetLoader(Component):
    """Loads a data set. Images stay uint8 in memory, and the official split is kept.

    Attributes
    ----------
    license : str
        The license of the data, for the cards of networks trained on them.
    suffixes : tuple of str
        File-name endings that it reads, such as ``.csv``. A user may then name a file instead of the loader, which
        gets the file as its hyperparameter ``path``.
    takes_folders : bool
        Whether a user may name a folder in the same way.
    """

    kind: ClassVar[str] = "dataset"
    license: ClassVar[str] = "(license not stated)"
    suffixes: ClassVar[tuple[str, ...]] = ()
    takes_folders: ClassVar[bool] = False

    @abstractmethod
    def load(self, cache: DataCache) -> Dataset:
        """Read the data set.

        Parameters
        ----------
        cache : DataCache
            Finds or downloads files; ignored by a loader that needs none.

        Raises
        ------
        FileFormatError, DownloadError
        """


@dataclass(frozen=True)
class PictureLoader(DatasetLoader):
    """A data set of pictures; its hyperparameters decide how they become samples."""

    @abstractmethod
    def suiting(self, step: PicturePreprocessor) -> Self:
        """The loader adapted to a network that is trained further, whose samples ``step`` makes from pictures.

        Returns itself if it can't make such samples. A change to a hyperparameter that the user chose is ignored.
        """


@dataclass(frozen=True)
class TableLoader(DatasetLoader):
    """A data set whose samples are rows of a table, with column types that the loader detects."""

    @abstractmethod
    def load_as(self, cache: DataCache, types: Mapping[str, ColumnType]) -> Dataset:
        """Read the table for a model that was trained on another one, with the column types of that model.

        Parameters
        ----------
        cache : DataCache
            As for `load`.
        types : mapping of str to {"number", "category", "date"}
            The type of each column that the model uses. All others are left out.

        Raises
        ------
        FileFormatError
            When a column is missing, or has a value of another type; and as for `load`.
        """

    @abstractmethod
    def load_rows(self, cache: DataCache, types: Mapping[str, ColumnType], classes: tuple[str, ...]) -> Split:
        """Read all rows of the table, without dividing them, for a model that was trained on another one.

        Parameters
        ----------
        cache : DataCache
            As for `load`.
        types : mapping of str to {"number", "category", "date"}
            As for `load_as`.
        classes : tuple of str
            The model's classes, in the order of their numbers; empty for regression.

        Raises
        ------
        FileFormatError
            As for `load_as`, and for a row whose class the model does not know.
        """


def load_checked(loader: DatasetLoader, cache: DataCache, types: Mapping[str, ColumnType] | None = None) -> Dataset:
    """Load a data set, and blame the loader (PluginError) if it does not return a `Dataset`.

    ``types`` are the column types of a model (`Preprocessing.types`), for a loader of tables. Other errors are those of
    `DatasetLoader.load`.
    """
    dataset = loader.load_as(cache, types) if types and isinstance(loader, TableLoader) else loader.load(cache)
    return require_returned(loader, "load", dataset, Dataset, "a Dataset")
