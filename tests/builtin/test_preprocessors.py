"""Preprocessors of numbers, categories and dates, against scikit-learn and pandas."""

import numpy as np
import pandas
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from nnzoo.builtin.preprocessors import MOST_COLUMNS, DateParts, Fill, OneHot, Ordinal, Standardize
from nnzoo.errors import FileFormatError, UsageError
from nnzoo.kinds import Columns, Feature, Preprocessing

NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.integers(-1000, 1000).map(float))
SHAPES = st.sampled_from([(), (3,), (2, 2)])
WORDS = st.sampled_from(["red", "green", "blue", "", "Ω", "a|b", "dark red"])
SECONDS = st.integers(-(10**10), 10**10)


def rows(values=NUMBERS, *, missing=0.0, fewest=1):
    """Arrays of samples, of several shapes."""
    cells = st.one_of(values, st.just(np.nan)) if missing else values
    sizes = st.tuples(st.integers(fewest, 12), SHAPES).map(lambda size: (size[0], *size[1]))
    return sizes.flatmap(lambda shape: arrays.arrays(np.float64, shape, elements=cells))


def texts(*words):
    """A column of categories; None is a missing one."""
    return np.array([*words, ""], object)[:-1]


def dates(*values):
    return np.array(values, "datetime64[s]")


def flat(values):
    return values.reshape(len(values), -1)


SOME = {
    Standardize(): np.array([[1.0, 2], [3, np.nan], [4, 9]]),
    Fill(): np.array([[1.0, 2], [3, np.nan], [4, 9]]),
    OneHot(): texts("red", "blue", None, "red"),
    Ordinal("blue|red"): texts("red", "blue", None, "red"),
    DateParts(): dates("2020-02-29T12:00", "NaT", "1969-07-20", "2031-12-31T23:59:59"),
}
each = pytest.mark.parametrize("step", SOME, ids=lambda step: step.name)


@each
def test_each_sample_is_treated_separately(step):
    values = SOME[step]
    fitted = step.fit(values)
    together = step.transform(values, fitted)
    for index in range(len(values)):
        np.testing.assert_array_equal(step.transform(values[index : index + 1], fitted)[0], together[index])
    assert step.transform(values[:0], fitted).shape == (0, *together.shape[1:])
    assert together.dtype == np.float64


@each
def test_samples_and_fitted_arrays_are_not_changed(step):
    values = SOME[step].copy()
    fitted = step.fit(values)
    learnt = {name: array.copy() for name, array in fitted.items()}
    step.transform(values, fitted)
    np.testing.assert_array_equal(values, SOME[step])
    for name, array in fitted.items():
        np.testing.assert_array_equal(array, learnt[name])
        assert isinstance(array, np.ndarray)
        assert array.dtype.kind in "fU"


@each
def test_a_column_without_values_is_an_error(step):
    nothing = {"categories": texts(None, None), "dates": dates("NaT", "NaT")}.get(step.takes, np.full(2, np.nan))
    with pytest.raises(FileFormatError, match="every value is missing") as error:
        step.fit(nothing)
    assert "leave it out" in error.value.hint


@pytest.mark.parametrize("step", [Standardize(), Fill()], ids=lambda step: step.name)
def test_a_place_that_is_always_missing_is_named(step):
    values = np.ones((3, 2, 2))
    values[:, 1, 0] = np.nan
    with pytest.raises(FileFormatError, match=r"every value at place 1, 0 of each sample"):
        step.fit(values)
    with pytest.raises(FileFormatError, match="sample 2 has an infinite value"):
        step.fit([1, np.nan, -np.inf])


