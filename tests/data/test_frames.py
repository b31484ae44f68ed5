"""`columns_of`: data frames, dictionaries and arrays, each column for what it is."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from nnzoo.data import columns_of, read_table
from nnzoo.errors import UsageError
from nnzoo.kinds import Columns

NAN, NAT = np.nan, np.datetime64("NaT")
DAY, HOUR = datetime(2020, 1, 31), datetime(2020, 1, 31, 10)


def check(columns, expected):
    """Each column's type and values; None stands for any missing one."""
    assert list(columns) == list(expected)
    for name, (kind, values) in expected.items():
        assert columns.type(name) == kind, name
        assert columns.missing(name).tolist() == [value is None for value in values], name
        there = columns[name][~columns.missing(name)].tolist()
        assert there == [value for value in values if value is not None], name


def test_each_column_of_a_pandas_frame_keeps_its_type():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "integer": [1, 2, 3],
            "float": [1.5, None, 3],
            "small": np.array([1, 2, 3], np.float16),
            "nullable": pd.array([1, None, 3], "Int64"),
            "category": pd.Categorical(["a", None, "b"]),
            "numbered": pd.Categorical([1, 2, 1]),
            "bool": [True, False, True],
            "nullable bool": pd.array([True, None, False], "boolean"),
            "day": pd.to_datetime(["2020-01-31", None, "2020-01-31"]),
            "zoned": pd.to_datetime(["2020-01-31 10:00", None, "2020-01-31 10:00"]).tz_localize("Etc/GMT-10"),
            "text": ["x", None, "NA"],
            "string": pd.array(["x", pd.NA, "y"], "string"),
            "duration": pd.to_timedelta(["1h", None, "2s"]),
            "decimal": [Decimal("1.5"), None, Decimal(2)],
            "mixed numbers": [1, None, 2.5],
            "objects": pd.Series([date(2020, 1, 31), pd.NaT, DAY], dtype=object),
            "sparse": pd.arrays.SparseArray([0.0, 1.0, NAN]),
            7: [1, 2, 3],
            "nothing": [None, None, None],
        }
    )
    expected = {
        "integer": ("number", [1, 2, 3]),
        "float": ("number", [1.5, None, 3]),
        "small": ("number", [1, 2, 3]),
        "nullable": ("number", [1, None, 3]),
        "category": ("category", ["a", None, "b"]),
        "numbered": ("category", ["1", "2", "1"]),
        "bool": ("category", ["true", "false", "true"]),
        "nullable bool": ("category", ["true", None, "false"]),
        "day": ("date", [DAY, None, DAY]),
        "zoned": ("date", [DAY, None, DAY]),
        "text": ("category", ["x", None, None]),
        "string": ("category", ["x", None, "y"]),
        "duration": ("number", [3600, None, 2]),
        "decimal": ("number", [1.5, None, 2]),
        "mixed numbers": ("number", [1, None, 2.5]),
        "objects": ("date", [DAY, None, DAY]),
        "sparse": ("number", [0, 1, None]),
        "7": ("number", [1, 2, 3]),
        "nothing": ("number", [None, None, None]),
    }
    check(columns_of(frame), expected)
    check(columns_of(frame.set_index("integer")[["float"]]), {"float": expected["float"]})


def test_each_column_of_a_polars_frame_keeps_its_type():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "integer": [1, None, 3],
            "float": [1.5, float("nan"), None],
            "bool": [True, None, False],
            "text": ["x", None, "NA"],
            "category": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "day": [date(2020, 1, 31), None, date(2020, 1, 31)],
            "zoned": pl.Series([HOUR, None, HOUR], dtype=pl.Datetime(time_zone="UTC")),
            "duration": [timedelta(hours=1), None, timedelta(0)],
            "decimal": pl.Series([Decimal("1.5"), None, Decimal(2)]),
            "nothing": [None, None, None],
        }
    )
    expected = {
        "integer": ("number", [1, None, 3]),
        "float": ("number", [1.5, None, None]),
        "bool": ("category", ["true", None, "false"]),
        "text": ("category", ["x", None, None]),
        "category": ("category", ["a", None, "b"]),
        "day": ("date", [DAY, None, DAY]),
        "zoned": ("date", [HOUR, None, HOUR]),
        "duration": ("number", [3600, None, 0]),
        "decimal": ("number", [1.5, None, 2]),
        "nothing": ("number", [None, None, None]),
    }
    check(columns_of(frame), expected)
    with pytest.raises(UsageError, match=r"LazyFrame has no data yet\n  frame\.collect\(\)"):
        columns_of(frame.lazy())


