"""The places of a window that slides along an axis of an image, and the zeros of the padding."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge

Padding: TypeAlias = Annotated[int, Ge(0)] | Literal["valid", "same"]


def fit_window(size: int, stride: int, padding: int | str, length: int) -> tuple[int, int]:
    """The number of zeros before the image and of places of the window, along one axis.

    Parameters
    ----------
    size, stride : int
        Pixels of the window, and from one place of it to the next.
    padding : int or str
        Zeros on each side; ``valid`` for none; ``same`` for ⌈length / stride⌉ places, with one more zero at the end
        where this takes an odd number of them.
    length : int
        Pixels of the image.

    >>> fit_window(3, 2, "same", 8)
    (0, 4)
    """
    if padding == "same":
        places = -(-length // stride)
        return max((places - 1) * stride + size - length, 0) // 2, places
    before = padding if isinstance(padding, int) else 0
    return before, (length + 2 * before - size) // stride + 1
