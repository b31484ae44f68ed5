"""`Rows` and `Stream`: samples that are read as needed, possibly more than fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.errors import FileFormatError
from nnzoo.kinds.arrays import Shape, unlike_plain_numbers

Cursor: TypeAlias = dict[str, NDArray[Any]]
"""The position in a stream: arrays of plain numbers by name, changed in place and kept in the checkpoint."""

BLOCK = 1 << 23
"""Bytes that are read at a time in a pass over all samples."""
FEW = 1 << 26
"""Bytes that may be read into memory as a whole."""
EXAMPLES = 4096
"""Number of first samples of a stream that preprocessing is fitted on before training."""


@final
@dataclass(frozen=True, eq=False)
class Rows:
    """Samples that a function reads, in any order and as often as needed.

    Training on them gives the same bits as training on an array with the same values.

    Attributes
    ----------
    shape : tuple of int
        Of all samples: (n, *sample_shape).
    dtype : dtype
        uint8 for images, or the type of other numbers.
    reader : callable
        ``reader(places, out)`` writes the samples at ``places``, of shape (m,), each 0 … n − 1, into ``out``, of shape
        (m, *sample_shape). It returns nothing, and must always write the same values for a sample.
    in_memory : bool
        Whether the values are in memory anyway.

    Examples
    --------
    >>> rows = Rows((1000, 2), np.float32, lambda places, out: np.copyto(out, places[:, None]))
    >>> rows[np.array([3, 999])].tolist(), len(rows.take(np.arange(10)))
    ([[3.0, 3.0], [999.0, 999.0]], 10)
    """

    shape: Shape
    dtype: np.dtype[Any]
    reader: Callable[[NDArray[np.integer[Any]], NDArray[Any]], None]
    in_memory: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(map(int, self.shape)))
        object.__setattr__(self, "dtype", np.dtype(self.dtype))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: int | slice | NDArray[np.integer[Any]]) -> NDArray[Any]:
        places = np.arange(len(self))[key]
        several = np.atleast_1d(places)
        out = np.empty((len(several), *self.shape[1:]), self.dtype)
        self.read(several, out)
        return out if places.ndim else out[0]

    @property
    def ndim(self) -> int:
        """The number of axes, including that of the samples."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """The size of all samples in memory, in bytes."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize

    def read(self, places: NDArray[np.integer[Any]], out: NDArray[Any]) -> None:
        """Write the samples at ``places`` into ``out``, of shape (m, *sample_shape).

        Raises
        ------
        FileFormatError, StorageError
            When one of them can't be read.
        """
        _call(self.reader, places, out)

    def take(self, places: NDArray[np.integer[Any]]) -> Rows:
        """The samples at ``places``, still to be read."""
        reader, shape = self.reader, (len(places), *self.shape[1:])
        return Rows(shape, self.dtype, lambda chosen, out: reader(places.take(chosen), out), self.in_memory)

    def shaped(self, sample_shape: Shape) -> Rows:
        """The same samples in another shape; FileFormatError if that has another number of values."""
        reader, before = self.reader, self.shape[1:]
        if before == tuple(sample_shape):
            return self
        if np.prod(before) != np.prod(sample_shape):
            raise FileFormatError(f"samples have shape {before}, not {tuple(sample_shape)}")
        shape = (len(self), *sample_shape)
        return Rows(shape, self.dtype, lambda at, out: reader(at, out.reshape(len(out), *before)), self.in_memory)

    def mapped(self, function: Callable[[NDArray[Any]], NDArray[Any]]) -> Rows:
        """The samples transformed by a function of arrays, when they are read; the first one immediately."""
        one = function(self[:1])
        shape = (len(self), *one.shape[1:])
        return Rows(shape, one.dtype, lambda at, out: np.copyto(out, function(self[at])), self.in_memory)