@given(rows(missing=0.2), st.data())
def test_standardizing_is_that_of_scikit_learn(train, data):
    assume(not np.isnan(train).all(axis=0).any())
    size = np.nanmax(np.abs(train), axis=0)
    spread = np.nanmax(train, axis=0) - np.nanmin(train, axis=0)
    assume(((spread == 0) | (spread > np.maximum(1e-9 * size, 1e-100))).all())  # there, scikit-learn is less exact
    step, oracle = Standardize(), StandardScaler().fit(flat(train))
    new = data.draw(arrays.arrays(np.float64, (4, *train.shape[1:]), elements=NUMBERS))
    fitted = step.fit(train)
    constant = np.ravel(spread == 0)
    expected = np.where(constant, 0, oracle.transform(flat(new)))
    np.testing.assert_allclose(flat(step.transform(new, fitted)), expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(np.isnan(step.transform(train, fitted)), np.isnan(train))


@given(rows(st.floats(allow_nan=False, allow_infinity=False, width=64), fewest=2))
@example(np.array([1e308, -1.7e308, 1.7e308]))
@example(np.array([1e15 + 1, 1e15, 1e15 - 1]))
@example(np.array([1e-310, 3e-310, 5e-324]))
@example(np.array([np.finfo(float).max, np.nextafter(np.finfo(float).max, 0)]))
def test_numbers_of_any_size_are_standardized(train):
    step = Standardize()
    fitted = step.fit(train)
    assert all(np.isfinite(array).all() for array in fitted.values())
    result = flat(step.transform(train, fitted))
    usable = np.isfinite(result).all(axis=0) & (np.ravel(fitted["deviation"]) > 1e-300)  # beyond, digits are lost
    np.testing.assert_allclose(result[:, usable].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(result[:, usable].std(axis=0), 1, rtol=1e-6)


def test_differences_in_the_last_digits_count_but_rounding_errors_do_not():
    step = Standardize()
    assert step.fit([1e15, 1e15 + 1, 1e15 - 1])["deviation"] == pytest.approx(np.sqrt(2 / 3))
    assert step.fit([1.7e9, 1.7e9 + 1e-3])["deviation"] == pytest.approx(5e-4, rel=1e-3)
    fitted = step.fit([0.3, 0.1 + 0.2])
    assert fitted["deviation"] == 0
    assert step.transform([5, np.nan], fitted).tolist() == pytest.approx([0, np.nan], nan_ok=True)


@given(rows(fewest=2))
def test_standardized_values_can_be_inverted(train):
    step = Standardize()
    fitted = step.fit(train)
    values = step.transform(train, fitted)
    assert step.inverse(values, fitted) is None
    np.testing.assert_allclose(values, train, rtol=1e-12, atol=1e-12 * np.abs(train).max())


@given(rows(missing=0.3), st.data())
def test_filling_is_that_of_scikit_learn(train, data):
    assume(not np.isnan(train).all(axis=0).any())
    new = data.draw(arrays.arrays(np.float64, (4, *train.shape[1:]), elements=st.one_of(NUMBERS, st.just(np.nan))))
    step, oracle = Fill(), SimpleImputer(strategy="median").fit(flat(train))
    expected = oracle.transform(flat(new)).reshape(new.shape)
    np.testing.assert_allclose(step.transform(new, step.fit(train)), expected, rtol=1e-15, atol=1e-300)


def test_the_median_of_huge_numbers_does_not_overflow():
    assert Fill().fit([1.7e308, 1.6e308])["median"] == pytest.approx(1.65e308, rel=1e-15)


@pytest.mark.parametrize("step", [Fill("error"), OneHot("error"), Ordinal(missing="error")], ids=lambda s: s.name)
def test_a_missing_value_may_be_an_error(step):
    complete, gap = (
        (np.array([1.0, 2]), np.array([1, np.nan])) if step.takes == "numbers" else (texts("a", "b"), texts("a", None))
    )
    fitted = step.fit(complete)
    assert len(step.transform(complete, fitted)) == 2
    with pytest.raises(FileFormatError, match="sample 1 has a missing value"):
        step.transform(gap, fitted)


@given(st.lists(WORDS, min_size=1, max_size=12), st.lists(WORDS, max_size=6))
def test_one_hot_is_that_of_scikit_learn(train, new):
    train, new = texts(*train), texts(*new)
    step, oracle = OneHot(), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    fitted = step.fit(train)
    ones = oracle.fit_transform(train[:, None])
    assert fitted["categories"].tolist() == oracle.categories_[0].tolist()
    np.testing.assert_array_equal(step.transform(train, fitted), ones)
    found = step.transform(new, fitted)
    known = np.isin(new, train)
    np.testing.assert_array_equal(found[known], oracle.transform(new[:, None])[known] if len(new) else found)
    np.testing.assert_allclose(found[~known], np.broadcast_to(ones.mean(axis=0), found[~known].shape))


def test_missing_categories_are_a_category_only_if_training_has_some():
    step = OneHot()
    fitted = step.fit(texts("b", None, "a", "b"))
    found = step.transform(texts("a", "b", None, "new"), fitted)
    assert found.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.25, 0.5, 0.25]]
    fitted = step.fit(texts("b", "a", "b", "b"))
    assert step.transform(texts(None, "new"), fitted).tolist() == [[0.25, 0.75]] * 2


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_ordinal_is_that_of_scikit_learn(train):
    train, step = texts(*train), Ordinal()
    fitted = step.fit(train)
    expected = OrdinalEncoder().fit_transform(train[:, None])
    np.testing.assert_array_equal(step.transform(train, fitted), expected)
    np.testing.assert_allclose(step.transform(texts("new", None), fitted), np.full((2, 1), expected.mean()))


