"""Checks of preprocessors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.errors import FileFormatError, NnzooError
from nnzoo.kinds import Fitted, InvertiblePreprocessor, Preprocessor, ScalingPreprocessor
from nnzoo.testing.check import CheckSkipped, require, results_of
from nnzoo.testing.numerics import near, random
from nnzoo.testing.observation import same, saved

SAMPLES = 40
COLOURS = ("red", "green", "dark blue", "Ärger", "", "1.0", "a,b|c")

Values: TypeAlias = Any
"""An array of samples, or a list of pictures."""


@dataclass(frozen=True)
class Case:
    """Samples to fit on, and unusual samples of the same kind."""

    words: str
    train: Values
    others: Values


def exercise(preprocessor: Preprocessor) -> list[Any]:
    """Use the preprocessor once."""
    results: list[Any] = []
    for case, fitted in _fitted(preprocessor):
        results += [dict(fitted), preprocessor.transform(case.train, fitted)]
    return results


def check_fit(preprocessor: Preprocessor) -> None:
    """`fit` returns arrays by name, of float64, int64 or texts, which a file can store."""
    for case, fitted in _fitted(preprocessor):
        require(isinstance(fitted, dict), f"fit returns {with_article(fitted)}, not a dict of arrays")
        for name, array in fitted.items():
            require(isinstance(name, str), f"an array that fit returns has the name {name!r}")
            require(isinstance(array, np.ndarray), f"fit returns {with_article(array)} for {name!r}, not an array")
            fine = array.dtype in (np.float64, np.int64) or array.dtype.kind == "U"
            hint = "store numbers as float64 or int64, and texts as np.array(…, np.str_)"
            require(fine, f"fit returns {array.dtype} for {name!r}, given {case.words}", hint=hint)
        for name, array in preprocessor.fit(case.train).items():
            require(not _shares(array, case.train), f"{name!r} shares memory with the training part")


def check_transform(preprocessor: Preprocessor) -> None:
    """`transform` returns an array of numbers with a row for each sample, always of the same width and dtype."""
    for case, fitted in _fitted(preprocessor):
        whole = _transformed(preprocessor, case.train, fitted)
        for count in (2, 1, 0):
            part = _transformed(preprocessor, case.train[:count], fitted)
            require(
                part.shape[1:] == whole.shape[1:] and part.dtype == whole.dtype,
                f"for {case.words} it returns {_like(whole)}, but for {count} of them {_like(part)}",
                hint="let fit return what decides the width",
            )


def check_leaves_alone(preprocessor: Preprocessor) -> None:
    """`fit` and `transform` change neither the samples nor the fitted arrays."""
    for case, _ in _fitted(preprocessor):
        before = _copied(case.train)
        fitted = preprocessor.fit(case.train)
        require(_equal(case.train, before), f"fit changes {case.words}", hint="work on a copy: np.array(values)")
        learnt = {name: array.copy() for name, array in fitted.items()}
        preprocessor.transform(case.train, fitted)
        require(_equal(case.train, before), f"transform changes {case.words}", hint="work on a copy: np.array(values)")
        require(same(dict(fitted), learnt), "transform changes the arrays that fit returned")


def check_each_sample_by_itself(preprocessor: Preprocessor) -> None:
    """The result for a sample does not depend on other samples."""
    for case, fitted in _fitted(preprocessor):
        for values in (case.train, case.others):
            try:
                together = _transformed(preprocessor, values, fitted)
            except FileFormatError:
                continue  # one of them is refused
            for row in range(min(len(values), 12)):
                alone = _transformed(preprocessor, values[row : row + 1], fitted)
                require(
                    near(together[row], alone[0]),
                    f"a sample of {case.words} becomes {_shown(alone[0])} alone, but {_shown(together[row])} among "
                    f"{len(values)}",
                    hint="learn in fit whatever depends on other samples",
                )


def check_unseen(preprocessor: Preprocessor) -> None:
    """Samples unlike the training part, such as unseen categories, become finite numbers or are refused."""
    for case, fitted in _fitted(preprocessor):
        width = _transformed(preprocessor, case.train, fitted).shape[1:]
        for row in range(len(case.others)):
            sample = case.others[row : row + 1]
            try:
                result = _transformed(preprocessor, sample, fitted)
            except FileFormatError:
                continue
            what = f"fitted to {case.words}, it turns {_shown(sample[0])} into"
            require(result.shape[1:] == width, f"{what} an array of shape {result.shape[1:]}, not {width}")
            finite = bool(np.isfinite(result).all()) or _missing(sample)[0]
            require(finite, f"{what} a value that is not finite", hint="raise a FileFormatError for unusable values")


def check_missing(preprocessor: Preprocessor) -> None:
    """A missing value stays missing (NaN), becomes numbers or is refused, and does not affect other samples."""
    if preprocessor.takes == "pictures":
        raise CheckSkipped("pictures are never missing")
    missing = {"numbers": np.nan, "categories": None, "dates": np.datetime64("NaT")}[preprocessor.takes]
    for case, fitted in _fitted(preprocessor):
        if case.train.dtype.kind in "ui":
            continue
        values = case.train.copy()
        values[0] = missing
        try:
            result = _transformed(preprocessor, values, fitted)
        except FileFormatError:
            continue
        rest = _transformed(preprocessor, case.train[1:], fitted)
        require(near(result[1:], rest), f"in {case.words}, a missing value changes the results for other samples")
        number = bool(np.isfinite(result[0]).all())
        still_missing = preprocessor.takes != "categories" and bool(np.isnan(result[0]).any())
        require(number or still_missing, f"it turns a missing value in {case.words} into {_shown(result[0])}")


def check_finite(preprocessor: Preprocessor) -> None:
    """Complete samples become finite numbers, even if all are the same or there is only one."""
    for case, fitted in _fitted(preprocessor):
        result = _transformed(preprocessor, case.train, fitted)
        bad = ~np.isfinite(result.reshape(len(result), -1)).all(axis=1) & ~_missing(case.train)
        hint = "do not divide by the deviation of a constant column"
        require(not bad.any(), f"it turns {case.words} into values that are not finite", hint=hint)


def check_saved(preprocessor: Preprocessor) -> None:
    """Fitted arrays that were saved and read back give bit-identical results, also with a new component."""
    cases = _fitted(preprocessor)
    for case, fitted in cases:
        expected = _transformed(preprocessor, case.train, fitted)
        for other, _ in cases:
            preprocessor.fit(other.train)
        read_back = {name: saved(array) for name, array in fitted.items()}
        for what, component in (("a new component", replace(preprocessor)), ("a component fitted again", preprocessor)):
            require(
                same(_transformed(component, case.train, read_back), expected),
                f"with saved arrays, {what} gives other results for {case.words}",
                hint="let fit return everything that transform needs, and keep nothing on the object",
            )


def check_inverse(preprocessor: Preprocessor) -> None:
    """For an InvertiblePreprocessor, `inverse` turns transformed values back into the original ones, in place."""
    if not isinstance(preprocessor, InvertiblePreprocessor):
        raise CheckSkipped("it is not an InvertiblePreprocessor")
    for case, fitted in _fitted(preprocessor):
        for values in (case.train, case.train[:0]):
            transformed = np.array(_transformed(preprocessor, values, fitted), np.float64)
            returned = preprocessor.inverse(transformed, fitted)
            require(returned is None, f"inverse returns {with_article(returned)}", hint="change the values in place")
            fine = near(transformed, np.asarray(values, np.float64))
            require(fine, f"for {case.words}, inverse returns {_shown(transformed)} instead of {_shown(values)}")


def check_factor(preprocessor: Preprocessor) -> None:
    """For a ScalingPreprocessor, `factor` is the finite number above 0 by which `transform` multiplies integers."""
    if not isinstance(preprocessor, ScalingPreprocessor):
        raise CheckSkipped("it is not a ScalingPreprocessor")
    for case, fitted in _fitted(preprocessor):
        factor = preprocessor.factor(fitted)
        require(isinstance(factor, float) and 0 < factor < math.inf, f"factor is {factor!r}")
        if case.train.dtype.kind in "ui":
            fine = near(_transformed(preprocessor, case.train, fitted), case.train * factor)
            require(fine, f"transform does not multiply {case.words} by factor")


def _fitted(preprocessor: Preprocessor) -> list[tuple[Case, Fitted]]:
    """The cases that it accepts, each with its fitted arrays."""
    require(preprocessor.takes in _CASES, f"takes = {preprocessor.takes!r}", hint=f"one of {', '.join(_CASES)}")

    def fit(case: Case) -> tuple[Case, Fitted]:
        fitted = preprocessor.fit(_copied(case.train))
        if isinstance(fitted, dict) and all(isinstance(array, np.ndarray) for array in fitted.values()):
            preprocessor.transform(_copied(case.train), fitted)
        return case, fitted

    cases = {case.words: case for case in _CASES[preprocessor.takes](preprocessor)}
    return [*results_of(fit, cases, refusal=NnzooError).values()]


def _transformed(preprocessor: Preprocessor, values: Values, fitted: Fitted) -> NDArray[Any]:
    result = preprocessor.transform(values, fitted)
    require(isinstance(result, np.ndarray), f"transform returns {with_article(result)}, not an array")
    require(result.dtype.kind in "fiu", f"transform returns {result.dtype}, not numbers")
    fine = result.ndim >= 1 and len(result) == len(values)
    require(fine, f"for {len(values)} samples transform returns an array of shape {result.shape}")
    return result


def _numbers(preprocessor: Preprocessor) -> Iterator[Case]:
    column = 5 + 3 * random(30).standard_normal(SAMPLES)
    others = np.array([-100.0, 100.0, 1e12, 0.0, np.nan])
    yield Case("a column of numbers", column, others)
    yield Case("a column of numbers with missing ones", np.where(np.arange(SAMPLES) % 7 == 3, np.nan, column), others)
    yield Case("a column of one number", np.full(SAMPLES, 0.1), others)
    yield Case("a column of one sample", column[:1].copy(), others)
    rows = random(31).standard_normal((SAMPLES, 3))
    yield Case("rows of 3 numbers", rows, 100 * rows[:3])
    pixels = random(32).integers(256, size=(SAMPLES, 4, 4), dtype=np.uint8)
    yield Case("pixels", pixels, np.full((2, 4, 4), 255, np.uint8))


def _categories(preprocessor: Preprocessor) -> Iterator[Case]:
    draws = random(33).integers(len(COLOURS), size=SAMPLES)
    column = np.array([COLOURS[draw] for draw in draws], object)
    others = np.array(["never seen", "red ", "x" * 1000, "日本", None], object)
    yield Case("a column of categories", column, others)
    some = column.copy()
    some[3::7] = None
    yield Case("a column of categories with missing ones", some, others)
    yield Case("a column of one category", np.array(["red"] * SAMPLES, object), others)
    for name in preprocessor.declarations():  # such as the order of ordinal:order=low|mid|high
        value = getattr(preprocessor, name)
        named = value if isinstance(value, tuple) else str(value).split("|")
        yield Case(
            f"the categories of {name}", np.array([*named, *named, named[-1]] if named else [""], object), others
        )


def _dates(preprocessor: Preprocessor) -> Iterator[Case]:
    seconds = random(34).integers(0, 2_000_000_000, size=SAMPLES)
    column = seconds.astype("datetime64[s]")
    others = np.array(["1890-01-01", "2150-12-31T23:59:59", "2024-02-29", "NaT"], "datetime64[s]")
    yield Case("a column of dates", column, others)
    some = column.copy()
    some[3::7] = np.datetime64("NaT")
    yield Case("a column of dates with missing ones", some, others)
    yield Case("a column of one date", np.full(SAMPLES, column[0]), others)


def _pictures(preprocessor: Preprocessor) -> Iterator[Case]:
    """White pictures with a dark line and noise."""
    others = [_picture(size) for size in ((1, 1), (3, 50), (64, 2, 3))]
    yield Case("grey pictures", [_picture((20 + i, 30)) for i in range(5)], others)
    yield Case("pictures in colour", [_picture((20 + i, 30, 3)) for i in range(5)], others)
    yield Case("pictures of one size", [_picture((28, 28), line=5 + i) for i in range(5)], others)


def _picture(shape: Sequence[int], line: int = 8) -> NDArray[np.uint8]:
    picture = random(35, *shape).integers(240, 256, size=shape, dtype=np.uint8)
    picture[shape[0] // 4 : 3 * shape[0] // 4 + 1, min(line, shape[1] - 1) : line + 3] = 20
    return picture


_CASES = {"numbers": _numbers, "categories": _categories, "dates": _dates, "pictures": _pictures}


def _missing(values: Values) -> NDArray[np.bool_]:
    """Which samples are missing or have missing values."""
    if isinstance(values, list) or values.dtype.kind in "ui":
        return np.zeros(len(values), np.bool_)
    if values.dtype.kind == "O":
        return np.array([value is None for value in values], np.bool_)
    flags = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
    found: NDArray[np.bool_] = flags.reshape(len(values), -1).any(axis=1)
    return found


def _copied(values: Values) -> Values:
    return [picture.copy() for picture in values] if isinstance(values, list) else values.copy()


def _equal(values: Values, others: Values) -> bool:
    if isinstance(values, list):
        return same(values, others)
    if values.dtype.kind == "O":
        return bool(values.tolist() == others.tolist())
    return same(values, others)


def _shares(array: NDArray[Any], values: Values) -> bool:
    pieces = values if isinstance(values, list) else [values]
    return any(np.shares_memory(array, piece) for piece in pieces)


def _like(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape (n, {', '.join(map(str, array.shape[1:]))})" if array.ndim > 1 else str(array.dtype)


def _shown(values: Any) -> str:
    with np.printoptions(threshold=12):
        return " ".join(str(values).split())[:60]
