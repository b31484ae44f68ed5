"""A user's own arrays."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import MinLen, doc
from numpy.typing import NDArray

from nnzoo.api import (
    Arrays,
    DataCache,
    Dataset,
    DatasetLoader,
    FileFormatError,
    Samples,
    Seed,
    Split,
    TargetTask,
    TestShare,
    blocks,
    own_file,
    part_samples,
    read_arrays,
)

logger = logging.getLogger("nnzoo")

OFFICIAL = ("x_train", "y_train", "x_test", "y_test")
WHOLE = ("x", "y")

MODERATE = 100.0


@dataclass(frozen=True)
class Npz(DatasetLoader):
    """Your own arrays: a NumPy archive of ``x_train, y_train, x_test, y_test``, or of ``x, y``, which are then split.

    Write it with ``np.savez_compressed("my.npz", x_train=…, …)``; the ``mnist.npz`` of Keras has this form. The first
    axis of ``x`` is that of the samples. uint8 values are pixels, scaled to [0, 1]; all other numbers become float32
    and are not scaled: standardise them first. In ``y``, integers, booleans and texts of shape (n,) are classes;
    integers 0 and 1 and booleans of shape (n, k) are the labels of a sample, out of k; other numbers, of shape (n,) or
    (n, k), are values to predict.

    Python objects are never loaded.
    """

    name: ClassVar[str] = "npz"
    formerly: ClassVar[tuple[str, ...]] = ("nnzoo-datasets/npz",)
    suffixes: ClassVar[tuple[str, ...]] = (".npz",)

    path: Annotated[str, MinLen(1), doc("the archive")]
    task: Annotated[TargetTask, doc("whether y has classes or numbers; auto decides by their type")] = "auto"
    test_share: TestShare = 0.2
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        path = own_file(self.path)
        arrays = read_arrays(path, OFFICIAL + WHOLE)
        needed = needed_names(str(path), arrays)
        x = {f"{path}: {name}": _inputs(f"{path}: {name}", arrays[name]) for name in needed[::2]}
        y = {f"{path}: {name}": arrays[name] for name in needed[1::2]}
        return dataset_of(x, y, self.task, self.test_share, self.seed)


def needed_names(where: str, names: Collection[str]) -> tuple[str, ...]:
    """The names of the arrays that make a data set: those of two parts, or of all samples, which are then split.

    Raises
    ------
    FileFormatError
        When one is missing.
    """
    needed = OFFICIAL if any(name in names for name in OFFICIAL) else WHOLE
    missing = [name for name in needed if name not in names]
    if missing:
        found = f"{', '.join(names)}, but " if names else ""
        raise FileFormatError(
            f"{where} has {found}no {missing[0]}",
            hint=f"needed are {', '.join(OFFICIAL)}; or {' and '.join(WHOLE)}, of which a share becomes the test part",
        )
    return needed


def dataset_of(x: Mapping[str, Samples], y: Arrays, task: str, test_share: float, seed: int) -> Dataset:
    """The data set of inputs and targets; the keys are their names in messages.

    Parameters
    ----------
    x : mapping of str to ndarray or Rows
        The inputs of the two parts, or of all samples.
    y : mapping of str to ndarray
        The targets of each.
    task : str
        ``auto``, ``classification`` or ``regression``.
    test_share, seed : float, int
        How to split all samples.

    Raises
    ------
    FileFormatError
        When they do not fit together, or targets can't be used.
    """
    targets: list[NDArray[Any]] = []
    class_names: tuple[str, ...] = ()
    if task == "auto" and _are_labels(y.values()):
        targets += y.values()
        class_names = tuple(map(str, range(targets[0].shape[1])))
    elif task == "classification" or (task == "auto" and next(iter(y.values())).dtype.kind != "f"):
        targets, class_names = _labels(y)
    else:
        targets += [_values(name, array, task) for name, array in y.items()]
    for (name, samples), wanted in zip(x.items(), targets, strict=True):
        if len(samples) != len(wanted):
            raise FileFormatError(f"{name} has {len(samples)} samples but {len(wanted)} targets")
    splits = [
        Split(samples, wanted, 1 / 255 if samples.dtype == np.uint8 else 1.0)
        for samples, wanted in zip(x.values(), targets, strict=True)
    ]
    if len(splits) == 2:
        return Dataset(splits[0], splits[1], class_names)
    (everything,), (name,) = splits, x
    labels = everything.targets if class_names and everything.targets.ndim == 1 else None
    counts = np.bincount(labels) if labels is not None else np.array([len(everything)])
    if counts.min() < 2:
        of = f" of class {class_names[int(counts.argmin())]!r}" if labels is not None else ""
        raise FileFormatError(f"{name} has a single sample{of}; it needs two, one for training and one for testing")
    train, test = part_samples(len(everything), test_share, seed, labels)
    if isinstance(everything.inputs, np.ndarray):
        return Dataset(everything.take(train), everything.take(test), class_names)
    return Dataset(everything.view(train), everything.view(test), class_names)


def require_samples(name: str, x: Samples) -> None:
    """Refuse an array that does not have numbers of shape (samples, …).

    Raises
    ------
    FileFormatError
    """
    if x.ndim < 2 or 0 in x.shape or x.dtype.kind == "U":
        raise FileFormatError(
            f"{name} has {x.dtype} values of shape {x.shape}; expected numbers of shape (samples, …)",
            hint="save samples of one value each as x[:, None]" if x.ndim == 1 else None,
        )


def _inputs(name: str, x: NDArray[Any]) -> NDArray[Any]:
    """Samples as uint8 or float32."""
    require_samples(name, x)
    if x.dtype == np.uint8:
        return np.ascontiguousarray(x)
    inputs = _floats(name, x)
    _warn_of_large(name, float(inputs.min()), float(inputs.max()))
    return inputs


def require_floats(name: str, samples: Samples) -> None:
    """Check samples after conversion to float32, block by block, and warn of values too large to train well on.

    Raises
    ------
    FileFormatError
        When one is not finite in float32; the message has its place.
    """
    low, high, start = math.inf, -math.inf, 0
    for block in blocks(samples):
        floats = _floats(name, block, start)
        low, high, start = min(low, float(floats.min())), max(high, float(floats.max())), start + len(block)
    _warn_of_large(name, low, high)


def _warn_of_large(name: str, low: float, high: float) -> None:
    if max(-low, high) > MODERATE:
        logger.warning(
            "%s ranges from %g to %g; such large inputs hinder training: standardize them, or save pixels as uint8",
            name,
            low,
            high,
        )


def _are_labels(arrays: Collection[NDArray[Any]]) -> bool:
    """Whether rows are zeros and ones with any number of ones; rows with exactly one each are classes."""
    return (
        all(y.ndim == 2 and y.shape[1] > 1 and y.size and y.dtype.kind in "iub" for y in arrays)
        and len({y.shape[1] for y in arrays}) == 1
        and all(((y == 0) | (y == 1)).all() for y in arrays)
        and any((y.sum(axis=1) != 1).any() for y in arrays)
    )


def _labels(y: Arrays) -> tuple[list[NDArray[Any]], tuple[str, ...]]:
    """Class numbers for each array, and the names of the classes in the first array."""
    known: NDArray[Any] | None = None
    labels: list[NDArray[Any]] = []
    for name, array in y.items():
        flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
        if flat.ndim != 1 or not flat.size:
            raise FileFormatError(
                f"{name} has shape {array.shape}; expected classes of shape (samples,)",
                hint="save one-hot rows as y.argmax(axis=1)" if array.ndim == 2 else None,
            )
        if flat.dtype.kind == "f" and not (flat == np.floor(flat)).all():
            raise FileFormatError(f"{name} has values that are not whole numbers, so they can't be classes")
        known = np.unique(flat) if known is None else known
        if len(known) < 2:
            raise FileFormatError(f"{name} has samples of a single class, {known[0]}")
        unknown = np.flatnonzero(~np.isin(flat, known))
        if len(unknown):
            raise FileFormatError(f"{name}[{unknown[0]}] is {flat[unknown[0]]}, a class without training samples")
        labels.append(np.searchsorted(known, flat))
    names = () if known is None else tuple(f"{c:.12g}" if known.dtype.kind == "f" else str(c) for c in known.tolist())
    return labels, names


def _values(name: str, y: NDArray[Any], task: str) -> NDArray[np.float32]:
    """Values to predict, as float32 of shape (n, k)."""
    if y.ndim not in (1, 2) or not y.size or y.dtype.kind == "U":
        raise FileFormatError(
            f"{name} has {y.dtype} values of shape {y.shape}; expected numbers of shape (samples,) or (samples, values)"
        )
    rows = _floats(name, y.reshape(len(y), -1))
    if task == "auto" and rows.shape[1] > 1 and np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all():
        logger.warning(
            "%s has one-hot rows of floating-point numbers, which are values to predict; for classes save "
            "%s.argmax(axis=1)",
            name,
            name,
        )
    return rows


def _floats(name: str, array: NDArray[Any], start: int | None = None) -> NDArray[np.float32]:
    """An array as float32; with ``start``, the block of a larger one that begins at this sample."""
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(array, np.float32)
    bad = np.argwhere(~np.isfinite(floats))
    if len(bad):
        first, *axes = bad[0].tolist()
        place = ", ".join(map(str, ((start or 0) + first, *axes)))
        count = f"{'' if start is None else 'at least '}{len(bad):,} value{'s are' if len(bad) > 1 else ' is'}"
        raise FileFormatError(
            f"{name}[{place}] is {array[tuple(bad[0])]}, which is not finite in float32",
            hint=f"{count} not finite: remove or replace {'them' if len(bad) > 1 else 'it'}",
        )
    return floats
