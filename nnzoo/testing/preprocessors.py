"""Checks of preprocessors."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnzoo.component import with_article
from nnzoo.errors import FileFormatError, NnzooError
from nnzoo.kinds import Fitted, InvertiblePreprocessor, Preprocessor, ScalingPreprocessor
from nnzoo.testing.check import CheckFailed, CheckSkipped, require
from nnzoo.testing.numerics import far_off, random
from nnzoo.testing.observation import same

SAMPLES = 40
TOLERANCE = 1e-9
COLOURS = ("red", "green", "dark blue", "Ärger", "", "1.0", "a,b|c")
SAVED_KINDS = {"f": "float64", "i": "int64", "U": "str_"}

Values: TypeAlias = Any
"""An array of samples, or a list of pictures."""


@dataclass(frozen=True)
class Case:
    """Samples to learn from, and others of the same kind that are not like them."""

    words: str
    train: Values
    others: Values


def exercise(preprocessor: Preprocessor) -> list[Any]:
    """Use it once."""
    results: list[Any] = []
    for case, fitted in _fitted(preprocessor):
        results += [dict(fitted), preprocessor.transform(case.train, fitted)]
    return results


def check_fit(preprocessor: Preprocessor) -> None:
    """`fit` returns what it has learnt as arrays by name: float64, int64 or texts, which a file can hold."""
    for case, fitted in _fitted(preprocessor):
        require(isinstance(fitted, dict), f"fit returns {with_article(fitted)}, not a dict of arrays")
        for name, array in fitted.items():
            require(isinstance(name, str), f"a name of what fit returns is {name!r}")
            require(isinstance(array, np.ndarray), f"fit returns {with_article(array)} for {name!r}, not an array")
            kept = SAVED_KINDS.get(array.dtype.kind)
            require(
                kept is not None and (kept == "str_" or array.dtype == kept),
                f"fit returns {array.dtype} for {name!r}, of {case.words}",
                hint="keep numbers as float64 or int64, and texts as np.array(…, np.str_)",
            )
        for name, array in preprocessor.fit(case.train).items():
            require(not _shares(array, case.train), f"fit keeps the training part's own memory in {name!r}")


def check_transform(preprocessor: Preprocessor) -> None:
    """`transform` returns an array of numbers with a row for each sample, as wide and of one dtype for any samples."""
    for case, fitted in _fitted(preprocessor):
        whole = _transformed(preprocessor, case.train, fitted)
        for words, values in (("two of them", case.train[:2]), ("one", case.train[:1]), ("none", case.train[:0])):
            part = _transformed(preprocessor, values, fitted)
            require(
                part.shape[1:] == whole.shape[1:] and part.dtype == whole.dtype,
                f"of {case.words} it makes {_like(whole)}, and of {words} {_like(part)}",
                hint="what decides the width belongs into what fit returns",
            )


def check_leaves_alone(preprocessor: Preprocessor) -> None:
    """`fit` and `transform` change neither the samples nor what was learnt."""
    for case, _ in _fitted(preprocessor):
        before = _copied(case.train)
        fitted = preprocessor.fit(case.train)
        require(_equal(case.train, before), f"fit changes {case.words}", hint="work on a copy: np.array(values)")
        learnt = {name: array.copy() for name, array in fitted.items()}
        preprocessor.transform(case.train, fitted)
        require(_equal(case.train, before), f"transform changes {case.words}", hint="work on a copy: np.array(values)")
        require(same(dict(fitted), learnt), "transform changes what fit returned")


def check_each_sample_by_itself(preprocessor: Preprocessor) -> None:
    """What comes of a sample does not depend on which others are there."""
    for case, fitted in _fitted(preprocessor):
        for values in (case.train, case.others):
            try:
                together = _transformed(preprocessor, values, fitted)
            except FileFormatError:
                continue  # one of them is refused
            for row in range(min(len(values), 12)):
                alone = _transformed(preprocessor, values[row : row + 1], fitted)
                require(
                    _near(together[row], alone[0]),
                    f"a sample of {case.words} becomes {_shown(alone[0])} by itself, and {_shown(together[row])} among "
                    f"{len(values)}",
                    hint="what depends on other samples is learnt in fit",
                )


def check_unseen(preprocessor: Preprocessor) -> None:
    """Samples that are not like the training part, unseen categories among them, become numbers or are refused."""
    for case, fitted in _fitted(preprocessor):
        width = _transformed(preprocessor, case.train, fitted).shape[1:]
        for row in range(len(case.others)):
            sample = case.others[row : row + 1]
            try:
                result = _transformed(preprocessor, sample, fitted)
            except FileFormatError:
                continue
            require(
                result.shape[1:] == width,
                f"trained on {case.words}, it makes of {_shown(sample[0])} the shape {result.shape[1:]}, not {width}",
            )
            require(
                bool(np.isfinite(result).all()) or _missing(sample)[0],
                f"trained on {case.words}, it makes of {_shown(sample[0])} what is not finite",
                hint="raise a FileFormatError for what it can't use",
            )


def check_missing(preprocessor: Preprocessor) -> None:
    """A missing value stays missing (NaN), becomes numbers, or is refused, and spoils no other sample."""
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
        require(_near(result[1:], rest), f"in {case.words}, a missing value changes what comes of others")
        number = bool(np.isfinite(result[0]).all())
        left = preprocessor.takes != "categories" and bool(np.isnan(result[0]).any())
        require(number or left, f"of a missing value in {case.words} it makes {_shown(result[0])}")


def check_finite(preprocessor: Preprocessor) -> None:
    """Samples that are all there become finite numbers, though all are the same, or there is only one."""
    for case, fitted in _fitted(preprocessor):
        result = _transformed(preprocessor, case.train, fitted)
        bad = ~np.isfinite(result.reshape(len(result), -1)).all(axis=1) & ~_missing(case.train)
        require(
            not bad.any(),
            f"of {case.words} it makes what is not finite",
            hint="where a column is constant, do not divide by its deviation",
        )


def check_saved(preprocessor: Preprocessor) -> None:
    """What was learnt, written to a file and read again, and used by a fresh component, gives the same to the bit."""
    cases = _fitted(preprocessor)
    for case, fitted in cases:
        expected = _transformed(preprocessor, case.train, fitted)
        for other, _ in cases:
            preprocessor.fit(other.train)
        saved = {name: _saved(name, array) for name, array in fitted.items()}
        fresh = type(preprocessor)(**{name: getattr(preprocessor, name) for name in preprocessor.declarations()})
        for what, component in (
            ("a fresh component", fresh),
            ("one that has learnt other samples since", preprocessor),
        ):
            require(
                same(_transformed(component, case.train, saved), expected),
                f"from saved arrays, {what} makes something else of {case.words}",
                hint="all that transform needs must be in what fit returns, none on the object",
            )


def check_inverse(preprocessor: Preprocessor) -> None:
    """If it can be taken back, `inverse` turns transformed values, in place, into what they were."""
    if not isinstance(preprocessor, InvertiblePreprocessor):
        raise CheckSkipped("it is not an InvertiblePreprocessor")
    for case, fitted in _fitted(preprocessor):
        for values in (case.train, case.train[:0]):
            transformed = np.array(_transformed(preprocessor, values, fitted), np.float64)
            returned = preprocessor.inverse(transformed, fitted)
            require(returned is None, f"inverse returns {with_article(returned)}", hint="change the values in place")
            require(
                transformed.shape == np.shape(values) and _near(transformed, np.asarray(values, np.float64)),
                f"of {case.words}, inverse makes {_shown(transformed)} where {_shown(values)} was",
            )


def check_factor(preprocessor: Preprocessor) -> None:
    """If it scales integers, `factor` is what `transform` multiplies them by: a finite number above 0."""
    if not isinstance(preprocessor, ScalingPreprocessor):
        raise CheckSkipped("it is not a ScalingPreprocessor")
    for case, fitted in _fitted(preprocessor):
        factor = preprocessor.factor(fitted)
        require(isinstance(factor, float) and 0 < factor < math.inf, f"factor is {factor!r}")
        if case.train.dtype.kind in "ui":
            product = case.train * factor
            require(
                _near(_transformed(preprocessor, case.train, fitted), product), f"of {case.words} transform makes other"
            )


def _fitted(preprocessor: Preprocessor) -> list[tuple[Case, Fitted]]:
    """The cases that it takes, each with what it learns there.

    Raises
    ------
    CheckFailed
        When it takes none.
    """
    known = ("numbers", "categories", "dates", "pictures")
    require(preprocessor.takes in known, f"takes = {preprocessor.takes!r}", hint=f"one of {', '.join(known)}")
    taken, refused, tried = [], "", []
    for case in _CASES[preprocessor.takes](preprocessor):
        tried.append(case.words)
        try:
            fitted = preprocessor.fit(_copied(case.train))
            if isinstance(fitted, dict) and all(isinstance(array, np.ndarray) for array in fitted.values()):
                preprocessor.transform(_copied(case.train), fitted)
        except NnzooError as error:
            refused = error.message
        else:
            taken.append((case, fitted))
    if not taken:
        raise CheckFailed(f"it takes none of {'; '.join(tried)}: {refused}")
    return taken


def _transformed(preprocessor: Preprocessor, values: Values, fitted: Fitted) -> NDArray[Any]:
    result = preprocessor.transform(values, fitted)
    require(isinstance(result, np.ndarray), f"transform returns {with_article(result)}, not an array")
    require(result.dtype.kind in "fiu", f"transform returns {result.dtype}, not numbers")
    require(
        result.ndim >= 1 and len(result) == len(values),
        f"of {len(values)} samples transform makes an array of shape {result.shape}",
    )
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
        own = value if isinstance(value, tuple) else str(value).split("|")
        yield Case(f"the categories of {name}", np.array([*own, *own, own[-1]] if own else [""], object), others)


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
    """White pictures with a dark line, and with noise."""
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
    """Which samples are missing, or have a value that is."""
    if isinstance(values, list) or values.dtype.kind in "ui":
        return np.zeros(len(values), np.bool_)
    if values.dtype.kind == "O":
        return np.array([value is None for value in values], np.bool_)
    flags = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
    found: NDArray[np.bool_] = flags.reshape(len(values), -1).any(axis=1)
    return found


def _near(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    one, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    both = np.isnan(one) & np.isnan(other) if one.shape == other.shape else np.array(False)
    return one.shape == other.shape and far_off(np.where(both, 0, one), np.where(both, 0, other), TOLERANCE) is None


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


def _saved(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """The array as a file gives it back."""
    file = io.BytesIO()
    try:
        np.save(file, array, allow_pickle=False)
    except ValueError:
        raise CheckFailed(f"{name!r} of what fit returns can't be written to a file: it is {array.dtype}") from None
    file.seek(0)
    restored: NDArray[Any] = np.load(file, allow_pickle=False)
    return restored


def _like(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape (n, {', '.join(map(str, array.shape[1:]))})" if array.ndim > 1 else str(array.dtype)


def _shown(values: Any) -> str:
    with np.printoptions(threshold=12):
        return " ".join(str(values).split())[:60]


CHECKS = (
    check_fit,
    check_transform,
    check_leaves_alone,
    check_each_sample_by_itself,
    check_unseen,
    check_missing,
    check_finite,
    check_saved,
    check_inverse,
    check_factor,
)
