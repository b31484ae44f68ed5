"""The array types that all kinds share, and checks of arrays that components return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component, plugin_bug, require_returned, with_article

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 in training, float64 in gradient checks; C-contiguous and allocated by the caller."""

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays by name."""

Integers: TypeAlias = NDArray[np.integer[Any]]
"""Class labels or sample indices."""

Shape: TypeAlias = tuple[int, ...]
"""The shape of one sample, or of one parameter; never with the batch axis."""

MOST_AXES = 8
"""Greatest number of axes of one sample, its outputs or its target."""

Initialization: TypeAlias = Literal["he", "glorot", "lecun", "zeros", "ones"]
"""The distribution of a parameter's initial values; `nnzoo.nn.initialization` has the formulas."""

Initializer: TypeAlias = Callable[[Shape, np.random.Generator], NDArray[np.floating[Any]]]
"""A function of a parameter's shape and a random generator that returns its initial values, an array of that shape.
A weight matrix has the shape (inputs, outputs)."""


def require_arrays(component: Component, method: str, returned: Any, *, texts: bool = False) -> None:
    """Blame a component (PluginError) whose method does not return a dict of real arrays, or of ``texts``."""
    arrays: dict[Any, Any] = require_returned(component, method, returned, dict, "a dict of arrays")
    for name, array in arrays.items():
        require_returned(component, f"{method}, for {name!r},", array, np.ndarray, "an array")
        if not isinstance(name, str):
            raise plugin_bug(component, f"{method} calls an array {name!r}; names must be texts")
        if texts and array.dtype.kind == "U":
            continue
        if fault := unlike_plain_numbers(array):
            raise plugin_bug(component, f"{method}, for {name!r}, returned {fault}; it must return plain real numbers")


def unlike_plain_numbers(array: NDArray[Any]) -> str:
    """Describe an array that is not of plain real numbers, which any file can store; empty if it is."""
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray | np.matrix):  # np.ma is slow to import
        return with_article(array)
    plain = array.dtype.kind in "fiub" and array.dtype.itemsize <= 8 and array.dtype.isnative
    return "" if plain else f"an array of type {array.dtype}"
