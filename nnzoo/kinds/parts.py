"""Several inputs or outputs of one sample, side by side in one row of values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import UsageError, did_you_mean
from nnzoo.kinds.arrays import Shape


@dataclass(frozen=True)
class InputPart:
    """One of several inputs that a sample consists of: which of its values, and in what shape."""

    name: str
    start: int
    shape: Shape

    @property
    def stop(self) -> int:
        """The start of the next one."""
        return self.start + math.prod(self.shape)

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


@dataclass(frozen=True)
class OutputPart:
    """One of several outputs that are learnt together: which of the network's outputs, and what it is.

    ``names`` are those of its classes; empty where it is values.
    """

    name: str
    start: int
    width: int
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.names[:10]) if self.names else f'{self.width} values'})"

    @property
    def columns(self) -> slice:
        """Its columns among the outputs of a sample."""
        return slice(self.start, self.start + self.width)


def answers_of(part: OutputPart, predictions: NDArray[Any]) -> NDArray[Any]:
    """One of several things that were learnt together: names of classes, of shape (n,), or values, of shape (n, k).

    Parameters
    ----------
    part : OutputPart
        Which.
    predictions : ndarray of shape (n, all outputs)
        Probabilities, and values in the user's units.
    """
    own = predictions[:, part.columns]
    return np.array(part.names)[own.argmax(axis=1)] if part.names else own.astype(np.float32)


def joined_inputs(inputs: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], tuple[InputPart, ...]]:
    """Inputs by name as one array with a row for each sample, and what belongs to which.

    Parameters
    ----------
    inputs : mapping of str to ndarray of shape (n, ...)
        All of one integer type, or all floating-point: integers are scaled together.

    Returns
    -------
    ndarray of shape (n, d)
        Of that type.
    tuple of InputPart
        In the order of ``inputs``.

    Raises
    ------
    UsageError
        When they can't stand side by side.
    """
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    if not arrays:
        raise UsageError("there are no inputs")
    lengths = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"inputs have different numbers of samples: {_listed(lengths)}")
    types = {name: array.dtype for name, array in arrays.items()}
    if any(dtype.kind not in "fiub" for dtype in types.values()):
        raise UsageError(f"inputs must be numbers, but are {_listed(types)}")
    if len({dtype if dtype.kind in "iu" else np.dtype(float) for dtype in types.values()}) > 1:
        raise UsageError(
            f"inputs are {_listed(types)}",
            hint="integers such as pixels are scaled, other numbers are not: make all of them float32, scaled as you "
            "want them",
        )
    parts, start = [], 0
    for name, array in arrays.items():
        parts.append(InputPart(name, start, array.shape[1:]))
        start = parts[-1].stop
    rows = np.concatenate([array.reshape(len(array), -1) for array in arrays.values()], axis=1)
    return rows, tuple(parts)


def joined_targets(targets: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Targets by name, each of shape (n, ...), as a structured array of shape (n,) with a field for each.

    Raises
    ------
    UsageError
        When they have different lengths.
    """
    arrays = {name: np.asarray(array) for name, array in targets.items()}
    lengths = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise UsageError(f"targets have different numbers of samples: {_listed(lengths) or 'there are none'}")
    fields = [(name, array.dtype, array.shape[1:]) for name, array in arrays.items()]
    joined = np.empty(next(iter(lengths.values())), fields)
    for name, array in arrays.items():
        joined[name] = array
    return joined


def rows_of_inputs(inputs: Mapping[str, NDArray[Any]], parts: tuple[InputPart, ...]) -> NDArray[Any]:
    """Inputs by name in the order and the shapes that a network takes, as one array of shape (n, d).

    Raises
    ------
    UsageError
        When one is missing, has another shape, or is not known.
    """
    wanted = {part.name: part for part in parts}
    for name in inputs:
        if name not in wanted:
            raise UsageError(
                f"the network has no input {name!r}", hint=f"{did_you_mean(name, wanted)}it takes {_names(parts)}"
            )
    missing = [part for part in parts if part.name not in inputs]
    if missing:
        raise UsageError(f"the input {missing[0].name!r} is missing", hint=f"the network takes {_names(parts)}")
    rows, found = joined_inputs({part.name: np.asarray(inputs[part.name]) for part in parts})
    if found != parts:
        raise UsageError(f"inputs are {_names(found)}", hint=f"the network takes {_names(parts)}")
    return rows


def _names(parts: tuple[InputPart, ...]) -> str:
    return ", ".join(map(str, parts))


def _listed(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in facts.items())