@final
@dataclass(frozen=True, eq=False)
class Stream:
    """An endless sequence of training samples, such as simulated ones.

    The stream does not hold the position: its *cursor* is passed in, changed in place and kept in the checkpoint, so
    that a killed run resumes with the next sample.

    Attributes
    ----------
    samples : int
        Samples in an epoch.
    sample_shape, target_shape : tuple of int
        Of one sample and of its target.
    dtype, target_dtype : dtype
        Of inputs and of targets.
    start : callable
        ``start()`` returns the cursor before the first sample: arrays of numbers by name, new ones at each call.
    reader : callable
        ``reader(cursor, inputs, targets)`` writes the next m samples into ``inputs``, of shape (m, *sample_shape), and
        ``targets``, of shape (m, *target_shape), advances the cursor, and returns nothing. The samples must not depend
        on m.

    Examples
    --------
    >>> def count(cursor, inputs, targets):
    ...     numbers = cursor["next"] + np.arange(len(inputs))
    ...     inputs[:, 0], targets[...] = numbers, numbers % 2
    ...     cursor["next"] += len(inputs)
    >>> stream = Stream(100, (1,), np.float32, (), np.intp, lambda: {"next": np.zeros((), np.int64)}, count)
    >>> cursor = stream.start()
    >>> stream.next(cursor, 3)[1].tolist(), stream.next(cursor, 2)[1].tolist(), int(cursor["next"])
    ([0, 1, 0], [1, 0], 5)
    """

    samples: int
    sample_shape: Shape
    dtype: np.dtype[Any]
    target_shape: Shape
    target_dtype: np.dtype[Any]
    start: Callable[[], Cursor]
    reader: Callable[[Cursor, NDArray[Any], NDArray[Any]], None]

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        object.__setattr__(self, "target_dtype", np.dtype(self.target_dtype))

    def __len__(self) -> int:
        return self.samples

    @property
    def shape(self) -> Shape:
        """The shape of an epoch's inputs."""
        return (self.samples, *self.sample_shape)

    def read(self, cursor: Cursor, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
        """Write the next samples into two arrays, and advance the cursor."""
        _call(self.reader, cursor, inputs, targets)

    def next(self, cursor: Cursor, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """The next samples and their targets, in new arrays."""
        inputs = np.empty((count, *self.sample_shape), self.dtype)
        targets = np.empty((count, *self.target_shape), self.target_dtype)
        self.read(cursor, inputs, targets)
        return inputs, targets

    def cursor(self, skipped: int = 0) -> Cursor:
        """A new cursor, after ``skipped`` samples; FileFormatError if `start` does not return plain arrays by name."""
        cursor: Any = self.start()
        if not isinstance(cursor, dict):
            raise FileFormatError(f"the cursor of a stream must be a dict of arrays, not {with_article(cursor)}")
        for name, array in cursor.items():
            fault = with_article(array) if not isinstance(array, np.ndarray) else unlike_plain_numbers(array)
            if fault or not isinstance(name, str):
                raise FileFormatError(
                    f"the cursor of a stream has {fault or with_article(name)} as {name!r}",
                    hint="it must contain arrays of plain numbers by name, such as np.zeros((), np.int64)",
                )
        for start in range(0, skipped, EXAMPLES):
            self.next(cursor, min(EXAMPLES, skipped - start))
        return dict(cursor)


Samples: TypeAlias = NDArray[Any] | Rows
"""Samples of one shape: in memory, or read as needed."""


def view(samples: Samples, places: NDArray[np.integer[Any]]) -> Rows:
    """The samples at ``places``, not copied."""
    if isinstance(samples, Rows):
        return samples.take(places)
    array = samples

    def read(chosen: NDArray[np.integer[Any]], out: NDArray[Any]) -> None:
        array.take(places.take(chosen), axis=0, out=out, mode="clip")

    return Rows((len(places), *array.shape[1:]), array.dtype, read, in_memory=True)


def joined(parts: list[Samples]) -> Rows:
    """The samples of several parts in sequence, not copied.

    >>> both = joined([np.zeros((2, 1)), np.ones((3, 1))])
    >>> both[np.array([4, 0, 2])].tolist()
    [[1.0], [0.0], [1.0]]
    """
    ends = np.cumsum([len(part) for part in parts])
    starts = ends - [len(part) for part in parts]

    def read(places: NDArray[np.integer[Any]], out: NDArray[Any]) -> None:
        owners = np.searchsorted(ends, places, side="right")
        for owner in np.unique(owners):
            chosen = np.flatnonzero(owners == owner)
            out[chosen] = parts[owner][places[chosen] - starts[owner]]

    return Rows((int(ends[-1]), *parts[0].shape[1:]), parts[0].dtype, read)


def blocks(samples: Samples, size: int | None = None) -> Iterator[NDArray[Any]]:
    """Yield all samples in order, in blocks of ``size`` or a few megabytes; a block may overwrite the one before.

    >>> [block.tolist() for block in blocks(np.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    each = int(np.prod(samples.shape[1:], dtype=object)) * samples.dtype.itemsize
    size = size or max(1, BLOCK // max(each, 1))
    starts = range(0, len(samples), size)
    if isinstance(samples, np.ndarray):
        yield from (samples[start : start + size] for start in starts)
        return
    buffer = np.empty((min(size, len(samples)), *samples.shape[1:]), samples.dtype)
    for start in starts:
        places = np.arange(start, min(start + size, len(samples)))
        samples.read(places, buffer[: len(places)])
        yield buffer[: len(places)]


def _call(reader: Callable[..., Any], *arguments: Any) -> None:
    returned = reader(*arguments)
    if returned is not None:
        raise FileFormatError(
            f"the function that reads samples returned {with_article(returned)}",
            hint="it must write into its arguments, out[...] = …, and return nothing",
        )
