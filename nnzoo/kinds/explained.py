"""`ExplainedLayer`: a layer that explains how its numbers come about, term by term."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnzoo.kinds.arrays import Floats


@dataclass(frozen=True)
class LayerSample:
    """One sample in a layer; arrays have no batch axis.

    Attributes
    ----------
    inputs : tuple of ndarray
        One, but for a layer that puts several together.
    out : ndarray
        The output.
    parameters : mapping of str to ndarray
        By the layer's own names.
    """

    inputs: tuple[Floats, ...]
    out: Floats
    parameters: Mapping[str, Floats]


@dataclass(frozen=True)
class Terms:
    """A number as a sum of products.

    >>> Terms((np.array([1, 0.5]), np.array([0.25, 2])), plus=3).value  # 1·0.25 + 0.5·2 + 3
    4.25

    Attributes
    ----------
    factors : tuple of ndarray of shape (m,)
        The first factors of m products, the second ones, and so on; a single array for a plain sum.
    plus : float, optional
        What is added to the products.
    """

    factors: tuple[Floats, ...]
    plus: float | None = None

    @property
    def products(self) -> Floats:
        """Each product, of shape (m,)."""
        products: Floats = np.prod(np.stack(self.factors), axis=0)
        return products

    @property
    def value(self) -> float:
        """The sum."""
        return float(self.products.sum()) + (self.plus or 0.0)


class ExplainedLayer(ABC):
    """A second base for a layer whose outputs and gradients ``nnzoo explain`` writes out term by term.

    It is for layers that compute sums of products; others are explained by their arrays and equations alone.
    """

    @abstractmethod
    def output_terms(self, entry: int, sample: LayerSample) -> Terms:
        """How one value of the output comes about.

        Parameters
        ----------
        entry : int
            Flat index of the value.
        sample : LayerSample
            The input and the output of `forward`.
        """

    @abstractmethod
    def gradient_terms(self, of: str | int, entry: int, sample: LayerSample, grad_out: Floats) -> Terms:
        """How one value of a gradient comes about.

        Parameters
        ----------
        of : str or int
            A parameter's name, or the number of an input, from 0.
        entry : int
            Flat index of the value.
        sample : LayerSample
            What went forward.
        grad_out : ndarray of the shape of the output
            ∂L/∂out.
        """
