"""A gradient that a component computes, held against central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from nnzoo.testing.check import CheckFailed, require
from nnzoo.testing.numerics import TOLERANCE, far_off, partial_derivatives


def require_gradient(
    what: str,
    gradient: NDArray[Any],
    f: Callable[[], float],
    array: NDArray[Any],
    entries: NDArray[Any],
    tolerance: float = TOLERANCE,
) -> None:
    """Fail the check that is running unless ``gradient`` is ∂f/∂array at these entries (flat indices).

    Where f has a kink in an entry, the entry is left out. ``what`` names the gradient in the message.
    """
    found = gradient.reshape(-1)[entries].copy()
    expected, smooth = partial_derivatives(f, array, entries)
    require(smooth.mean() > 0.5, f"there is no {what}: what it is of jumps")
    place = far_off(found[smooth], expected[smooth], tolerance)
    if place is not None:
        raise CheckFailed(
            f"the {what} is {found[smooth][place]:.6g}, and by central differences {expected[smooth][place]:.6g}"
        )
