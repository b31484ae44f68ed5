"""Pixels as numbers: the multiplier of integers, and the interpretation of floating-point numbers."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, doc
from numpy.typing import NDArray

from nnzoo.api import (
    FileFormatError,
    Fitted,
    Floats,
    Preprocessor,
    Rows,
    RowsPreprocessor,
    Samples,
    ScalingPreprocessor,
    blocks,
    hookimpl,
)

logger = logging.getLogger("nnzoo")

DARK = 1 / 32
"""If no pixel of a training part is brighter, the values may not be pixels at all."""


@dataclass(frozen=True)
class Pixels(ScalingPreprocessor, RowsPreprocessor):
    """Pixels, scaled to a small range; other numbers are not changed.

    Equation::

        y = multiplier · x  for integers x,  y = x  for floating-point numbers

    Without a multiplier, it is found from the training part. uint8 values are pixels, and so are whole numbers of any
    other type from 0 to 255 if some are above 127: they are multiplied by 1/255. If floating-point numbers are divided
    pixels, the divisor is derived from them, so that integer pixels can be read, too. Integers of another range are
    not changed.

    Later, floating-point numbers far beyond the range of the training part are treated as integer pixels if they can
    be pixels, and refused otherwise.
    """

    name: ClassVar[str] = "pixels"

    multiplier: Annotated[
        float | None, Gt(0), doc("factor for integers; 1/255 scales bytes to [0, 1]; None: found from the data")
    ] = None

    def fit(self, values: Any) -> Fitted:
        return self._fitted(np.asarray(values))

    def fit_rows(self, rows: Rows) -> Fitted:
        return self._fitted(rows)

    def _fitted(self, samples: Samples) -> Fitted:
        low, high = _range(samples)
        multiplier, all_numbers, largest = self.multiplier, False, max(high, 0.0)
        if samples.dtype.kind == "f":
            step = pixel_step(samples) if len(samples) else None
            all_numbers = multiplier is None and _are_bytes(samples, low, high)
            if step is None:
                largest = math.inf  # numbers of another kind, which may have any range
            multiplier = multiplier or (1 / 255 if all_numbers or step is None else step)
        elif multiplier is None:
            multiplier = 1 / 255 if samples.dtype == np.uint8 or _are_bytes(samples, low, high) else 1.0
        if samples.dtype.kind != "f":
            largest *= multiplier
            if multiplier < 1 and 0 < largest < DARK:
                logger.warning(
                    "%s inputs of at most %g are treated as pixels and multiplied by %.3g, which makes them very "
                    "small: give numbers that are not pixels as float32",
                    samples.dtype,
                    high,
                    multiplier,
                )
        known = {"multiplier": multiplier, "largest": largest if math.isfinite(largest) else -1.0, "all": all_numbers}
        return {name: np.asarray(value, np.float64) for name, value in known.items()}

    def transform(self, values: Any, fitted: Fitted) -> NDArray[Any]:
        rows: NDArray[Any] = np.asarray(values)
        multiplier, usual = float(fitted["multiplier"]), float(fitted["largest"])
        if rows.dtype.kind in "uib":
            return rows * multiplier
        largest = float(np.abs(rows).max(initial=0))
        if fitted["all"]:
            if 0 < largest <= 1 and not _whole(rows):
                raise FileFormatError(
                    "the network was trained on pixels from 0 to 255, but these seem to be scaled to [0, 1]",
                    hint="multiply them by 255, or give uint8",
                )
            return rows * multiplier
        if usual < 0 or largest <= max(2 * usual, 1):
            return rows
        if largest <= 255 and rows.min() >= 0 and _whole(rows):
            return rows * multiplier
        raise FileFormatError(
            f"a value of {largest:g} is neither an integer pixel nor one multiplied by {multiplier:g}, which is at "
            f"most {usual:g}",
            hint="give pixels as uint8",
        )

    def factor(self, fitted: Fitted) -> float:
        return float(fitted["multiplier"])


def pixel_step(inputs: Floats | Rows) -> float | None:
    """The factor that turned pixels into these numbers: 1/255 for 0, 1/255, …, 1; None if they are not pixels.

    Pixels are whole numbers up to 255 if 255 occurs, or from 0 to 16, as in `digits`, if all 17 occur. A thousand
    samples are examined.

    Parameters
    ----------
    inputs : ndarray or Rows of shape (n, …), floating-point
        Training inputs; n is at least 1.

    Examples
    --------
    >>> pixel_step(np.array([[0, 0.2, 1], [0.4, 0.8, 0.6]]))
    0.00392156862745098
    """
    some = inputs[:: max(1, len(inputs) // 1000)]
    largest = float(some.max())
    if not 0 < largest < math.inf or some.min() < 0:
        return None
    for levels in (255, 16):
        step = largest / levels
        multiples = some / step
        whole = np.rint(multiples)
        if np.abs(multiples - whole).max() < 1e-3 and (levels == 255 or len(np.unique(whole)) == levels + 1):
            inverse = round(1 / step) if step <= 1 else 0
            return 1 / inverse if inverse and math.isclose(inverse * step, 1, rel_tol=1e-5) else step
    return None


def _range(samples: Samples) -> tuple[float, float]:
    """The smallest and the largest value; NaN if one is NaN."""
    low, high = math.inf, -math.inf
    for block in blocks(samples):
        if block.size:
            low, high = float(np.minimum(low, block.min())), float(np.maximum(high, block.max()))
    return low, high


def _are_bytes(samples: Samples, low: float, high: float) -> bool:
    """Whether all numbers are whole and from 0 to 255, and some are above 127."""
    return low >= 0 and 127 < high <= 255 and all(_whole(block) for block in blocks(samples))


def _whole(rows: NDArray[Any]) -> bool:
    return rows.dtype.kind != "f" or bool(np.array_equal(rows, np.rint(rows)))


@hookimpl
def nnzoo_preprocessors() -> list[type[Preprocessor]]:
    return [Pixels]
