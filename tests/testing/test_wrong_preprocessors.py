"""Preprocessors with one mistake each: the kit finds and names it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pytest
from annotated_types import doc

from nnzoo.api import FileFormatError, InvertiblePreprocessor, Preprocessor, ScalingPreprocessor
from nnzoo.builtin.pixels import Pixels
from nnzoo.builtin.preprocessors import Fill, OneHot, Ordinal, Standardize


@dataclass(frozen=True)
class Largest(InvertiblePreprocessor):
    """The base of the wrong preprocessors of numbers: it divides by the largest value, and passes."""

    name: ClassVar[str] = "wrong"

    def fit(self, values):
        rows = np.array(values, np.float64)
        return {"largest": np.asarray(np.nanmax(np.abs(rows)))}

    def transform(self, values, fitted):
        return np.asarray(values, np.float64) / fitted["largest"]

    def inverse(self, values, fitted):
        values *= fitted["largest"]


@dataclass(frozen=True)
class Columns(Preprocessor):
    """The base of the wrong preprocessors of categories: a column for each category, and it passes."""

    name: ClassVar[str] = "wrong"
    takes: ClassVar[str] = "categories"

    def fit(self, values):
        return {"categories": np.unique([text for text in values if text is not None])}

    def transform(self, values, fitted):
        known = fitted["categories"].tolist()
        return np.array([[float(value == text) for text in known] for value in values]).reshape(len(values), len(known))


@dataclass(frozen=True)
class FitsInPlace(Largest):
    """Fills missing values of the training part in place."""

    def fit(self, values):
        if values.dtype.kind == "f":
            values[np.isnan(values)] = 0
        return super().fit(values)


@dataclass(frozen=True)
class TransformsInPlace(Largest):
    """Divides the samples that it was given."""

    def transform(self, values, fitted):
        if values.dtype.kind != "f":
            raise FileFormatError("it is for floating-point numbers")
        values /= fitted["largest"]
        return values


@dataclass(frozen=True)
class OfEachBatch(Standardize):
    """Takes mean and deviation of the samples at hand."""

    name: ClassVar[str] = "wrong"

    def transform(self, values, fitted):
        return super().transform(values, self.fit(values) if len(values) else fitted)


@dataclass(frozen=True)
class AsWideAsItsSamples(Columns):
    """Makes a column for each category of the samples at hand."""

    def transform(self, values, fitted):
        return super().transform(values, self.fit(values))


@dataclass(frozen=True)
class KeepsAList(Columns):
    """Remembers a list, which is not an array."""

    def fit(self, values):
        return {"categories": sorted({text for text in values if text is not None})}


@dataclass(frozen=True)
class KeepsObjects(Columns):
    """Remembers an array of objects, which only pickle can write."""

    def fit(self, values):
        return {"categories": np.array(sorted({text for text in values if text is not None}), object)}


@dataclass(frozen=True)
class KeepsTheSamples(Largest):
    """Remembers the training part as it is."""

    def fit(self, values):
        return {**super().fit(values), "samples": np.asarray(values, np.float64)}


@dataclass(frozen=True)
class ReturnsNothing(Largest):
    """Forgets to return what it has learnt."""

    def fit(self, values):
        super().fit(values)


@dataclass(frozen=True)
class OnItself(Largest):
    """Remembers on the object."""

    def fit(self, values):
        fitted = super().fit(values)
        object.__setattr__(self, "largest", fitted["largest"])
        return {}

    def transform(self, values, fitted):
        return super().transform(values, {"largest": self.largest})

    def inverse(self, values, fitted):
        super().inverse(values, {"largest": self.largest})


@dataclass(frozen=True)
class HalfWayBack(Largest):
    """Its inverse forgets to multiply all of it."""

    def inverse(self, values, fitted):
        values *= fitted["largest"] / 2


@dataclass(frozen=True)
class ReturnsTheInverse(Largest):
    """Its inverse makes a new array."""

    def inverse(self, values, fitted):
        return values * fitted["largest"]


@dataclass(frozen=True)
class DividesByDeviation(Standardize):
    """Divides 0 by 0 where a column is constant."""

    name: ClassVar[str] = "wrong"

    def fit(self, values):
        rows = np.array(values, np.float64)
        return {"mean": np.asarray(np.nanmean(rows, axis=0)), "deviation": np.asarray(np.nanstd(rows, axis=0))}

    def transform(self, values, fitted):
        with np.errstate(all="ignore"):
            return (np.asarray(values, np.float64) - fitted["mean"]) / fitted["deviation"]


@dataclass(frozen=True)
class CrashesOnUnseen(Ordinal):
    """Looks categories up in a dictionary that does not have them all."""

    name: ClassVar[str] = "wrong"

    def transform(self, values, fitted):
        places = {text: place for place, text in enumerate(fitted["categories"].tolist())}
        return np.array([[places[text]] if text is not None else [0.0] for text in values], float).reshape(-1, 1)


@dataclass(frozen=True)
class CrashesOnNothing(Largest):
    """Asks for the largest of no samples."""

    def transform(self, values, fitted):
        np.max(values)
        return super().transform(values, fitted)


@dataclass(frozen=True)
class SpoilsAll(Largest):
    """One missing value makes all of them missing."""

    def transform(self, values, fitted):
        rows = super().transform(values, fitted)
        return rows * (np.nan if np.isnan(rows).any() else 1)


@dataclass(frozen=True)
class TextsOut(Columns):
    """Makes texts of texts."""

    def transform(self, values, fitted):
        return np.array([str(value) for value in values], "U9")


@dataclass(frozen=True)
class DropsMissing(Largest):
    """Leaves samples out."""

    def transform(self, values, fitted):
        rows = super().transform(values, fitted)
        return rows[np.isfinite(rows)] if rows.ndim == 1 else rows


@dataclass(frozen=True)
class OtherFactor(Pixels, ScalingPreprocessor):
    """States another factor than it multiplies by."""

    name: ClassVar[str] = "wrong"

    def factor(self, fitted):
        return 1 / 256


@dataclass(frozen=True)
class BoundlessFactor(Pixels, ScalingPreprocessor):
    """States a factor that is not a finite number."""

    name: ClassVar[str] = "wrong"

    def factor(self, fitted):
        return float("inf")


@dataclass(frozen=True)
class ForNothing(Preprocessor):
    """Refuses all samples."""

    name: ClassVar[str] = "wrong"
    takes: ClassVar[str] = "dates"

    def fit(self, values):
        raise FileFormatError("only on Sundays")

    def transform(self, values, fitted):
        return values


@dataclass(frozen=True)
class ForWords(Columns):
    """Works on what there is not."""

    takes: ClassVar[str] = "words"


WRONG = [
    (FitsInPlace, "leaves-alone", "fit changes a column of numbers with missing ones"),
    (TransformsInPlace, "leaves-alone", "transform changes a column of numbers; work on a copy"),
    (OfEachBatch, "each-sample-by-itself", "learn in fit whatever depends on other samples"),
    (AsWideAsItsSamples, "transform", "let fit return what decides the width"),
    (KeepsAList, "fit", "fit returns a list for 'categories', not an array"),
    (KeepsObjects, "fit", "fit returns object for 'categories', given a column of categories"),
    (KeepsTheSamples, "fit", "'samples' shares memory with the training part"),
    (ReturnsNothing, "fit", "fit returns None, not a dict of arrays"),
    (OnItself, "saved", "it raises AttributeError"),
    (HalfWayBack, "inverse", "for a column of numbers, inverse returns"),
    (ReturnsTheInverse, "inverse", "inverse returns a ndarray; change the values in place"),
    (DividesByDeviation, "finite", "do not divide by the deviation of a constant column"),
    (CrashesOnUnseen, "unseen", "it raises KeyError: 'never seen'"),
    (CrashesOnNothing, "transform", "it raises ValueError"),
    (SpoilsAll, "missing", "a missing value changes the results for other samples"),
    (TextsOut, "transform", "transform returns <U9, not numbers"),
    (DropsMissing, "transform", "transform returns an array of shape (34,)"),
    (OtherFactor, "factor", "transform does not multiply pixels by factor"),
    (BoundlessFactor, "factor", "factor is inf"),
    (ForNothing, "fit", "it accepts none of a column of dates; "),
    (ForWords, "fit", "takes = 'words'; one of numbers, categories, dates, pictures"),
]


@pytest.mark.parametrize(("cls", "check", "message"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_the_mistake_is_found(verdict_of, cls, check, message):
    assert message in verdict_of(cls(), check)


@pytest.mark.parametrize("cls", [cls for cls, _, _ in WRONG])
def test_every_check_ends_in_a_verdict(verdicts_of, cls):
    assert any(verdicts_of(cls()).values())


@dataclass(frozen=True)
class Ranks(Ordinal):
    """A step whose hyperparameter says which categories there are."""

    name: ClassVar[str] = "right"

    order: Annotated[str, doc("the categories")] = "low|mid|high"


@pytest.mark.parametrize("step", [Largest(), Columns(), Fill("error"), OneHot("error"), Ranks()], ids=str)
def test_correct_components_pass(verdicts_of, step):
    reasons = {"it is not an InvertiblePreprocessor", "it is not a ScalingPreprocessor"}
    assert set(filter(None, verdicts_of(step).values())) <= reasons
