"""`Preprocessing`: every step between raw data and the network, fitted and frozen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import require_returned
from nnzoo.errors import FileFormatError, UsageError, located
from nnzoo.kinds.arrays import Floats, require_arrays
from nnzoo.kinds.columns import Columns, ColumnType
from nnzoo.kinds.preprocessor import (
    Feature,
    Fitted,
    InvertiblePreprocessor,
    PicturePreprocessor,
    Preprocessor,
    RowsPreprocessor,
    ScalingPreprocessor,
)
from nnzoo.kinds.rows import FEW, Rows, Samples, blocks

Raw: TypeAlias = NDArray[Any] | Columns | Rows | Sequence[NDArray[Any]]
"""Raw samples: an array, a table, rows that are read as needed, or a list of pictures of any size."""

_TYPES: dict[str, ColumnType] = {"numbers": "number", "categories": "category", "dates": "date"}
"""The column type for each `Preprocessor.takes`."""


@dataclass(frozen=True)
class FittedStep:
    """A preprocessor with what it has learnt."""

    preprocessor: Preprocessor
    fitted: Fitted

    @classmethod
    def of(cls, preprocessor: Preprocessor, values: Any) -> Self:
        """Fit a preprocessor on the training part; PluginError if it does not return arrays by name."""
        method = "fit"
        if not isinstance(values, Rows):
            fitted = preprocessor.fit(values)
        elif isinstance(preprocessor, RowsPreprocessor):
            method, fitted = "fit_rows", preprocessor.fit_rows(values)
        elif values.in_memory or values.nbytes <= FEW:
            fitted = preprocessor.fit(values[:])
        else:
            raise UsageError(
                f"{preprocessor.label} learns from all samples at once, but these do not fit in memory",
                hint="prepare the file beforehand, or use a step that learns block by block, such as standardize",
            )
        require_arrays(preprocessor, method, fitted, texts=True)
        return cls(preprocessor, fitted)

    def transform(self, values: Any) -> NDArray[Any]:
        """The transformed samples."""
        result = self.preprocessor.transform(values, self.fitted)
        return require_returned(self.preprocessor, "transform", result, np.ndarray, "an array")

    def inverse(self, values: Floats) -> None:
        """Undo the step, in place."""
        if not isinstance(self.preprocessor, InvertiblePreprocessor):
            raise UsageError(f"{self.preprocessor.label} can't be undone", hint="steps for targets must be invertible")
        self.preprocessor.inverse(values, self.fitted)


@dataclass(frozen=True)
class FittedFeature:
    """The fitted steps of one column, or with an empty ``column``, of a whole array."""

    steps: tuple[FittedStep, ...]
    column: str = ""

    def apply(self, values: Any, *, upto: int | None = None) -> NDArray[Any]:
        """The transformed samples; arrays skip the steps for pictures."""
        is_array = isinstance(values, np.ndarray | Rows)
        for step in self.steps[:upto]:
            if step.preprocessor.takes == "pictures" and is_array:
                continue
            values, is_array = step.transform(values), True
        result: NDArray[Any] = values
        return result

    def width(self) -> int:
        """The number of columns that a value becomes."""
        nothing = {"categories": np.empty(0, object), "dates": np.empty(0, "datetime64[s]")}
        takes = self.steps[0].preprocessor.takes if self.steps else ""
        block = self.apply(nothing.get(takes, np.empty(0)))
        return block.shape[1] if block.ndim > 1 else 1


@dataclass(frozen=True)
class Preprocessing:
    """The fitted steps of every feature, and of the targets.

    Attributes
    ----------
    features : tuple of FittedFeature
        One for each column that is used, in the order of the network's inputs; or a single one, without a column, for
        arrays and pictures; or none if inputs are used unchanged.
    targets : tuple of FittedStep
        The invertible steps of the targets.
    """

    features: tuple[FittedFeature, ...] = ()
    targets: tuple[FittedStep, ...] = ()

    @classmethod
    def fitted(
        cls,
        features: Sequence[Feature],
        inputs: Raw,
        target_steps: Sequence[Preprocessor] = (),
        targets: NDArray[Any] | None = None,
    ) -> Self:
        """Fit every step on the training part, in order.

        Raises
        ------
        FileFormatError
            When a step can't learn from the data; the message names the column.
        PluginError
            When a preprocessor returns an invalid value.
        """
        if isinstance(inputs, Columns) and not all(feature.column for feature in features):
            raise UsageError("a table needs features that name its columns")
        fitted_features = []
        for feature in features:
            values: Any = inputs[feature.column] if isinstance(inputs, Columns) else inputs
            is_array, steps = isinstance(values, np.ndarray | Rows), list[FittedStep]()
            for preprocessor in feature.steps:
                if preprocessor.takes == "pictures" and is_array:
                    steps.append(FittedStep(preprocessor, {}))
                    continue
                with _located(feature):
                    step = FittedStep.of(preprocessor, values)
                    steps.append(step)
                    if preprocessor is not feature.steps[-1]:
                        values = values.mapped(step.transform) if isinstance(values, Rows) else step.transform(values)
                        is_array = True
            fitted_features.append(FittedFeature(tuple(steps), feature.column))
        fitted_targets = []
        for preprocessor in target_steps if targets is not None else ():
            with located("the target: "):
                fitted_targets.append(FittedStep.of(preprocessor, targets))
                targets = fitted_targets[-1].transform(targets)
        return cls(tuple(fitted_features), tuple(fitted_targets))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are used; none for arrays and pictures."""
        return tuple(feature.column for feature in self.features if feature.column)

    @property
    def types(self) -> dict[str, ColumnType]:
        """The type of each column that is used."""
        takes = {f.column: f.steps[0].preprocessor.takes if f.steps else "numbers" for f in self.features if f.column}
        return {column: _TYPES.get(kind, "number") for column, kind in takes.items()}

    @property
    def scale(self) -> float:
        """The factor of the last step on integers, which `apply` leaves to be applied batch by batch."""
        step = self._scaling
        return step.preprocessor.factor(step.fitted) if step else 1.0  # type: ignore[attr-defined] # see _scaling

    @property
    def picture_step(self) -> PicturePreprocessor | None:
        """The first step, if it makes samples from pictures."""
        first = next((step.preprocessor for feature in self.features for step in feature.steps), None)
        return first if isinstance(first, PicturePreprocessor) else None

    @property
    def _scaling(self) -> FittedStep | None:
        """The last step of an array, if it is a `ScalingPreprocessor`."""
        steps = self.features[0].steps if self.features and not self.columns else ()
        return steps[-1] if steps and isinstance(steps[-1].preprocessor, ScalingPreprocessor) else None

    def scale_for(self, array: Samples) -> float:
        """The factor still to be applied to samples from `apply` or `prepared`."""
        return self.scale if array.dtype.kind in "ui" else 1.0

    def apply(self, inputs: Raw) -> NDArray[Any]:
        """The network's inputs, apart from `scale`: float32 of shape (n, *sample_shape), or integer pixels.

        Rows are read into memory; `prepared` does not read them.

        Raises
        ------
        FileFormatError
            When a column is missing, or a value can't be used.
        """
        if isinstance(inputs, Rows):
            inputs = inputs[:]
        if not self.columns:
            if isinstance(inputs, Columns):
                raise FileFormatError(
                    "the samples are rows of a table, but the network takes arrays",
                    hint="a network trained by nnzoo 0.1 lacks the preprocessing of its table: train it again",
                )
            feature = self.features[0] if self.features else FittedFeature(())
            if self._scaling is None:
                return _float32(feature.apply(inputs))
            result = feature.apply(inputs, upto=-1)
            return result if result.dtype.kind in "ui" else _float32(self._scaling.transform(result))
        if not isinstance(inputs, Columns):
            raise FileFormatError(f"expected a table with the columns {', '.join(self.columns)}")
        missing = [name for name in self.columns if name not in inputs.arrays]
        if missing:
            raise FileFormatError(
                f"{'a column is' if len(missing) == 1 else 'columns are'} missing: {', '.join(missing)}",
                hint=f"the model uses {', '.join(self.columns)}",
            )
        blocks, types = [], self.types
        for feature in self.features:
            with _located(feature):
                kind, wanted = inputs.type(feature.column), types[feature.column]
                if kind != wanted:
                    raise FileFormatError(f"the values are of type {kind}, but the model expects type {wanted}")
                block = feature.apply(inputs[feature.column])
                blocks.append(_float32(block if block.ndim == 2 else block[:, None]))
        return np.concatenate(blocks, axis=1)

    def prepared(self, samples: Samples) -> Samples:
        """As `apply`, but `Rows` are checked once now, and prepared whenever they are read.

        Raises
        ------
        FileFormatError
            When a value can't be used.
        """
        if not isinstance(samples, Rows):
            return self.apply(samples)
        prepare = self.preparing(samples)
        return samples if prepare is None else samples.mapped(prepare)

    def preparing(self, samples: Samples) -> Callable[[NDArray[Any]], NDArray[Any]] | None:
        """The function that `apply` computes for any of these samples; None if it leaves them unchanged.

        A last step that scales depends on the largest value, and so is decided once for all of these samples.

        Raises
        ------
        FileFormatError
            When a value can't be used, or the scaling depends on the number of samples.
        """
        if self.columns:
            self.apply(samples[:1])  # raises the right error
        feature, scaling = self.features[0] if self.features else FittedFeature(()), self._scaling
        upto = None if scaling is None else -1
        only_scaled = all(step.preprocessor.takes == "pictures" for step in feature.steps[:upto])
        if only_scaled and scaling is not None and samples.dtype.kind in "ui":
            return None
        same, factors, start = True, {1.0, self.scale}, 0
        for block in blocks(samples):
            with _counted_from(start):
                values = feature.apply(block, upto=upto)
                if scaling is not None and values.dtype.kind not in "ui":
                    scaled = scaling.transform(values)
                    factors = {factor for factor in factors if np.array_equal(scaled, values * factor, equal_nan=True)}
                result = values if scaling is not None and values.dtype.kind in "ui" else _float32(values)
            same &= np.may_share_memory(result, block) and result.shape == block.shape
            start += len(block)
        if not factors:
            raise FileFormatError(
                "some values seem to be pixels, others seem to be scaled already", hint="give pixels as uint8"
            )
        factor = 1.0 if 1.0 in factors else factors.pop()
        if same and factor == 1:
            return None

        def prepare(raw: NDArray[Any]) -> NDArray[Any]:
            values = feature.apply(raw, upto=upto)
            if scaling is not None and values.dtype.kind in "ui":
                return values
            return _float32(values if factor == 1 else values * factor)

        return prepare

    def places(self) -> dict[str, list[int]]:
        """The network's inputs that each column becomes; empty for arrays and pictures."""
        places: dict[str, list[int]] = {}
        begin = 0
        for feature in self.features if self.columns else ():
            end = begin + feature.width()
            places.setdefault(feature.column, []).extend(range(begin, end))
            begin = end
        return places

    def widths(self) -> dict[str, int]:
        """The number of the network's inputs that each column becomes; empty for arrays and pictures."""
        return {column: len(places) for column, places in self.places().items()}

    def encode_targets(self, targets: NDArray[Any]) -> NDArray[Any]:
        """Targets after all their steps."""
        for step in self.targets:
            targets = step.transform(targets)
        return targets

    def decode_targets(self, values: Floats) -> None:
        """Convert encoded targets, or predictions, back to the user's units: in place, in float64."""
        for step in reversed(self.targets):
            step.inverse(values)


def _located(feature: Feature | FittedFeature) -> AbstractContextManager[None]:
    """Within this context errors begin with the name of the column, if there is one."""
    return located(f"column {feature.column!r}: " if feature.column else "")


@contextmanager
def _counted_from(start: int) -> Iterator[None]:
    """Within this context errors count samples from the start of the data, not from the start of a block."""
    try:
        yield
    except FileFormatError as error:
        if not start:
            raise
        message = re.sub(r"^sample (\d+)\b", lambda match: f"sample {start + int(match[1])}", error.message)
        if message == error.message:
            message = f"counted from sample {start} on: {message}"
        raise FileFormatError(message, hint=error.hint) from None


def _float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Convert numbers to float32; FileFormatError if one is not finite."""
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(values, np.float32)
    start = 0
    for block in blocks(result):
        finite = np.isfinite(block)
        if not finite.all():
            place = np.argwhere(~finite)[0]
            place[0] += start
            raise FileFormatError(
                f"sample {place[0]} has a value that is not finite in float32: {values[tuple(place)]}",
                hint="remove the sample, or replace the value",
            )
        start += len(block)
    return result
