"""Preprocessors of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, doc
from numpy.typing import NDArray

from nnzoo.api import (
    FileFormatError,
    Fitted,
    Floats,
    InvertiblePreprocessor,
    Preprocessor,
    ScalingPreprocessor,
    hookimpl,
)


@dataclass(frozen=True)
class Standardize(InvertiblePreprocessor):
    """Mean 0 and standard deviation 1 in the training part, for each place by itself.

    Equation::

        y = (x − mean) / deviation        (0 where the training part is constant)
    """

    name: ClassVar[str] = "standardize"

    def fit(self, values: Any) -> Fitted:
        rows = np.asarray(values, np.float64)
        size = np.abs(rows).max(axis=0, initial=0)  # of numbers near the largest, the squares would overflow
        size = np.where(size > 0, size, 1.0)
        deviation = (rows / size).std(axis=0) * size
        mean = (rows / size).mean(axis=0) * size
        constant = deviation <= 1e-12 * size
        return {"mean": np.asarray(mean), "deviation": np.where(constant, 0.0, deviation)}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        deviation = fitted["deviation"]
        inverse = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
        result: NDArray[Any] = (np.asarray(values, np.float64) - fitted["mean"]) * inverse
        return result

    def inverse(self, values: Floats, fitted: Fitted) -> None:
        values *= fitted["deviation"]
        values += fitted["mean"]


@dataclass(frozen=True)
class Pixels(ScalingPreprocessor):
    """Integers, such as the pixels of an image, multiplied by one number.

    Floating-point numbers are taken for pixels that have been multiplied already; or, where they are whole numbers
    above the range that these would have, for pixels that have not.
    """

    name: ClassVar[str] = "pixels"

    multiplier: Annotated[float, Gt(0), doc("what integers are multiplied by; 1/255 brings bytes to [0, 1]")] = 1 / 255

    def fit(self, values: Any) -> Fitted:
        rows = np.asarray(values)
        return {"largest": np.asarray(float(rows.max(initial=0)) * self.multiplier)}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        rows = np.asarray(values)
        if rows.dtype.kind in "uib":
            return rows * self.multiplier
        largest = float(np.abs(rows).max(initial=0))
        if largest <= float(fitted["largest"]) * 2 or largest <= 1:
            return rows
        if largest <= 255 and rows.min() >= 0 and np.array_equal(rows, np.rint(rows)):
            return rows * self.multiplier
        raise FileFormatError(
            f"values up to {largest:g} are neither integer pixels nor pixels multiplied by {self.multiplier:g}",
            hint="give pixels as uint8",
        )

    def factor(self, fitted: Fitted) -> float:
        return self.multiplier


@hookimpl
def nnzoo_preprocessors() -> list[type[Preprocessor]]:
    return [Standardize, Pixels]
