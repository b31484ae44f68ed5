"""`Preprocessor`: a step between raw data and the network, fitted once and saved with the model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.errors import located
from nnzoo.kinds.arrays import Floats, Shape
from nnzoo.kinds.rows import Rows

Fitted: TypeAlias = Mapping[str, NDArray[Any]]
"""What a preprocessor has learnt: arrays of numbers (float64, int64) or of texts (``str_``), by name."""

Takes: TypeAlias = Literal["numbers", "categories", "dates", "pictures"]
"""The input of a preprocessor. Preprocessors of ``pictures`` return uint8 pixels, all others numbers."""


@dataclass(frozen=True)
class Preprocessor(Component):
    """One step from raw data to the input of a network. It holds hyperparameters; `fit` returns what it learns.

    It transforms one column of a table, or a whole array of samples, each sample independently of the others. A step of
    a column may widen it from shape (n,) to (n, k).

    Attributes
    ----------
    takes : {"numbers", "categories", "dates", "pictures"}
        Its input: float64 or pixels of shape (n, ...), NaN for a missing number; objects of shape (n,), each a str or
        None; datetime64[s] of shape (n,), NaT for a missing date; or a list of n pictures, uint8 of shape
        (height, width) or (height, width, 3), of different sizes.
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
            Everything that `transform` needs, which the model file keeps; may be empty.

        Raises
        ------
        FileFormatError
            When it can't learn from these values.
        """

    @abstractmethod
    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        """The transformed samples; ``values`` must not be changed.

        Parameters
        ----------
        values : ndarray of shape (n, ...), or list of ndarray
            See ``takes``; n may be 0.
        fitted : mapping of str to ndarray
            What `fit` returned.

        Returns
        -------
        ndarray of shape (n, ...)
            Numbers; dtype and width must not depend on the samples.

        Raises
        ------
        FileFormatError
            When a sample can't be used; the message names it and the reason.
        """


@dataclass(frozen=True)
class InvertiblePreprocessor(Preprocessor):
    """A step that can be undone, and may therefore be applied to targets."""

    @abstractmethod
    def inverse(self, values: Floats, fitted: Fitted) -> None:
        """Undo the transformation, in place.

        Parameters
        ----------
        values : ndarray of shape (n, ...), float64
            What `transform` returned, or a prediction of it; overwritten.
        fitted : mapping of str to ndarray
            What `fit` returned.
        """


@dataclass(frozen=True)
class ScalingPreprocessor(Preprocessor):
    """A last step that multiplies integers by one number, batch by batch: data in memory stay unchanged."""

    @abstractmethod
    def factor(self, fitted: Fitted) -> float:
        """The factor on integers, above 0."""


@dataclass(frozen=True)
class RowsPreprocessor(Preprocessor):
    """A step that can learn from more samples than fit in memory, reading them as needed."""

    @abstractmethod
    def fit_rows(self, rows: Rows) -> Fitted:
        """Learn from the training part, numbers of shape (n, ...), which `blocks` iterates over; otherwise as `fit`."""


@dataclass(frozen=True)
class PicturePreprocessor(Preprocessor):
    """A first step for pictures: it brings each to one shape, and learns nothing.

    Attributes
    ----------
    least_probability : float
        Answers below this probability are withheld: the picture is unreadable. Above 0 for a step that searches for
        something that a picture may lack. Exports omit such a step, and say so.
    """

    takes: ClassVar[Takes] = "pictures"
    least_probability: ClassVar[float] = 0.0

    @abstractmethod
    def shape(self) -> Shape:
        """The shape of a sample: (h, w), or (3, h, w) in colour."""

    @abstractmethod
    def prepare(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        """A sample, and a few words for the user on how the picture was changed.

        Parameters
        ----------
        picture : ndarray of shape (height, width) or (height, width, 3)
            Of any size; must not be changed.

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
        """One sample for each picture: uint8 of shape (n, *shape)."""
        samples = np.empty((len(values), *self.shape()), np.uint8)
        for index, picture in enumerate(values):
            with located(f"sample {index} "):
                samples[index] = self.prepare(picture)[0]
        return samples


@dataclass(frozen=True)
class Feature:
    """The preprocessing of one column of a table, or of a whole array of samples.

    Attributes
    ----------
    steps : tuple of Preprocessor
        In order; the last step of a column returns numbers.
    column : str
        The column's name; empty for an array.
    """

    steps: tuple[Preprocessor, ...]
    column: str = ""
