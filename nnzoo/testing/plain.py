"""What a component computes in plain NumPy, held against what it computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.kinds import PlainFunction
from nnzoo.model.plain_numpy import named_in_class, plain_function
from nnzoo.python_source import NotPlainError
from nnzoo.testing.check import CheckFailed, CheckSkipped
from nnzoo.testing.numerics import far_off

TOLERANCE = 1e-5
"""How far a value may be off, relative to 1 + its size."""


def plain(*given: Any) -> PlainFunction:
    """The plain function of a component; the check is skipped where there is none."""
    try:
        return plain_function(*given)
    except NotPlainError as error:
        if named_in_class(type(given[0]), "in_numpy") is not None:
            raise CheckFailed(str(error)) from None
        raise CheckSkipped(
            f"the exporter numpy can't export it: {error}; a function of plain NumPy, named in the class as in_numpy, "
            "would do"
        ) from None


def require_same(
    function: PlainFunction,
    expected: NDArray[Any],
    inputs: Sequence[NDArray[Any]],
    arrays: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Fail the check that is running unless a plain function computes what is expected.

    Raises
    ------
    CheckFailed
    """
    found = _computed(function, inputs, arrays or {}) if function.name else inputs[0]
    name = f"the function {function.name}, which scripts have for it," if function.name else "to do nothing"
    if found.shape != expected.shape:
        raise CheckFailed(f"{name} gives the shape {found.shape}, not {expected.shape}")
    place = far_off(found.astype(np.float64), expected.astype(np.float64), TOLERANCE)
    if place is not None:
        values = found.reshape(-1)[place], expected.reshape(-1)[place]
        raise CheckFailed(f"{name} gives {values[0]:.6g} where the component gives {values[1]:.6g}")


def _computed(function: PlainFunction, inputs: Sequence[NDArray[Any]], arrays: Mapping[str, NDArray[Any]]) -> Any:
    """What a plain function computes, as a script would."""
    code = "from __future__ import annotations\n\n" + "\n\n".join(function.definitions.values())
    names: dict[str, Any] = {"np": np, "math": math}
    exec(compile(code, f"<{function.name}>", "exec"), names)
    call: Callable[..., Any] = names[function.name]
    options = {name: _as_argument(value) for name, value in function.options.items()}
    if function.memory:
        samples = len(inputs[0])
        workspace = {
            name: np.full((samples, *buffer.shape), buffer.fill, buffer.dtype or np.float32)
            for name, buffer in function.workspace.items()
        }
        kept = {"parameters": arrays, "state": arrays, "workspace": workspace}
        memory = SimpleNamespace(**kept, training=False, rng=None, penalty=0.0)
        return call(*inputs, **{function.memory: memory}, **options)
    if function.arrays_by_name:
        return call(*inputs, **{name: arrays[name] for name in function.arrays}, **options)
    return call(*inputs, *(arrays[name] for name in function.arrays), **options)


def _as_argument(value: Any) -> Any:
    """What a function takes; those within as functions of one array."""
    if isinstance(value, tuple):
        return tuple(map(_as_argument, value))
    if not isinstance(value, PlainFunction):
        return value
    return lambda z: _computed(value, [z], {}) if value.name else z
