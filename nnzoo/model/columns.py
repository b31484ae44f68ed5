"""Tables as text: the values of a row, and how a network's preprocessing treats each column."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Columns, FittedFeature, FittedStep, InvertiblePreprocessor, Preprocessing
from nnzoo.kinds.columns import ColumnType
from nnzoo.terminal import one_line

_MISSING: dict[ColumnType, NDArray[Any]] = {
    "number": np.array([np.nan]),
    "category": np.array([None], object),
    "date": np.array(["NaT"], "datetime64[s]"),
}
_UNSEEN = np.array(["\0"], object)
"""A text that no column has."""
FAR = 10
"""Standard deviations from the mean of the training part, beyond which a number is unlike the training data."""
_TEXTS, _NUMBERS, _CHARACTERS = 8, 4, 40
"""The most texts and numbers of a fitted array that are shown, and the most characters of a text."""


@dataclass(frozen=True)
class ColumnPreprocessing:
    """The preprocessing of one column of a table.

    Attributes
    ----------
    column : str
        Its name.
    holds : {"number", "category", "date"}
        The type of its values.
    missing : str
        How a missing value is treated.
    steps : tuple of str
        Each step with its fitted values: ``one-hot: categories no, yes``.
    inputs : int
        The number of network inputs that the column becomes.
    """

    column: str
    holds: ColumnType
    missing: str
    steps: tuple[str, ...]
    inputs: int


def row_texts(table: Columns, row: int, columns: Iterable[str], *, digits: int = 10) -> list[tuple[str, str]]:
    """The values of a row as text, each after its column's name; numbers with ``digits`` significant digits.

    >>> table = Columns({"age": np.array([31.0, np.nan]), "day": np.array(["2024-05-01", "NaT"], "datetime64[s]")})
    >>> row_texts(table, 0, table), row_texts(table, 1, ["age"])
    ([('age', '31'), ('day', '2024-05-01')], [('age', 'missing')])
    """
    return [(column, _cell(table[column][row], digits)) for column in columns]


def _cell(value: Any, digits: int) -> str:
    if value is None or value != value:  # NaN and NaT differ from themselves
        return "missing"
    if isinstance(value, np.datetime64):
        return str(value).removesuffix("T00:00:00").replace("T", " ")
    return value if isinstance(value, str) else f"{value:.{digits}g}"


def far_from_training(preprocessing: Preprocessing, table: Columns) -> dict[str, NDArray[np.intp]]:
    """By column, the rows in which a number is more than `FAR` standard deviations from the mean of the training part.

    Columns that are not standardized are left out.
    """
    far: dict[str, NDArray[np.intp]] = {}
    for feature in preprocessing.features:
        scaled = feature.steps and isinstance(feature.steps[-1].preprocessor, InvertiblePreprocessor)
        if scaled and preprocessing.types[feature.column] == "number":
            values = feature.apply(table[feature.column]).reshape(len(table), -1)
            rows = np.flatnonzero((np.abs(values) > FAR).any(axis=1))
            far |= {feature.column: rows} if len(rows) else {}
    return far


def unseen_categories(preprocessing: Preprocessing, table: Columns) -> dict[str, dict[str, NDArray[np.intp]]]:
    """The texts that the training part did not have and that the network takes for an average one, by column.

    Each comes with the rows that have it.
    """
    found: dict[str, dict[str, NDArray[np.intp]]] = {}
    for feature in preprocessing.features:
        if preprocessing.types[feature.column] != "category":
            continue
        values = table[feature.column]
        learnt = (array for array in feature.steps[0].fitted.values() if array.dtype.kind == "U")
        texts = sorted(set(values.tolist()) - {None, *(text for array in learnt for text in array.tolist())})
        if not texts:
            continue
        alike = feature.apply(np.array(texts, object)) == feature.apply(_UNSEEN)
        unseen = [text for text, same in zip(texts, alike.reshape(len(texts), -1).all(axis=1), strict=True) if same]
        found |= {feature.column: {text: np.flatnonzero(values == text) for text in unseen}} if unseen else {}
    return found


def warn_of_unknown_columns(preprocessing: Preprocessing, table: Columns, *, stacklevel: int) -> None:
    """Warn of columns that have texts, and none that the network was trained on: 0 and 1 in place of true and false."""
    for column, texts in unseen_categories(preprocessing, table).items():
        if sum(map(len, texts.values())) == int((~table.missing(column)).sum()):
            warnings.warn(
                f"column {column!r} has {quoted_texts(texts)}, and no category that the network was trained on: each "
                "value counts as an average category",
                stacklevel=stacklevel + 1,
            )


def unseen_note(column: str, texts: Iterable[str], where: str = "") -> str:
    """A sentence on `unseen_categories` of one column; ``where`` says how many rows have them."""
    return (
        f"{column!r} has {quoted_texts(texts)}{where}, which the training data do not have; it counts as an average "
        "category"
    )


def quoted_texts(texts: Iterable[str]) -> str:
    """Texts in quotes, of many the first."""
    listed = [repr(one_line(text, _CHARACTERS)) for text in texts]
    return ", ".join(listed[:_TEXTS]) + ", …" * (len(listed) > _TEXTS)


def describe_columns(preprocessing: Preprocessing) -> list[ColumnPreprocessing]:
    """The columns of a table in the order in which the network sees them; empty if it takes no table."""
    types = preprocessing.types
    return [
        ColumnPreprocessing(
            column,
            types[column],
            _missing(feature, types[column]),
            tuple(map(describe_step, feature.steps)) or ("used as it is",),
            feature.width(),
        )
        for feature in preprocessing.features
        if (column := feature.column)
    ]


def describe_step(step: FittedStep) -> str:
    """A fitted preprocessor with its fitted values, as far as these are short.

    >>> from nnzoo.builtin.preprocessors import Standardize
    >>> describe_step(FittedStep.of(Standardize(), np.array([1.0, 3.0])))
    'standardize: mean 2, deviation 1'
    """
    fitted = [f"{name} {text}" for name, array in step.fitted.items() if (text := _short_text(array))]
    component = step.preprocessor
    chosen = ((h, getattr(component, h.name)) for h in component.hyperparameters())
    options = ",".join(f"{h.name}={format_value(value)}" for h, value in chosen if h.required or value != h.default)
    spec = f"{component.name}:{options}" if options else component.name
    return f"{spec}: {', '.join(fitted)}" if fitted else spec


def _short_text(array: NDArray[Any]) -> str:
    values = array.reshape(-1).tolist()
    if array.dtype.kind == "U":
        more = f", … ({len(values):,} in all)" if len(values) > _TEXTS else ""
        return ", ".join(one_line(value, _CHARACTERS) for value in values[:_TEXTS]) + more
    return ", ".join(f"{value:.4g}" for value in values) if array.ndim < 2 and len(values) <= _NUMBERS else ""


def _missing(feature: FittedFeature, holds: ColumnType) -> str:
    """How the steps treat a missing value, found by applying them to one."""
    values = _MISSING[holds]
    try:
        result = feature.apply(values)
        if holds == "category":
            return "a category of its own" if (result != feature.apply(_UNSEEN)).any() else "like an unseen category"
        for place, step in enumerate(feature.steps):
            values = step.transform(values)
            if np.isfinite(values).all():
                filled = values.reshape(-1)
                only = place == 0 and len(filled) == 1
                return f"filled with {filled[0]:.4g}" if only else f"filled by {step.preprocessor.name}"
    except FileFormatError:
        pass
    return "refused"
