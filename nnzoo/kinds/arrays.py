"""The array types that all kinds share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 in training, float64 in gradient checks; C-contiguous and allocated by the caller."""

Integers: TypeAlias = NDArray[np.integer[Any]]
"""Class labels or sample indices."""

Shape: TypeAlias = tuple[int, ...]
"""The shape of one sample, or of one parameter; never with the batch axis."""

Initialization: TypeAlias = Literal["he", "glorot", "lecun", "zeros", "ones"]
"""How a parameter starts; `nnzoo.nn.initialization` has the formulas."""

Initializer: TypeAlias = Callable[[Shape, np.random.Generator], NDArray[np.floating[Any]]]
"""A function that draws a parameter's initial values: from its shape and a random generator to an array of that shape.
Weights that are a matrix have the shape (inputs, outputs)."""
