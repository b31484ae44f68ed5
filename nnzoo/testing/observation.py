"""Watch the effects of a component on its process, and compare its results."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import Component
from nnzoo.files.place import working_directory


@dataclass(frozen=True)
class _Use:
    """The results and side effects of using a component once."""

    results: list[Any]
    printed: str
    random_state_changed: bool
    numpy_errors_changed: bool
    moved: bool


@final
class Observation:
    """A component that is used twice, from different states of the global random generators.

    Parameters
    ----------
    component : Component
        The component.
    exercise : callable
        Uses a component and returns the resulting arrays and numbers.
    """

    def __init__(self, component: Component, exercise: Callable[[Any], list[Any]]) -> None:
        self.component = component
        self._exercise = exercise

    @cached_property
    def uses(self) -> tuple[_Use, _Use]:
        """Both uses; changes to the process are undone."""
        return self._watched(seed=1), self._watched(seed=2)

    def _watched(self, seed: int) -> _Use:
        printed, directory, numpy_errors = io.StringIO(), working_directory(), np.geterr()
        python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 (this is being watched)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        before = _random_state()
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                results = self._exercise(self.component)
            return _Use(
                results,
                printed.getvalue(),
                _random_state() != before,
                np.geterr() != numpy_errors,
                working_directory() != directory,
            )
        finally:
            if directory is not None:
                os.chdir(directory)
            np.seterr(**numpy_errors)
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002


def same(one: Any, other: Any) -> bool:
    """Whether two results are identical to the bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        return bool(one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes())
    return bool(one == other)


def same_objects(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether two mappings hold the very same arrays under the same names."""
    return one.keys() == other.keys() and all(one[name] is other[name] for name in one)


def saved(array: NDArray[Any]) -> NDArray[Any]:
    """The array after a round trip through a file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    file.seek(0)
    restored: NDArray[Any] = np.load(file, allow_pickle=False)
    return restored


def _random_state() -> tuple[Any, ...]:
    _, keys, *rest = np.random.get_state()  # noqa: NPY002
    return random.getstate(), bytes(np.asarray(keys).data), tuple(rest)
