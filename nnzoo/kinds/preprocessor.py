"""`Preprocessor`: a step between raw data and the network, fitted once and then part of the model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.errors import FileFormatError
from nnzoo.kinds.arrays import Floats, Shape
from nnzoo.kinds.rows import Rows

Fitted: TypeAlias = Mapping[str, NDArray[Any]]
"""What a preprocessor has learnt: arrays of numbers (float64, int64) or of texts (``str_``), by name."""

Takes: TypeAlias = Literal["numbers", "categories", "dates", "pictures"]
"""What a preprocessor works on; all of them yield numbers but one of ``pictures``, which yields uint8 pixels."""


@dataclass(frozen=True)
class Preprocessor(Component):
    """One step from raw data to what a network sees. It holds hyperparameters; `fit` returns what it learns.

    It works on one column of a table, or on a whole array of samples, and treats each sample by itself: the result for
    a sample never depends on which others are there. A step of a column may widen it: from shape (n,) to (n, k).

    Attributes
    ----------
    takes : {"numbers", "categories", "dates", "pictures"}
        What it works on: float64 or pixels of shape (n, ...), NaN where a number is missing; objects of shape (n,),
        each a str or None; datetime64[s] of shape (n,), NaT where one is missing; or a list of n pictures, uint8 of
        shape (height, width) or (height, width, 3), each of its own size.
    """

    kind: ClassVar[str] = "preprocessor"
    takes: ClassVar[Takes] = "numbers"

    @abstractmethod
    def fit(self, values: Any) -> Fitted:
        """Learn from the training part, which it must not change.

        Parameters
        ----------
        values : ndarray of shape (n, ...), or list of ndarray
            See ``takes``; n is at least 1.

        Returns
        -------
        mapping of str to ndarray
            Everything `transform` needs; empty if nothing is learnt. The model file keeps it.

        Raises
        ------
        FileFormatError
            When nothing can be learnt from them.
        """

    @abstractmethod
    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        """The transformed samples; the samples themselves must not be changed.

        Parameters
        ----------
        values : ndarray of shape (n, ...), or list of ndarray
            See ``takes``; n may be 0.
        fitted : mapping of str to ndarray
            What `fit` returned.

        Returns
        -------
        ndarray of shape (n, ...)
            Numbers, all of one dtype and of the same width, whatever the samples.

        Raises
        ------
        FileFormatError
            When a sample can't be used; the message says which and why.
        """


@dataclass(frozen=True)
class InvertiblePreprocessor(Preprocessor):
    """A step that can be undone, and so may be applied to values to be predicted."""

    @abstractmethod
    def inverse(self, values: Floats, fitted: Fitted) -> None:
        """Turn transformed values back, in place.

        Parameters
        ----------
        values : ndarray of shape (n, ...), float64
            What `transform` returned, or a prediction of it; overwritten.
        fitted : mapping of str to ndarray
            What `fit` returned.
        """


@dataclass(frozen=True)
class ScalingPreprocessor(Preprocessor):
    """A last step that multiplies integers by one number, done batch by batch: data stay as they are in memory."""

    @abstractmethod
    def factor(self, fitted: Fitted) -> float:
        """The number that integers are multiplied by; above 0."""


@dataclass(frozen=True)
class RowsPreprocessor(Preprocessor):
    """A step that can learn from samples that are read as needed, more of them than fit in memory."""

    @abstractmethod
    def fit_rows(self, rows: Rows) -> Fitted:
        """Learn from the training part; `blocks` goes through it.

        Parameters
        ----------
        rows : Rows
            Numbers of shape (n, ...).

        Returns
        -------
        mapping of str to ndarray
            As `fit`.

        Raises
        ------
        FileFormatError
            As `fit`.
        """


@dataclass(frozen=True)
class PicturePreprocessor(Preprocessor):
    """A first step for pictures: it brings each to one shape, and learns nothing.

    Attributes
    ----------
    least_probability : float
        Below this probability no answer is given: the picture can't be read. Above 0 for a step that looks for
        something in a picture that may not be there. Exports leave such a step out, and say so.
    """

    takes: ClassVar[Takes] = "pictures"
    least_probability: ClassVar[float] = 0.0

    @abstractmethod
    def shape(self) -> Shape:
        """The shape of a sample: (h, w), or (3, h, w) in colour."""

    @abstractmethod
    def prepare(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        """A sample, and what was done to the picture to get it, in a few words for a user.

        Parameters
        ----------
        picture : ndarray of shape (height, width) or (height, width, 3)
            Of any size; not to be changed.

        Raises
        ------
        UnreadablePictureError
            When it does not show what the network reads; the message does not name the picture: "shows nothing".
        """

    @final
    def fit(self, values: Any) -> Fitted:
        """Learn nothing."""
        return {}

    @final
    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        """A sample of each picture: uint8 of shape (n, *shape)."""
        samples = np.empty((len(values), *self.shape()), np.uint8)
        for index, picture in enumerate(values):
            try:
                samples[index] = self.prepare(picture)[0]
            except FileFormatError as error:
                raise FileFormatError(f"sample {index} {error.message}", hint=error.hint) from None
        return samples


@dataclass(frozen=True)
class Feature:
    """The steps that one column of a table, or a whole array of samples, goes through.

    Attributes
    ----------
    steps : tuple of Preprocessor
        In order. Those of a column end in numbers.
    column : str
        The column's name; empty for an array.
    """

    steps: tuple[Preprocessor, ...]
    column: str = ""
