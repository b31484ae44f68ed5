"""`FlatParameters`: all arrays of a network in one vector, with a named view of each."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike

from nnzoo.kinds import Floats, Parameter


@final
class FlatParameters:
    """One flat vector, weights first and everything else last, and a view for each named array.

    An optimizer step takes a few operations on one array, weight decay one on a slice, and a matrix product can write a
    gradient directly to its place.

    >>> flat = FlatParameters({"bias": Parameter((2,)), "weight": Parameter((3, 2), is_weight=True)})
    >>> flat.vector.shape, flat.weights.shape, flat["bias"].shape
    ((8,), (6,), (2,))
    >>> flat["weight"].base is flat.vector
    True

    Attributes
    ----------
    vector : ndarray of shape (p,)
        All arrays, one after the other.
    weights : ndarray
        The part of the vector that weight decay shrinks: the ``is_weight`` arrays.
    """

    def __init__(self, layout: Mapping[str, Parameter], dtype: DTypeLike = np.float32) -> None:
        self.layout = dict(sorted(layout.items(), key=lambda item: not item[1].is_weight))
        sizes = {name: math.prod(parameter.shape) for name, parameter in self.layout.items()}
        if sum(sizes.values()) > sys.maxsize // 16:  # NumPy would raise another error for such sizes
            raise MemoryError
        self.vector: Floats = np.zeros(sum(sizes.values()), dtype)
        self.weights = self.vector[: sum(sizes[name] for name, p in self.layout.items() if p.is_weight)]
        self._views: dict[str, Floats] = {}
        start = 0
        for name, parameter in self.layout.items():
            stop = start + sizes[name]
            self._views[name] = self.vector[start:stop].reshape(parameter.shape)
            start = stop

    def __getitem__(self, name: str) -> Floats:
        return self._views[name]

    def __len__(self) -> int:
        return self.vector.size

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.layout, self.vector)  # otherwise a copy's views would not share its vector

    def views(self) -> dict[str, Floats]:
        """Every array by name, in the vector's order."""
        return dict(self._views)


def _restored(layout: Mapping[str, Parameter], vector: Floats) -> FlatParameters:
    flat = FlatParameters(layout, vector.dtype)
    flat.vector[...] = vector
    return flat
