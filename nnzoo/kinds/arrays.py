"""The array types that all kinds share, and what is asked of arrays that components make."""

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
"""Of one sample, its outputs or its target."""

Initialization: TypeAlias = Literal["he", "glorot", "lecun", "zeros", "ones"]
"""How a parameter starts; `nnzoo.nn.initialization` has the formulas."""

Initializer: TypeAlias = Callable[[Shape, np.random.Generator], NDArray[np.floating[Any]]]
"""A function that draws a parameter's initial values: from its shape and a random generator to an array of that shape.
Weights that are a matrix have the shape (inputs, outputs)."""


def require_arrays(component: Component, method: str, returned: object, *, texts: bool = False) -> None:
    """Blame a component for a method that returned something other than arrays by name, such as files can hold.

    They are of real numbers, or where ``texts`` says so, of texts.

    Raises
    ------
    PluginError
    """
    require_returned(component, method, returned, dict, "a dict of arrays")
    for name, array in dict[Any, Any](returned).items():  # type: ignore[call-overload] # it is a dict
        require_returned(component, f"{method}, for {name!r},", array, np.ndarray, "an array")
        if not isinstance(name, str):
            raise plugin_bug(component, f"{method} calls an array {name!r}; names are texts")
        if texts and array.dtype.kind == "U":
            continue
        if fault := unlike_plain_numbers(array):
            raise plugin_bug(component, f"{method}, for {name!r}, returned {fault}; it must return plain real numbers")


def unlike_plain_numbers(array: NDArray[Any]) -> str:
    """What an array is that is more than real numbers as every machine and file holds them; nothing if it is not."""
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray | np.matrix):  # np.ma is slow to import
        return with_article(array)
    plain = array.dtype.kind in "fiub" and array.dtype.itemsize <= 8 and array.dtype.isnative
    return "" if plain else f"an array of type {array.dtype}"
