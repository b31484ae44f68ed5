"""What the numerical tests share."""

from collections.abc import Callable

import numpy as np
import pytest

Slope = Callable[[Callable[[], float], np.ndarray], np.ndarray]


@pytest.fixture(scope="session")
def central_differences() -> Slope:
    """``slope(f, x)``: the gradient of ``f()`` with respect to the array ``x`` that it reads, one value at a time."""

    def slope(f: Callable[[], float], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
        result = np.empty_like(x)
        for place in np.ndindex(x.shape):
            value = x[place]
            x[place] = value + step
            above = f()
            x[place] = value - step
            below = f()
            x[place] = value
            result[place] = (above - below) / (2 * step)
        return result

    return slope
