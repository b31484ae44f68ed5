"""Targets: labels are compared before anything is cast, and missing values are refused."""

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn: pip install 'nnzoo[sklearn]'")

from hypothesis import given
from hypothesis import strategies as st

from nnzoo.errors import UsageError
from nnzoo.sklearn import NNClassifier, NNRegressor
from nnzoo.sklearn.targets import class_numbers, label_dtype, label_names, named_labels, target_values

DAYS = np.array(["2024-01-01", "2024-01-02"], "datetime64[D]")


def inputs(count):
    """As many different samples."""
    return np.eye(max(count, 6))[:count]


def fitted(labels, repeat=3):
    y = np.repeat(labels, repeat)
    return NNClassifier(max_iter=2, random_state=0).fit(inputs(len(y)), y)


STRANGERS = pytest.mark.parametrize(
    ("known", "label", "shown"),
    [
        (["cat", "dog"], "catfish", "'catfish'"),
        (["cat", "dog"], "doghouse", "'doghouse'"),
        (["low", "hig"], "high", "'high'"),
        (["cat", "dog"], "ca", "'ca'"),
        (["0", "1"], 0, "0"),
        ([0, 1], 1.7, "1.7"),
        ([0, 1], "0", "'0'"),
        ([0, 1], -1, "-1"),
        ([0, 1], 2**53 + 1, str(2**53 + 1)),
        ([False, True], 7, "7"),
        (np.array([0, 1], np.uint8), 256, "256"),
        (np.array([0, 200], np.uint8), -56, "-56"),
        (np.array([0, 100], np.int8), 356, "356"),
        (np.array([0.0, 2.0**53]), 2**53 + 1, str(2**53 + 1)),
        (DAYS, np.datetime64("2024-01-01T05", "h"), "2024-01-01T05"),
        (DAYS, "2024-01-01", "'2024-01-01'"),
        ([0, 1], np.datetime64("1970-01-01"), "1970-01-01"),
    ],
    ids=str,
)


@STRANGERS
@pytest.mark.parametrize("as_list", [True, False], ids=["list", "array"])
def test_an_unknown_label_is_refused_and_named_in_full(known, label, shown, as_list):
    network = fitted(known)
    before = network.predict_proba(inputs(6))
    y = [label] if as_list else np.array([label])
    with pytest.raises(UsageError) as caught:
        network.partial_fit(inputs(1), y)
    assert f"y[0] is {shown}, which is not among the classes" in caught.value.message
    for each in np.asarray(known):
        assert (repr(str(each)) if isinstance(each, str) else str(each)) in caught.value.hint
    assert (network.predict_proba(inputs(6)) == before).all()
    with pytest.raises(UsageError, match=r"y_val\[0\] is "):
        fitted(known).fit(inputs(6), np.repeat(known, 3), X_val=inputs(6)[:1], y_val=y)
    with pytest.raises(UsageError, match=r"y\[0\] is "):
        NNClassifier().partial_fit(inputs(1), y, classes=known)


def test_the_first_unknown_class_is_named_with_its_place():
    with pytest.raises(UsageError, match=r"y\[2\] is 'doghouse'.*\n.*'cat', 'dog'"):
        fitted(["cat", "dog"]).partial_fit(inputs(4), ["dog", "cat", "doghouse", "ant"])


@pytest.mark.parametrize(
    ("known", "same"),
    [
        ([0, 1], [1.0, 0.0]),
        ([0, 1], np.array([1, 0], np.uint8)),
        ([False, True], [1, 0]),
        (["a", "bcd"], np.array(["bcd", "a"], object)),
        (np.array(["a", "bcd"], object), ["bcd", "a"]),
        (DAYS, DAYS[::-1].astype("datetime64[ns]")),
        (np.array([0.5, 1.5]) * 2, [3, 1]),
    ],
    ids=str,
)
def test_equal_labels_are_the_same_class_whatever_their_type(known, same):
    numbers = class_numbers(target_values(same, "y"), np.unique(np.asarray(known)), "y")
    assert numbers.tolist() == [1, 0]


@given(st.lists(st.one_of(st.text(max_size=4), st.integers(-300, 300), st.floats(-3, 3), st.booleans()), min_size=1))
def test_labels_match_only_equal_ones(labels):
    known = np.array(["0", "1", "ab"]), np.array([0, 1, 200], np.uint8), np.array([False, True])
    for classes in known:
        try:
            values = target_values(labels, "y")
            numbers = class_numbers(values, classes, "y")
        except UsageError:
            mixed = len({type(label) for label in labels}) > 1
            assert mixed or not all(label in classes.tolist() for label in labels)
            continue
        assert [classes.tolist()[number] for number in numbers] == labels


def test_long_lists_of_classes_are_truncated():
    with pytest.raises(UsageError, match="and 80 more"):
        class_numbers(np.array([-1]), np.arange(100), "y")


@pytest.mark.parametrize("estimator", [NNClassifier, NNRegressor])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([None, 1.0, 2.0], r"y\[0\] is None: it is missing"),
        ([1.0, float("nan"), 2.0], r"y\[1\] is nan: it is missing"),
        (np.array([1.0, 2.0, None], object), r"y\[2\] is None: it is missing"),
        (np.array([1.0, np.nan, 2.0]), "contains NaN"),
        (np.ma.array([1.0, 2.0, 1.0], mask=[0, 1, 0]), r"y is masked at 1 of 3 places, first at \[1\]"),
        (["a", 1, "b"], r"y has 'a' at \[0\], a text, and 1 at \[1\], a number"),
        ([True, 2, 3], r"y has True at \[0\], a bool, and 2 at \[1\], a number"),
        ([[1.0], [2.0, 3.0], [1.0]], "its rows differ in length"),
    ],
    ids=str,
)
def test_missing_and_mixed_targets_are_refused(estimator, y, message):
    with pytest.raises(ValueError, match=message):
        estimator(max_iter=1).fit(inputs(3), y)


