"""`DatasetLoader` and the `Dataset` it yields."""

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
from nnzoo.kinds.columns import Columns, ColumnType, Finding
from nnzoo.kinds.file_rows import unmapped
from nnzoo.kinds.parts import InputPart, joined_inputs, joined_targets
from nnzoo.kinds.preprocessing import Preprocessing
from nnzoo.kinds.preprocessor import Feature, PicturePreprocessor
from nnzoo.kinds.rows import EXAMPLES, Rows, Samples, Stream, blocks, view


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
        For a ``.gz`` file, the SHA-256 of its contents: the unpacked file, or one that was packed again, is then
        accepted in its place.
    unpacked_size : int
        For a ``.gz`` file, how many bytes it holds; never more are unpacked. If 0, the file is not unpacked.
    folders : tuple of str
        Further folders to search before a download, such as the one where a system package puts the file.
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
            When the file is neither on disk nor available from any mirror.
        FileFormatError
            When it is not available anywhere and a file of that name with other contents lies on disk.
        StorageError
            When a file on disk can't be read.
        """


@dataclass(frozen=True)
class Split:
    """Samples and what belongs to them.

    Attributes
    ----------
    inputs : ndarray of shape (n, *sample_shape), Columns, Rows or Stream
        uint8 images, or numbers; or a table. They may be read-only, where they share the bytes of a file. Of `Rows`,
        and of an array that is mapped from a file (``np.memmap``), a batch reads what it needs. A training part may
        come from a `Stream`; `of_stream` makes it.
    targets : ndarray of shape (n, ...)
        As the task defines them: for a classification class numbers 0 … classes − 1, of shape (n,); for a regression
        the values to predict, of shape (n, k); for a multi-label task zeros and ones, of shape (n, k). Where several
        things are learnt together, a structured array of shape (n,) with a field for each; see `joined`.
    scale : float
        What integer inputs are multiplied by before the network sees them: 1/255 brings uint8 images to [0, 1].
    weights : ndarray of shape (n,) or of that of the task's positions, or None
        How much each sample counts, at least 0; 0 masks a position. None if all count the same. A training sample of
        weight 0 is left out, as if it were not there. Preprocessing is fitted on all others alike: weights affect
        losses and metrics, not means and deviations.
    parts : tuple of InputPart
        Where a sample consists of several inputs, what each of its values belongs to; see `joined`.
    ordered : bool
        Whether each sample follows the one before, in a text or in time: validation then holds out the last samples,
        not random ones.
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

        Inputs are put side by side, in this order. Targets become the fields of a structured array: integers and texts
        are classes, floating-point numbers are values.

        >>> split = Split.joined({"left": np.zeros((5, 2, 2)), "right": np.zeros((5, 3))}, np.zeros(5, int))
        >>> split.inputs.shape, [str(part) for part in split.parts]
        ((5, 7), ['left (2, 2)', 'right (3,)'])

        Raises
        ------
        UsageError
            When they can't stand side by side.
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
        """A training part whose samples come from a stream. Its targets are those of the first samples, as examples."""
        return cls(stream, stream.next(stream.cursor(), EXAMPLES)[1], scale)

    @property
    def samples(self) -> Samples:
        """The inputs, in memory or read as they are needed, where they are not a table.

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
        """The inputs in memory; `samples` leaves them where they are.

        Raises
        ------
        UsageError
            As `samples`.
        """
        samples = self.samples
        return samples[:] if isinstance(samples, Rows) else samples

    @property
    def loaded(self) -> NDArray[Any] | Columns:
        """The inputs in memory: a table, or as `array`."""
        return self.inputs if isinstance(self.inputs, Columns) else self.array

    def examples(self) -> Split:
        """Of a stream its first samples, in memory; otherwise the split as it is."""
        if not isinstance(self.inputs, Stream):
            return self
        return replace(self, inputs=self.inputs.next(self.inputs.cursor(), len(self.targets))[0])

    def take(self, indices: NDArray[np.integer[Any]]) -> Split:
        """The samples at ``indices``, copied."""
        inputs = self.inputs.take(indices) if isinstance(self.inputs, Columns) else self.samples[indices]
        return self._with(inputs, indices)

    def view(self, indices: NDArray[np.integer[Any]]) -> Split:
        """The samples at ``indices``; inputs stay where they are, but for those of a table."""
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
        What the class numbers, or the columns of labels, stand for; empty if values are predicted.
    task : str
        The task that it is for. Default: ``classification`` where there are class names and targets of shape (n,),
        ``multi-label`` where there are class names and targets of shape (n, k), ``joint`` where targets have several
        fields, and ``regression`` otherwise.
    features : tuple of Feature
        The preprocessing of its inputs, fitted on the training part; for a table, the columns that are used.
    value_names : tuple of str
        The name of each value of a regression.
    findings : tuple of Finding
        For a table, what was found in each column of the file; shown before training.
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
            raise FileFormatError(f"{times} classes are called {name!r}", hint="each class needs a name of its own")
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
        """What the outputs stand for: classes, labels or values; empty where they have no names."""
        return self.class_names or self.value_names

    @property
    def target_column(self) -> str:
        """Of a table, the column that is predicted; empty where there is none."""
        return next((finding.name for finding in self.findings if finding.use == "target"), "")

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample; of a table as many as it has columns."""
        inputs = self.train.inputs
        return (len(inputs.arrays),) if isinstance(inputs, Columns) else inputs.shape[1:]

    @property
    def is_table(self) -> bool:
        """Whether samples are rows of a table."""
        return isinstance(self.train.inputs, Columns)

    def arrays(self) -> tuple[Floats, NDArray[Any], Floats, NDArray[Any]]:
        """``x_train, y_train, x_test, y_test``: inputs as the network sees them, flattened to (n, features), float32.

        What the data set says of its preprocessing is fitted on the training part. Targets are as they are. All is read
        into memory; of a stream, its first samples.
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
        """Fingerprint of everything in it: shapes, types, values, names and scale; of a stream, of its first samples.

        It does not depend on where inputs lie: a file has the fingerprint of the array in it.
        """
        digest = hashlib.sha256(repr((self.class_names, self.train.scale)).encode())
        if self.value_names:
            digest.update(repr(self.value_names).encode())
        if self.train.parts:
            digest.update(repr(self.train.parts).encode())
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
        for what, array in (("inputs", split.inputs), ("targets", split.targets), ("weights", split.weights)):
            if array is None and what == "weights":
                continue
            if not isinstance(array, np.ndarray) and not (
                what == "inputs" and isinstance(array, Columns | Rows | Stream)
            ):
                raise FileFormatError(f"{what} of the {part} part must be a NumPy array, not {with_article(array)}")
            if isinstance(array, np.ndarray | Rows):
                _require_usable(array, f"{what} of the {part} part")
            if isinstance(split.inputs, Stream):
                _require_stream(split, part)
            elif len(array) != len(split.inputs):
                raise FileFormatError(f"the {part} part has {len(split)} samples but {len(array)} {what}")
        if not len(split):
            raise FileFormatError(f"the {part} part is empty")
        if not 0 < split.scale < np.inf:
            raise FileFormatError(
                f"the {part} part has scale {split.scale}", hint="samples are multiplied by a number above 0"
            )


def _require_stream(split: Split, part: str) -> None:
    """Refuse a stream where there is none to be, or with samples that are counted otherwise."""
    if part != "training":
        raise FileFormatError(f"the {part} part is a stream", hint="only what is trained on may be one")
    if split.weights is not None:
        raise FileFormatError("a stream has weights", hint="samples of a stream all count the same")


def _require_usable(array: Samples, what: str) -> None:
    """Refuse an array that NumPy would turn into something else without a word, or that no file could describe."""
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray | np.matrix):  # np.ma is slow to import
        raise FileFormatError(
            f"{what} must be a NumPy array, not {with_article(array)}",
            hint="np.asarray makes one of it, if what a mask hides is left out before",
        )
    if isinstance(array, np.ndarray) and array.dtype.names and what.startswith("targets"):
        for name in array.dtype.names:
            _require_usable(array[name], f"{what}, {name},")
        return
    if array.dtype.kind in "cV":
        raise FileFormatError(f"{what} are of type {array.dtype}", hint="they must be real numbers, or texts")
    if array.ndim == 0:
        raise FileFormatError(f"{what} are a single value, without an axis for samples")
    if array.ndim > 1 + MOST_AXES:
        raise FileFormatError(f"{what} have shape {array.shape}", hint=f"a sample has at most {MOST_AXES} axes")
    if len(array) and 0 in array.shape:
        raise FileFormatError(f"{what} have shape {array.shape}: there is nothing in them")
    if isinstance(array, Rows) and len(array):
        first, again = (np.full((1, *array.shape[1:]), fill, array.dtype) for fill in (0, 1))
        for out in (first, again):
            array.read(np.zeros(1, np.intp), out)
        if first.tobytes() != again.tobytes():
            raise FileFormatError(
                f"{what} are read, and the first sample is not the same each time",
                hint="the function that reads them must write all of each sample into out, from its place alone",
            )


@dataclass(frozen=True)
class DatasetLoader(Component):
    """Where a data set comes from. Images stay uint8 in memory, and the official split is kept.

    Attributes
    ----------
    license : str
        The license that the data are under, for the cards of networks trained on them.
    suffixes : tuple of str
        File-name endings that it reads, such as ``.csv``: such a file may be named in place of the loader, which is
        then built with the file as its hyperparameter ``path``.
    takes_folders : bool
        Whether a folder may be named in the same way.
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
            Finds or downloads files; a loader whose data needs none ignores it.

        Raises
        ------
        FileFormatError, DownloadError
        """


@dataclass(frozen=True)
class PictureLoader(DatasetLoader):
    """A data set of pictures that become samples as its hyperparameters say."""

    @abstractmethod
    def suiting(self, step: PicturePreprocessor) -> Self:
        """The data set for a training that goes on with a network whose samples ``step`` has made of pictures.

        The same where it can't make samples like those. A change of what the user has written is not used.
        """


@dataclass(frozen=True)
class TableLoader(DatasetLoader):
    """A data set whose samples are rows of a table, with columns whose types the loader finds out."""

    @abstractmethod
    def load_as(self, cache: DataCache, types: Mapping[str, ColumnType]) -> Dataset:
        """Read the table for a model that was trained on another one: a column holds what the model takes it for.

        Parameters
        ----------
        cache : DataCache
            As for `load`.
        types : mapping of str to {"number", "category", "date"}
            What each column holds that the model uses. All others are left out.

        Raises
        ------
        FileFormatError
            When a column is missing, or has a value of another type; and as for `load`.
        """

    @abstractmethod
    def load_rows(self, cache: DataCache, types: Mapping[str, ColumnType], classes: tuple[str, ...]) -> Split:
        """Read all rows of the table, which is not parted, for a model that was trained on another one.

        Parameters
        ----------
        cache : DataCache
            As for `load`.
        types : mapping of str to {"number", "category", "date"}
            As for `load_as`.
        classes : tuple of str
            The model's own, whose numbers targets are; empty where they are values.

        Raises
        ------
        FileFormatError
            As `load_as`, and for a row whose class the model does not know.
        """


def load_checked(loader: DatasetLoader, cache: DataCache, types: Mapping[str, ColumnType] | None = None) -> Dataset:
    """What a loader loads, as the core asks for it.

    Parameters
    ----------
    loader : DatasetLoader
        What to load.
    cache : DataCache
        Finds or downloads files.
    types : mapping, optional
        What a model takes the columns of a table for (`Preprocessing.types`); a loader of tables reads them as such.

    Raises
    ------
    FileFormatError, DownloadError
        As `DatasetLoader.load`.
    PluginError
        When it is not a `Dataset`.
    """
    dataset = loader.load_as(cache, types) if types and isinstance(loader, TableLoader) else loader.load(cache)
    require_returned(loader, "load", dataset, Dataset, "a Dataset")
    return dataset
