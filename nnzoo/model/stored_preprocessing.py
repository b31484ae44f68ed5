"""Preprocessing in model files: components by name, numbers as tensors, texts in the description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import MaxLen
from numpy.typing import NDArray

from nnzoo.checking import STRICT
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import FittedFeature, FittedStep, Preprocessing, Preprocessor
from nnzoo.model.stored import StoredComponent, component_record
from nnzoo.plugins.registry import Registry

PREFIX = "preprocessing."
"""The prefix of its tensors' names."""
MOST_FEATURES = 10_000
"""The most columns or arrays that a model file may describe."""


@dataclass(frozen=True)
class StoredStep:
    """A fitted preprocessor: ``texts`` are its arrays of texts, ``numbers`` the names of its arrays of numbers."""

    __pydantic_config__: ClassVar = STRICT

    component: StoredComponent
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredFeature:
    """The steps of one column, or of a whole array if ``column`` is empty."""

    __pydantic_config__: ClassVar = STRICT

    steps: tuple[StoredStep, ...]
    column: str = ""


@dataclass(frozen=True)
class StoredPreprocessing:
    """The preprocessing of features and targets."""

    __pydantic_config__: ClassVar = STRICT

    features: Annotated[tuple[StoredFeature, ...], MaxLen(MOST_FEATURES)] = ()
    targets: tuple[StoredStep, ...] = ()

    def tensor_names(self) -> set[str]:
        """The names of all its tensors in the file."""
        return {
            f"{place}{number}.{name}"
            for place, steps in _places(self.features, self.targets)
            for number, step in enumerate(steps)
            for name in step.numbers
        }


def store_preprocessing(
    registry: Registry, preprocessing: Preprocessing
) -> tuple[StoredPreprocessing, dict[str, NDArray[Any]]]:
    """Convert a preprocessing to a description and tensors.

    Raises
    ------
    UsageError
        When it has more than `MOST_FEATURES`.
    """
    if len(preprocessing.features) > MOST_FEATURES:
        raise UsageError(
            f"there are {len(preprocessing.features):,} columns, but a model file may have at most {MOST_FEATURES:,}",
            hint="leave some out, or save the numbers as an array: a .npz file has any number of columns",
        )
    tensors: dict[str, NDArray[Any]] = {}

    def stored(place: str, steps: Sequence[FittedStep]) -> tuple[StoredStep, ...]:
        return tuple(_store_step(registry, f"{place}{number}.", step, tensors) for number, step in enumerate(steps))

    places = dict(_places(preprocessing.features, preprocessing.targets))
    *features, targets = (stored(place, steps) for place, steps in places.items())
    columns = [feature.column for feature in preprocessing.features]
    named = tuple(StoredFeature(steps, column) for steps, column in zip(features, columns, strict=True))
    return StoredPreprocessing(named, targets), tensors


def restore_preprocessing(
    stored: StoredPreprocessing,
    tensors: Mapping[str, NDArray[Any]],
    build: Callable[[StoredComponent], Preprocessor],
) -> Preprocessing:
    """The preprocessing that a file describes; ``build`` makes its components.

    Raises
    ------
    FileFormatError
        When an array is missing, or a step does not work with its stored arrays.
    PluginError
        When a component is not installed.
    """

    def restored(place: str, steps: Sequence[StoredStep]) -> tuple[FittedStep, ...]:
        fitted = []
        for number, step in enumerate(steps):
            arrays: dict[str, NDArray[Any]] = {}
            for name in step.numbers:
                key = f"{place}{number}.{name}"
                if key not in tensors:
                    raise FileFormatError(f"the array {key!r} is missing")
                arrays[name] = tensors[key]
            arrays |= {name: np.array(texts, np.str_) for name, texts in step.texts.items()}
            fitted.append(FittedStep(build(step.component), arrays))
        return tuple(fitted)

    *features, targets = (restored(place, steps) for place, steps in _places(stored.features, stored.targets))
    columns = [feature.column for feature in stored.features]
    preprocessing = Preprocessing(
        tuple(FittedFeature(steps, column) for steps, column in zip(features, columns, strict=True)), targets
    )
    try:
        preprocessing.widths()
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise FileFormatError(f"its preprocessing does not work: {type(error).__name__}: {error}") from None
    return preprocessing


def _places(features: Sequence[Any], targets: Any) -> list[tuple[str, Any]]:
    """The steps of each feature and of the targets, each with the prefix of its tensors' names."""
    return [
        *((f"{PREFIX}{place}.", feature.steps) for place, feature in enumerate(features)),
        (f"{PREFIX}targets.", targets),
    ]


def _store_step(registry: Registry, prefix: str, step: FittedStep, tensors: dict[str, NDArray[Any]]) -> StoredStep:
    texts = {name: tuple(array.tolist()) for name, array in step.fitted.items() if array.dtype.kind == "U"}
    numbers = {name: array for name, array in step.fitted.items() if name not in texts}
    tensors |= {prefix + name: np.asarray(array) for name, array in numbers.items()}
    return StoredStep(component_record(registry, step.preprocessor), texts, tuple(numbers))