def test_missing_values_of_data_frames_are_refused():
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    polars = pytest.importorskip("polars", reason="needs Polars")
    for y in (
        pandas.Series([1, None, 2], dtype="Int64"),
        pandas.Series(["a", None, "b"], dtype="string"),
        pandas.Series(["a", None, "b"], dtype="category"),
        polars.Series(["a", None, "b"]),
    ):
        with pytest.raises(ValueError, match=r"y\[1\] is .*: it is missing|y contains NaN"):
            NNClassifier(max_iter=1).fit(inputs(3), y)
    with pytest.raises(UsageError, match=r"y\[1, 0\] is None: it is missing"):
        NNRegressor(max_iter=1).fit(inputs(3), [[1.0, 2.0], [None, 3.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    "make",
    [
        lambda pandas, _: pandas.Series(["b", "a", "b"], index=[7, 8, 9]),
        lambda pandas, _: pandas.Series(["b", "a", "b"], dtype="category"),
        lambda pandas, _: pandas.Series(["b", "a", "b"], dtype="string"),
        lambda _, polars: polars.Series(["b", "a", "b"]),
        lambda _, polars: polars.Series(["b", "a", "b"], dtype=polars.Categorical),
    ],
)
def test_series_are_labels(make):
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    polars = pytest.importorskip("polars", reason="needs Polars")
    network = NNClassifier(max_iter=40, random_state=0).fit(inputs(3), make(pandas, polars))
    assert network.classes_.tolist() == ["a", "b"]
    assert network.predict(inputs(3)).tolist() == ["b", "a", "b"]


def test_integers_of_a_data_frame_stay_integers():
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    network = NNClassifier(max_iter=1).fit(inputs(3), pandas.Series([3, 1, 3], dtype="Int64"))
    assert network.classes_.dtype.kind == "i"
    assert network.classes_.tolist() == [1, 3]


@pytest.mark.parametrize("rows", [np.eye(3), np.eye(3, dtype=int), np.eye(3).tolist(), np.eye(3, dtype=bool)])
def test_one_hot_rows_are_refused_by_the_classifier_with_the_cure(rows):
    with pytest.raises(UsageError, match=r"shape \(3, 3\)\n.*one-hot.*y.argmax\(axis=1\)"):
        NNClassifier().fit(inputs(3), rows)
    with pytest.raises(UsageError, match=r"y_val.argmax\(axis=1\)"):
        NNClassifier(max_iter=1).fit(inputs(3), [0, 1, 2], X_val=inputs(3), y_val=rows)


def test_other_rows_are_refused_by_the_classifier():
    with pytest.raises(UsageError, match="multi-label"):
        NNClassifier().fit(inputs(2), [[1, 1], [0, 1]])
    with pytest.raises(UsageError, match="one label for each sample"):
        NNClassifier().fit(inputs(2), [[3, 1], [0, 1]])


def test_one_hot_rows_are_values_for_the_regressor():
    x, y = inputs(30), np.eye(3)[np.arange(30) % 3]
    network = NNRegressor(random_state=0).fit(x, y)
    assert network.predict(x).shape == (30, 3)
    assert (network.predict(x).argmax(axis=1) == np.arange(30) % 3).all()


@pytest.mark.parametrize(
    "y", [["1.5", "2.5", "3.5"], np.array(["1.5", "2.5", "3.5"], object), np.arange(3).astype("datetime64[D]")], ids=str
)
def test_texts_and_dates_are_not_values(y):
    with pytest.raises(UsageError, match=r"expected numbers\n.*NNClassifier"):
        NNRegressor().fit(inputs(3), y)


def test_integers_too_large_for_floating_point_are_labels_that_differ():
    x, y = inputs(4), [2**53, 2**53 + 1, 2**53, 2**53 + 1]
    network = NNClassifier(random_state=0).fit(x, y)
    assert network.predict(x).tolist() == y


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [
        (np.array(["", "a b", "zürich,=x"]), "str"),
        (np.array(["a", "b"], object), "object"),
        (np.array([-5, 2**62]), "<i8"),
        (np.array([0, 255], np.uint8), "|u1"),
        (np.array([False, True]), "|b1"),
        (np.array([-0.5, 1e300]), "<f8"),
        (np.array([0.1, 2], np.float32), "<f4"),
        (DAYS, "<M8[D]"),
    ],
    ids=str,
)
def test_labels_are_restored_from_their_names(classes, dtype):
    assert label_dtype(classes) == dtype
    restored = named_labels(label_names(classes), dtype)
    assert restored.dtype == classes.dtype
    assert (restored == classes).all()


@pytest.mark.parametrize(
    ("names", "dtype"),
    [
        (("a", "b"), "<i8"),
        (("1", "2"), "<i99"),
        (("300",), "|u1"),
        (("1", "2"), "|b1"),
        (("1", "2"), "O"),
        (("1", "2"), "V8"),
        (("1", "2"), "i8,i8"),
        (("01", "2"), "<i8"),
        (("2024-13-01",), "<M8[D]"),
    ],
    ids=str,
)
def test_names_that_are_not_of_the_stated_type_are_refused(names, dtype):
    with pytest.raises(ValueError, match="type"):
        named_labels(names, dtype)


def test_labels_that_could_not_be_restored_are_refused():
    with pytest.raises(UsageError, match="can't be kept"):
        label_dtype(np.array([1, "a"], object))
