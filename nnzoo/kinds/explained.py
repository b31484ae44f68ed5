"""`ExplainedLayer`: a layer that writes out how its numbers are computed, term by term."""

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
        One, or several for a layer that joins them.
    out : ndarray
        The output.
    parameters : mapping of str to ndarray
        By the layer's names.
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
        The first factors of m products, the second factors, and so on; a single array for a plain sum.
    plus : float, optional
        A term that is added to the products.
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

    It suits layers that compute sums of products; for others, only arrays and equations are shown.
    """

    @abstractmethod
    def output_terms(self, entry: int, sample: LayerSample) -> Terms:
        """The terms of one output value, with the flat index ``entry``."""

    @abstractmethod
    def gradient_terms(self, of: str | int, entry: int, sample: LayerSample, grad_out: Floats) -> Terms:
        """The terms of one gradient value.

        Parameters
        ----------
        of : str or int
            A parameter's name, or the number of an input, from 0.
        entry : int
            Flat index of the value.
        sample : LayerSample
            Inputs, output and parameters of the forward pass.
        grad_out : ndarray of the shape of the output
            ∂L/∂out.
        """
