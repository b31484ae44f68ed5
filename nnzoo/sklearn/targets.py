"""Targets, checked: labels are compared before anything is cast, and missing values are refused."""

from __future__ import annotations

import re
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnzoo.errors import UsageError

_SHOWN = 20
"""The most classes that a message lists."""
_DTYPE = re.compile(r"[<>|=](?:[biuf]\d{1,2}|M8\[\d{0,4}[A-Za-z]{1,2}\])")


def unmasked(values: ArrayLike, name: str) -> ArrayLike:
    """Return the values, or refuse masked ones: NumPy would drop the mask.

    Raises
    ------
    UsageError
        When a value is masked.
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    mask = np.ma.getmaskarray(values)
    if mask.any():
        place = ", ".join(map(str, np.argwhere(mask)[0]))
        raise UsageError(
            f"{name} is masked at {int(mask.sum()):,} of {mask.size:,} places, first at [{place}]: these are missing",
            hint="remove their samples" + (", or give a data frame with NaN in their place" if name[0] == "X" else ""),
        )
    return np.asarray(values.data)


def target_values(y: Any, name: str) -> NDArray[Any]:
    """Targets (an array, a series, a data frame or a list) as an array of unchanged values; ``name`` is for messages.

    Raises
    ------
    UsageError
        When a target is missing or masked, or targets are of several types.
    """
    y = unmasked(y, name)
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    is_list = isinstance(y, list | tuple)
    values = _objects(y) if is_list else np.asarray(y)
    if values.dtype.kind != "O" or not values.size:
        return values if values.size else np.asarray(y)
    flat = values.ravel().tolist()
    kinds: dict[str, int] = {}
    for place, value in enumerate(flat):
        kinds.setdefault(_kind(value), place)
    if "missing" in kinds:
        where = _place(values, kinds["missing"])
        raise UsageError(f"{name}[{where}] is {flat[kinds['missing']]}: it is missing", hint="remove this sample")
    if len(kinds) > 1:
        (one, first), (other, second) = sorted(kinds.items(), key=lambda item: item[1])[:2]
        raise UsageError(
            f"{name} has {_shown(flat[first])} at [{_place(values, first)}], a {one}, and {_shown(flat[second])} at "
            f"[{_place(values, second)}], a {other}",
            hint="make them all of one type",
        )
    if "text" in kinds and not is_list:
        return values
    if kinds.keys() & {"list", "tuple", "ndarray"}:
        raise UsageError(f"{name} is ragged: its rows differ in length")
    if not kinds.keys() & {"text", "number", "bool", "date"}:
        return values
    narrow = np.array(flat)
    return narrow.reshape(values.shape) if _same(narrow, flat) else values


def class_numbers(values: NDArray[Any], classes: NDArray[Any], name: str) -> NDArray[np.intp]:
    """The number of the class that equals each label; ``classes`` has each known label once.

    Raises
    ------
    UsageError
        When a label equals none of the classes.
    """
    unique, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    if {unique.dtype.kind, classes.dtype.kind} & set("mM"):
        equal = unique[:, None] == classes if unique.dtype.kind == classes.dtype.kind else np.zeros((len(unique), 1))
        numbers = np.where(np.any(equal, axis=1), np.argmax(equal, axis=1), -1)
    else:  # Python compares integers and floating-point numbers exactly
        known = {label: number for number, label in enumerate(classes.tolist())}
        numbers = np.array([known.get(label, -1) for label in unique.tolist()], np.intp)
    wrong = first[numbers < 0]
    if len(wrong):
        place = int(wrong.min())
        raise UsageError(
            f"{name}[{place}] is {shown_labels(values[place : place + 1])}, which is not among the classes",
            hint=f"known classes are {shown_labels(classes)}",
        )
    return numbers[inverse].astype(np.intp)


def shown_labels(labels: NDArray[Any]) -> str:
    """Labels for messages; of many, only the first."""
    listed = list(map(str, labels)) if labels.dtype.kind in "mM" else [_shown(label) for label in labels.tolist()]
    more = f" and {len(listed) - _SHOWN:,} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def label_names(classes: NDArray[Any]) -> tuple[str, ...]:
    """The names of classes in a model file; `named_labels` converts them back."""
    return tuple(map(str, classes if classes.dtype.kind in "mM" else classes.tolist()))


def label_dtype(classes: NDArray[Any]) -> str:
    """The type of labels, for a model file.

    Raises
    ------
    UsageError
        When labels of this type could not be restored.
    """
    if classes.dtype.kind in "UO" and all(isinstance(label, str) for label in classes.tolist()):
        return "str" if classes.dtype.kind == "U" else "object"
    if not _DTYPE.fullmatch(classes.dtype.str):
        raise UsageError(f"labels of type {classes.dtype} can't be kept in a file", hint="use texts or numbers")
    return classes.dtype.str


def named_labels(names: tuple[str, ...], dtype: str) -> NDArray[Any]:
    """Convert names from a model file to labels of their original type.

    Raises
    ------
    ValueError
        When they do not fit together.
    """
    if dtype in ("str", "object"):
        return np.array(names, np.str_ if dtype == "str" else object)
    if not _DTYPE.fullmatch(dtype):
        raise ValueError(f"labels can't be of type {dtype!r}")
    try:
        kind = np.dtype(dtype)
        of: Any = {"b": {"False": False, "True": True}.__getitem__, "f": float, "M": str}.get(kind.kind, int)
        labels = np.array([of(name) for name in names], kind)
    except (KeyError, OverflowError, TypeError, ValueError):
        labels = np.empty(0)
    if label_names(labels) != names:
        raise ValueError(f"its classes are not of type {dtype}")
    return labels


def _objects(listed: list[Any] | tuple[Any, ...]) -> NDArray[np.object_]:
    """A list as an array of objects with one axis, or two for a list of rows."""
    if any(isinstance(each, list | tuple | np.ndarray) for each in listed):
        return np.array(listed, object)
    array = np.empty(len(listed), object)
    array[:] = listed
    return array


def _kind(value: Any) -> str:
    """The kind of a target: ``text``, ``bool``, ``number``, ``date``, ``missing``, or the name of its type."""
    if value is None:
        return "missing"
    if isinstance(value, str):
        return "text"
    try:
        if value != value:
            return "missing"
    except (TypeError, ValueError):  # pandas' NA is neither equal nor unequal to anything
        if type(value).__name__ == "NAType":
            return "missing"
    if isinstance(value, bool | np.bool_):
        return "bool"
    if isinstance(value, Real):
        return "number"
    return "date" if isinstance(value, np.datetime64) else type(value).__name__


def _same(narrow: NDArray[Any], flat: list[Any]) -> bool:
    """Whether an array holds the values of a list exactly, neither rounded nor truncated."""
    if narrow.dtype.kind == "M":
        return all(one == other for one, other in zip(narrow, flat, strict=True))
    return narrow.dtype.kind != "O" and narrow.tolist() == flat


def _place(values: NDArray[Any], place: int) -> str:
    return ", ".join(map(str, np.unravel_index(place, values.shape)))


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
