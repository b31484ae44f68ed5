"""Compare a component's function for exported scripts with the component."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.builtin.numpy_memory import memory
from nnzoo.kinds import PlainFunction
from nnzoo.kinds.layer import scratch
from nnzoo.model.plain_numpy import named_in_class, plain_function
from nnzoo.python_source import NotPlainError
from nnzoo.testing.check import CheckFailed, CheckSkipped
from nnzoo.testing.numerics import far_off

TOLERANCE = 1e-5
"""Largest error of a value, relative to 1 + its size."""


def plain(*given: Any) -> PlainFunction:
    """The plain function of a component; the check is skipped if it has none."""
    try:
        return plain_function(*given)
    except NotPlainError as error:
        if named_in_class(type(given[0]), "in_numpy") is not None:
            raise CheckFailed(str(error)) from None
        raise CheckSkipped(
            f"the exporter numpy can't export it: {error}; to change that, set in_numpy in the class to a function of "
            "plain NumPy"
        ) from None


def require_same(
    function: PlainFunction,
    expected: NDArray[Any],
    inputs: Sequence[NDArray[Any]],
    arrays: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Fail the running check unless a plain function computes the expected values.

    Raises
    ------
    CheckFailed
    """
    found = _computed(function, inputs, arrays or {}) if function.name else inputs[0]
    name = f"the function {function.name} in exported scripts" if function.name else "an exported script without it"
    if found.shape != expected.shape:
        raise CheckFailed(f"{name} returns the shape {found.shape}, not {expected.shape}")
    place = far_off(found.astype(np.float64), expected.astype(np.float64), TOLERANCE)
    if place is not None:
        values = found.reshape(-1)[place], expected.reshape(-1)[place]
        raise CheckFailed(f"{name} computes {values[0]:.6g} where the component computes {values[1]:.6g}")


def _computed(function: PlainFunction, inputs: Sequence[NDArray[Any]], arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The result of a plain function, called as in a script."""
    code = "from __future__ import annotations\n\n" + "\n\n".join(function.definitions.values())
    names: dict[str, Any] = {"np": np, "math": math}
    exec(compile(code, f"<{function.name}>", "exec"), names)
    call: Callable[..., Any] = names[function.name]
    options = {name: _as_argument(value) for name, value in function.options.items()}
    if function.memory:
        workspace = scratch(function.workspace, len(inputs[0]), np.float32)
        return call(*inputs, **{function.memory: memory(dict(arrays), workspace)}, **options)
    if function.arrays_by_name:
        return call(*inputs, **{name: arrays[name] for name in function.arrays}, **options)
    return call(*inputs, *(arrays[name] for name in function.arrays), **options)


def _as_argument(value: Any) -> Any:
    """An argument of a function, with plain functions inside it as functions of one array."""
    if isinstance(value, tuple):
        return tuple(map(_as_argument, value))
    if not isinstance(value, PlainFunction):
        return value
    return lambda z: _computed(value, [z], {}) if value.name else z
