"""Several inputs or outputs of one sample, side by side in one row of values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import UsageError, did_you_mean, listed
from nnzoo.kinds.arrays import Shape


@dataclass(frozen=True)
class InputPart:
    """One of several inputs of a sample: the place of its values in the row, and their shape."""

    name: str
    start: int
    shape: Shape

    @property
    def stop(self) -> int:
        """The end of its values, and the start of the next input."""
        return self.start + math.prod(self.shape)

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


@dataclass(frozen=True)
class OutputPart:
    """One of several targets that are learnt together: the place of its outputs, and its class names, if any."""

    name: str
    start: int
    width: int
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({listed(self.names, 10) or f'{self.width} values'})"

    @property
    def columns(self) -> slice:
        """Its columns among the network's outputs."""
        return slice(self.start, self.start + self.width)


def answers_of(part: OutputPart, predictions: NDArray[Any]) -> NDArray[Any]:
    """The answers to one of several targets: class names of shape (n,), or float32 values of shape (n, k).

    ``predictions`` has shape (n, all outputs): probabilities, and values in the user's units.
    """
    columns = predictions[:, part.columns]
    return np.array(part.names)[columns.argmax(axis=1)] if part.names else columns.astype(np.float32)


def joined_inputs(inputs: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], tuple[InputPart, ...]]:
    """Join inputs, each of shape (n, ...), into one array of shape (n, d), and describe the parts of its rows.

    All must have one integer type, or be floating-point: integers are scaled together.

    Raises
    ------
    UsageError
        When there are none, or they differ in length or type.
    """
    arrays = _of_one_length(inputs, "inputs")
    types = {name: array.dtype for name, array in arrays.items()}
    if any(dtype.kind not in "fiub" for dtype in types.values()):
        raise UsageError(f"inputs must be numbers, but are {_listed(types)}")
    if len({dtype if dtype.kind in "iu" else np.dtype(float) for dtype in types.values()}) > 1:
        raise UsageError(
            f"inputs are {_listed(types)}",
            hint="integers such as pixels are scaled, other numbers are not: scale all inputs and make them float32",
        )
    parts, start = [], 0
    for name, array in arrays.items():
        parts.append(InputPart(name, start, array.shape[1:]))
        start = parts[-1].stop
    rows = np.concatenate([array.reshape(len(array), -1) for array in arrays.values()], axis=1)
    return rows, tuple(parts)


def joined_targets(targets: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Join targets, each of shape (n, ...), into a structured array of shape (n,) with a field for each.

    Raises
    ------
    UsageError
        When there are none, or they differ in length.
    """
    arrays = _of_one_length(targets, "targets")
    fields = [(name, array.dtype, array.shape[1:]) for name, array in arrays.items()]
    joined = np.empty(len(next(iter(arrays.values()))), fields)
    for name, array in arrays.items():
        joined[name] = array
    return joined


def rows_of_inputs(inputs: Mapping[str, NDArray[Any]], parts: tuple[InputPart, ...]) -> NDArray[Any]:
    """Join inputs in the order that a network takes them, into one array of shape (n, d).

    Raises
    ------
    UsageError
        When one is unknown or missing, or has another shape.
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
    rows, given = joined_inputs({part.name: np.asarray(inputs[part.name]) for part in parts})
    if given != parts:
        raise UsageError(f"inputs are {_names(given)}", hint=f"the network takes {_names(parts)}")
    return rows


def _of_one_length(given: Mapping[str, NDArray[Any]], kind: str) -> dict[str, NDArray[Any]]:
    """Arrays of inputs or targets by name; UsageError if there are none, or they differ in length."""
    arrays = {name: np.asarray(array) for name, array in given.items()}
    if not arrays:
        raise UsageError(f"there are no {kind}")
    lengths = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"{kind} have different numbers of samples: {_listed(lengths)}")
    return arrays


def _names(parts: tuple[InputPart, ...]) -> str:
    return ", ".join(map(str, parts))


def _listed(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in facts.items())