def test_dictionaries_and_arrays_are_tables_too():
    arrays = {
        "list": [1, None, 2],
        "masked": np.ma.array([1, 2, 3], mask=[False, True, False]),
        "masked text": np.ma.array(["a", "b", "c"], mask=[True, False, False]),
        "days": np.array(["2020-01-31", "NaT", "2020-01-31"], "datetime64[D]"),
        "aware": [HOUR.replace(tzinfo=UTC), None, HOUR.replace(tzinfo=UTC)],
        "text": np.array(["x", "", "y"]),
        "bytes": np.array([b"x", b"", b"y"]),
        "tuple": ("1", "2", "3"),
        "range": range(3),
    }
    check(
        columns_of(arrays),
        {
            "list": ("number", [1, None, 2]),
            "masked": ("number", [1, None, 3]),
            "masked text": ("category", [None, "b", "c"]),
            "days": ("date", [DAY, None, DAY]),
            "aware": ("date", [HOUR, None, HOUR]),
            "text": ("category", ["x", None, "y"]),
            "bytes": ("category", ["x", None, "y"]),
            "tuple": ("category", ["1", "2", "3"]),
            "range": ("number", [0, 1, 2]),
        },
    )
    records = np.array([(1, "x"), (2, "y")], dtype=[("a", "i4"), ("b", "U3")])
    check(columns_of(records), {"a": ("number", [1, 2]), "b": ("category", ["x", "y"])})
    square = np.array([[1.0, 2.0], [3.0, NAN]])
    check(columns_of(square, names=["a", "b"]), {"a": ("number", [1, 3]), "b": ("number", [2, None])})
    assert list(columns_of(square)) == ["1", "2"]
    table = Columns({"a": np.array([1.0])})
    assert columns_of(table)["a"].tolist() == [1.0]


def test_columns_are_converted_to_the_types_of_a_model():
    frame = {
        "extra": [None, None],
        "zip": [1.0, NAN],
        "code": [7, 8],
        "barcode": [4006381333931.0, NAN],
        "flag": [True, False],
        "price": ["$1,234", "$5"],
        "born": ["2/1/2024", "31/1/2024"],
        "day": np.array(["2024-01-31", "NaT"], "datetime64[ns]"),
    }
    types = {
        "born": "date",
        "price": "number",
        "flag": "number",
        "code": "category",
        "barcode": "category",
        "zip": "category",
        "day": "category",
    }
    check(
        columns_of(frame, types),
        {
            "born": ("date", [datetime(2024, 1, 2), datetime(2024, 1, 31)]),
            "price": ("number", [1234, 5]),
            "flag": ("number", [1, 0]),
            "code": ("category", ["7", "8"]),
            "barcode": ("category", ["4006381333931", None]),
            "zip": ("category", ["1", None]),
            "day": ("category", ["2024-01-31T00:00:00.000000000", None]),
        },
    )


def test_spaces_around_texts_are_ignored_in_memory_as_in_a_file(tmp_path):
    pd = pytest.importorskip("pandas")
    texts = ["Private", " Private", "Private\t", " true", "  ", " NA "] * 4
    (tmp_path / "table.csv").write_text("\n".join(["kind,y", *(f"{text},{row % 2}" for row, text in enumerate(texts))]))
    read = read_table(tmp_path / "table.csv").columns["kind"].tolist()
    assert read[:6] == ["Private", "Private", "Private", "true", None, None]
    assert columns_of({"kind": texts})["kind"].tolist() == read
    assert columns_of(pd.DataFrame({"kind": pd.Categorical(texts)}))["kind"].tolist() == read


@pytest.mark.parametrize(
    ("frame", "types", "message"),
    [
        ({"a": [1, "x"]}, None, "column 'a' has '1' in row 0 and 'x' in row 1: values of different types"),
        ({"a": [1.0, np.inf]}, None, "column 'a', row 1: inf is not a finite number"),
        ({"a": [1], "b": [1, 2]}, None, "column 'b'"),
        ({"a": [[1]]}, None, "column 'a', row 0: a list is neither a number, a text, nor a date"),
        ({"a": [np.zeros(2)]}, None, "column 'a', row 0: an? ndarray is neither a number, a text, nor a date"),
        ({"a": [DAY, DAY.replace(tzinfo=UTC)]}, None, "column 'a': the date in row 1 has a time zone"),
        ({"a": np.zeros((2, 2))}, None, r"column 'a' has the shape \(2, 2\)"),
        ({"a": np.array([1j])}, None, "column 'a', row 0: '1j' is not a number"),
        ({"a": "xyz"}, None, "a str is not a column"),
        ({}, None, "at least one column"),
        (5, None, "an int is not a table"),
        (np.zeros(3), None, r"an array of shape \(3,\) is not a table"),
        ({1: [1], "1": [2]}, None, "two columns are called '1'"),
        ({"ages": [1]}, {"age": "number"}, "there is no column 'age'\n  did you mean ages"),
        ({"a": ["1", "x"]}, {"a": "number"}, "column 'a', row 1: 'x' is not a number"),
        ({"a": ["2024-01-31", "soon"]}, {"a": "date"}, "column 'a', row 1: 'soon' is not a date"),
        ({"a": ["3/4/2024"]}, {"a": "date"}, "column 'a', row 0: '3/4/2024' may be a day and a month"),
        ({"a": [5.0]}, {"a": "date"}, "column 'a', row 0: '5.0' is not a date"),
        ({"a": [DAY]}, {"a": "number"}, "column 'a', row 0: .* is not a number"),
        ({"a": np.array(["2024-01-31"], "M8[s]")}, {"a": "number"}, "column 'a', row 0: .* is not a number"),
    ],
)
def test_what_is_not_a_table_or_does_not_fit_is_refused(frame, types, message):
    with pytest.raises(UsageError, match=message):
        columns_of(frame, types)


def test_two_columns_of_one_name_are_refused():
    pd = pytest.importorskip("pandas")
    with pytest.raises(UsageError, match="two columns are called 'a'"):
        columns_of(pd.DataFrame([[1, 2]], columns=["a", "a"]))
