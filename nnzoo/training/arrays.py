"""Check a user's arrays, and convert them for training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnzoo.errors import UsageError
from nnzoo.kinds import Floats, Samples, blocks


def check_widths(sizes: Iterable[int] | int, *, least: int = 2) -> list[int]:
    """Widths as Python integers; UsageError if there are fewer than ``least``, or one is not an integer above 0."""
    widths: list[Any] = list(sizes) if isinstance(sizes, Iterable) else [sizes]
    if len(widths) < least or not all(isinstance(w, int | np.integer) and w > 0 for w in widths):
        if least == 1:
            raise UsageError(f"{widths} is not a shape: a shape consists of integers above 0")
        raise UsageError(
            f"sizes = {widths} is not a list of two or more widths",
            hint="list them from input to output, such as [784, 64, 10]",
        )
    return [int(width) for width in widths]


def check_class_names(names: Sequence[str], outputs: int) -> tuple[str, ...]:
    """Names of the classes; UsageError unless there are none, or one for each output."""
    if names and len(names) != outputs:
        raise UsageError(f"{len(names)} class names for {outputs} classes")
    return tuple(str(name) for name in names)


def check_inputs(x: ArrayLike, name: str, width: int) -> NDArray[Any]:
    """Samples as an array of shape (n, width), uint8 or float32.

    Parameters
    ----------
    x : array-like of shape (n, width), or (n, …) with the same number of values
        uint8 pixels, or numbers of any other type.
    name : str
        Its name in messages.
    width : int
        Number of values in each sample.

    Raises
    ------
    UsageError
        When it is empty, not numeric, of another width, or not finite.
    """
    array = _numeric(x, name)
    check_form(array, name, width)
    array = array.reshape(len(array), width)
    return array if array.dtype == np.uint8 else _finite(array, name)


def check_form(x: Samples, name: str, width: int) -> None:
    """Refuse samples that are not numbers, or have another width (UsageError)."""
    if x.dtype.kind not in "buif" or 0 in x.shape:
        raise UsageError(f"{name} holds {x.dtype} values of shape {x.shape}; expected numbers")
    if x.ndim < 2 or math.prod(x.shape[1:]) != width:
        raise UsageError(
            f"{name} has shape {x.shape}; expected (samples, {width})",
            hint="a single sample is x[None]" if x.shape == (width,) else None,
        )


def check_labels(y: ArrayLike, name: str, samples: int, classes: int) -> NDArray[np.intp]:
    """Class labels as integers of shape (n,); one-hot rows of shape (n, classes) are accepted, too.

    Raises UsageError if their number differs from ``samples``, or one is not a class 0 … classes − 1.
    """
    array = _numeric(y, name)
    _same_length(array, name, samples)
    if array.shape == (samples, classes) and classes > 1:
        if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
            raise UsageError(f"{name} has rows that are not one-hot", hint=f"give labels 0 … {classes - 1} instead")
        return np.asarray(array.argmax(axis=1), np.intp)
    if array.ndim != 1:
        raise UsageError(f"{name} has shape {array.shape}; expected ({samples},)")
    bad = np.flatnonzero(~((array >= 0) & (array < classes) & (array == np.floor(array))))
    if len(bad):
        hint = f"labels are 0 … {classes - 1}"
        if classes == 1:
            hint = "a network needs one output for each class; for values, use task='regression'"
        raise UsageError(f"{name}[{bad[0]}] is {array[bad[0]]}, which is not a class label", hint=hint)
    return array.astype(np.intp)


def check_values(y: ArrayLike, name: str, samples: int, outputs: int) -> Floats:
    """Values to predict, as float64 of shape (n, outputs); UsageError if the shape is wrong, or one is not finite."""
    array = _numeric(y, name)
    _same_length(array, name, samples)
    if array.size != samples * outputs:
        raise UsageError(f"{name} has shape {array.shape}; expected ({samples}, {outputs})")
    _finite(array.reshape(samples, outputs), name)
    return array.reshape(samples, outputs).astype(np.float64)


def _numeric(values: ArrayLike, name: str) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray) and (masked := int(np.ma.getmaskarray(values).sum())):
        raise UsageError(
            f"{name} is a masked array with {masked:,} masked values",
            hint=f"replace them, or remove their samples: {name}.filled(…), {name}[~mask]",
        )
    try:
        array = np.asarray(values)
    except ValueError:
        raise UsageError(f"{name} is ragged: its rows differ in length") from None
    if array.dtype.kind not in "buif":
        are_labels = name.startswith("y") and array.ndim == 1 and array.dtype.kind in "USO"
        hint = "np.unique(…, return_inverse=True) converts class names to labels" if are_labels else None
        if name.startswith("y") and (array.dtype.names or isinstance(values, Mapping)):
            hint = "for several targets make a data set: Dataset(Split.joined(x, {…}), Split.joined(…))"
        raise UsageError(f"{name} holds {array.dtype} values; expected numbers", hint=hint)
    if not array.size:
        raise UsageError(f"{name} is empty (shape {array.shape})")
    return array


def _same_length(array: NDArray[Any], name: str, samples: int) -> None:
    count = len(array) if array.ndim else 0
    if count != samples:
        raise UsageError(f"{name} has {count} rows for {samples} samples")


def _finite(array: NDArray[Any], name: str) -> Floats:
    with np.errstate(over="ignore"):
        result: Floats = np.ascontiguousarray(array, np.float32)
    if not all(np.isfinite(block).all() for block in blocks(result)):
        bad = np.argwhere(~np.isfinite(result))
        place = ", ".join(map(str, bad[0]))
        raise UsageError(
            f"{name}[{place}] is {array[tuple(bad[0])]}, which is not finite in float32",
            hint=f"{len(bad):,} value{'s are' if len(bad) > 1 else ' is'} not finite: remove or replace "
            f"{'them' if len(bad) > 1 else 'it'}",
        )
    return result