def test_an_order_may_be_given():
    step = Ordinal("low|mid|high")
    fitted = step.fit(texts("high", "low", None))
    assert step.transform(texts("mid", "low", "high", None, "?"), fitted).ravel().tolist() == [1, 0, 2, 1, 1]
    with pytest.raises(FileFormatError, match="has 'none', which is not in the order"):
        step.fit(texts("low", "none"))
    with pytest.raises(UsageError, match="twice"):
        Ordinal("low|high|low").fit(texts("low"))


def test_texts_that_are_not_categories_are_refused():
    with pytest.raises(FileFormatError, match="1,001 distinct texts"):
        OneHot().fit(texts(*map(str, range(MOST_COLUMNS + 1))))
    with pytest.raises(FileFormatError, match="up to 100,000 characters"):
        Ordinal().fit(texts(*(f"{number:0100000}" for number in range(200))))
    with pytest.raises(FileFormatError, match="NUL"):
        OneHot().fit(texts("a", "a\0"))
    with pytest.raises(FileFormatError, match="' a', with spaces around it"):
        OneHot().fit(texts("a", " a"))


@given(st.lists(st.one_of(SECONDS, st.none()), min_size=2, max_size=20))
def test_date_parts_are_those_of_pandas(seconds):
    assume(any(second is not None for second in seconds))
    values = np.array(["NaT" if second is None else second for second in seconds], "datetime64[s]")
    step = DateParts()
    fitted = step.fit(values)
    found = step.transform(values, fitted)
    there = ~np.isnat(values)
    assert np.isnan(found[~there]).all()
    column = pandas.Series(values[there]).dt
    turns = {
        "day": (column.day - 1) / 31,
        "weekday": column.day_of_week / 7,
        "time": (column.hour * 3600 + column.minute * 60 + column.second) / 86400,
    }
    differs = {
        "season": column.month.nunique() > 1,
        "day": column.day.nunique() > 1 and (column.days_in_month - column.day).nunique() > 1,
        "weekday": column.day_of_week.nunique() > 1,
        "time": turns["time"].nunique() > 1,
    }
    parts = fitted["parts"].tolist()
    assert parts == ["year", *(part for part, does in differs.items() if does)]
    blocks = dict(zip(parts, np.split(found[there], range(1, found.shape[1], 2), axis=1), strict=True))
    year = column.year + (column.day_of_year - 1 + turns["time"]) / np.where(column.is_leap_year, 366, 365)
    np.testing.assert_allclose(blocks["year"][:, 0], year, atol=0.006)  # two days
    turns["season"] = year % 1
    for part in parts[1:]:
        angle = 2 * np.pi * turns[part]
        expected = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        np.testing.assert_allclose(blocks[part], expected, atol=0.04 if part == "season" else 1e-9)


@pytest.mark.parametrize(
    ("first", "step", "expected"),
    [
        ("2020-01-25", "D", ["season", "day", "weekday"]),
        ("2020-01-01", "W", ["season", "day"]),
        ("2020-01", "M", ["season", "weekday"]),
        ("2020-07-01", "Y", ["weekday"]),
        ("2020-01-01T08", "h", ["time"]),
        ("2020-01-01", None, []),
    ],
)
def test_only_parts_that_vary_are_used(first, step, expected):
    values = pandas.date_range(
        first, periods=12, freq={"M": "MS", "Y": pandas.DateOffset(years=1)}.get(step, step or "D")
    )
    values = values.to_numpy().astype("datetime64[s]")
    fitted = DateParts().fit(values if step else values[:1].repeat(5))
    assert fitted["parts"].tolist() == ["year", *expected]


def test_the_last_days_of_months_do_not_vary():
    values = pandas.date_range("2020-01-31", periods=12, freq="ME").to_numpy().astype("datetime64[s]")
    assert DateParts().fit(values)["parts"].tolist() == ["year", "season", "weekday"]


def test_a_table_with_gaps_becomes_complete_numbers():
    table = Columns(
        {
            "age": np.array([31.0, np.nan, 35]),
            "town": texts("Bern", None, "Aarau"),
            "size": texts("S", "L", None),
            "born": dates("1990-05-17", "NaT", "2001-11-30"),
        }
    )
    features = [
        Feature((Fill(), Standardize()), "age"),
        Feature((OneHot(),), "town"),
        Feature((Ordinal("S|M|L"), Standardize()), "size"),
        Feature((DateParts(), Fill(), Standardize()), "born"),
    ]
    preprocessing = Preprocessing.fitted(features, table)
    found = preprocessing.apply(table)
    assert np.isfinite(found).all()
    assert found.shape == (3, sum(preprocessing.widths().values()))
    assert preprocessing.apply(table.take(slice(0))).shape == (0, found.shape[1])
    nothing = Columns({"age": np.array([np.nan]), "town": texts(None), "size": texts(None), "born": dates("NaT")})
    assert np.isfinite(preprocessing.apply(nothing)).all()
