"""Rows of tables, and the preprocessing of their columns, as text."""

import numpy as np

from nnzoo.api import Columns, Feature
from nnzoo.builtin.preprocessors import DateParts, Fill, OneHot, Ordinal, Standardize
from nnzoo.kinds import Preprocessing
from nnzoo.model.columns import describe_columns, row_texts

TABLE = Columns(
    {
        "age": np.array([31.0, np.nan, 40.0, 1234567.25]),
        "town": np.array(["Bern", None, "Chur", "Bern"], object),
        "size": np.array(["small", "large", "large", "mid"], object),
        "day": np.array(["2024-05-01", "NaT", "2024-05-02T10:30", "2025-01-01"], "datetime64[s]"),
        "left": np.array([1.0, 2.0, 3.0, 4.0]),
    }
)
FEATURES = (
    Feature((Fill(), Standardize()), "age"),
    Feature((OneHot(),), "town"),
    Feature((Ordinal("small|mid|large"), Standardize()), "size"),
    Feature((DateParts(), Fill(), Standardize()), "day"),
    Feature((Standardize(),), "left"),
)


def test_a_row_is_shown_as_readable_text():
    assert row_texts(TABLE, 1, ["age", "town", "day"]) == [("age", "missing"), ("town", "missing"), ("day", "missing")]
    assert row_texts(TABLE, 2, ["day", "age"]) == [("day", "2024-05-02 10:30:00"), ("age", "40")]
    assert row_texts(TABLE, 3, ["age"]) == [("age", "1234567.25")]
    assert row_texts(TABLE, 3, ["age"], digits=4) == [("age", "1.235e+06")]


def test_the_steps_of_each_column_are_described():
    told = {each.column: each for each in describe_columns(Preprocessing.fitted(FEATURES, TABLE))}
    assert list(told) == ["age", "town", "size", "day", "left"]
    assert [each.holds for each in told.values()] == ["number", "category", "category", "date", "number"]
    assert told["age"].steps[0] == "fill: median 40"
    assert told["age"].missing == "filled with 40"
    assert told["town"].steps == ("one-hot: categories Bern, Chur",)
    assert (told["town"].missing, told["town"].inputs) == ("a category of its own", 3)
    assert told["size"].steps[0] == "ordinal:order=small|mid|large: categories small, mid, large"
    assert (told["size"].missing, told["size"].inputs) == ("like an unseen category", 1)
    assert told["day"].missing == "filled by fill"
    assert told["day"].inputs == Preprocessing.fitted(FEATURES, TABLE).widths()["day"] > 1
    assert told["left"].missing == "refused"


def test_a_missing_category_may_be_refused_or_count_as_unseen():
    full = Columns({"town": np.array(["Bern", "Chur"], object)})
    (told,) = describe_columns(Preprocessing.fitted([Feature((OneHot(),), "town")], full))
    assert told.missing == "like an unseen category"
    (told,) = describe_columns(Preprocessing.fitted([Feature((OneHot(missing="error"),), "town")], full))
    assert (told.missing, told.steps) == ("refused", ("one-hot:missing=error: categories Bern, Chur",))


def test_only_some_of_many_categories_are_listed():
    towns = np.array([f"town {number:02}" for number in range(30)], object)
    (told,) = describe_columns(Preprocessing.fitted([Feature((OneHot(),), "town")], Columns({"town": towns})))
    assert told.steps[0].endswith("town 07, … (30 in all)")


def test_a_network_without_a_table_has_no_columns():
    assert describe_columns(Preprocessing()) == []
