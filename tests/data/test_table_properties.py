"""Any table that is written comes back as it was, and no file, however odd, is anything but a table or an error."""

import csv
import gzip
import io
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnzoo.api import NnzooError, read_table
from nnzoo.builtin.tables import Csv
from nnzoo.data import columns_of
from nnzoo.data.parsing import is_missing, plain_number, written_date, written_number
from nnzoo.data.records import DELIMITERS

# Without the carriage return, which Python's csv.writer does not always quote, and NUL, which no text file has.
TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=8)
    .map(str.strip)
    .filter(lambda text: not is_missing(text) and text.casefold() not in ("true", "false"))
    .filter(lambda text: not any(written_number(text, sign) for sign in ".,") and not written_date(text))
)
# Within 1e300: of larger numbers a difference may be infinite, which is an error, not a number.
NUMBERS = st.floats(-1e300, 1e300) | st.integers(-(10**9), 10**9).map(float)
DATES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
KINDS = {"number": NUMBERS, "category": TEXTS, "date": DATES}
MISSING = {
    "number": ["", "NA", "n/a", "-", "#DIV/0!", ".", "NaN", "null"],
    "category": ["", "NA", "?", "None"],
    "date": ["", "NaT", "-"],
}


@st.composite
def tables(draw, missing=True):
    """Columns by name, each with its type and its values; None where one is missing."""
    rows = draw(st.integers(1, 9))
    names = draw(st.lists(TEXTS, min_size=1, max_size=5, unique=True))
    found = {}
    for name in names:
        kind = draw(st.sampled_from(sorted(KINDS)))
        values = draw(st.lists(KINDS[kind], min_size=rows, max_size=rows))
        if missing:
            gaps = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
            gaps[draw(st.integers(0, rows - 1))] = False  # not all: nothing would show the type
            values = [None if gap else value for value, gap in zip(values, gaps, strict=True)]
        found[name] = (kind, values)
    return found


def spelled(kind, values, words):
    """A column as texts; None becomes one of the ways to say so, in turn."""
    texts = []
    for row, value in enumerate(values):
        if value is None:
            texts.append(MISSING[kind][words % len(MISSING[kind])] if row % 2 else "")
        else:
            texts.append(value.isoformat(" " if words % 2 else "T") if kind == "date" else str(value))
    return texts


def written(columns, **dialect):
    text = io.StringIO(newline="")
    csv.writer(text, **dialect).writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def read(data, name="table.csv", **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read_table(path, **options)


def require_equal(columns, table):
    """Hold what was read against what was written."""
    assert list(columns) == list(table)
    for name, (kind, values) in table.items():
        assert columns.type(name) == kind
        pairs = zip(columns.missing(name), columns[name].tolist(), strict=True)
        assert [None if gone else value for gone, value in pairs] == values


@given(
    table=tables(),
    delimiter=st.sampled_from(sorted(set(DELIMITERS) - {"space"})),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    words=st.integers(0, 20),
    packed=st.booleans(),
    mark=st.booleans(),
)
def test_a_table_comes_back_as_it_was(table, delimiter, ending, quoting, words, packed, mark):
    columns = [[name, *spelled(kind, values, words)] for name, (kind, values) in table.items()]
    data = b"\xef\xbb\xbf" * mark + written(
        columns, delimiter=DELIMITERS[delimiter], lineterminator=ending, quoting=quoting
    )
    found = read(
        gzip.compress(data) if packed else data,
        delimiter=delimiter,
        header="yes",
        categorical=[str(place) for place, (kind, _) in enumerate(table.values(), 1) if kind == "category"],
    )
    require_equal(found.columns, table)
    assert len(found.lines) == len(found) == len(found.columns)


@given(table=tables(), words=st.integers(0, 20), order=st.randoms(use_true_random=False))
def test_a_model_reads_the_columns_in_any_order(table, words, order):
    names = list(table)
    order.shuffle(names)
    columns = [[name, *spelled(*table[name], words)] for name in names]
    types = {name: kind for name, (kind, _) in table.items()}
    found = read(written([*columns, ["…", *("extra" for _ in columns[0][1:])]]), delimiter="comma", types=types)
    require_equal(found.columns, table)


@given(table=tables(), words=st.integers(0, 20))
def test_a_table_in_memory_is_what_is_read(table, words):
    types = {name: kind for name, (kind, _) in table.items()}
    texts = {name: spelled(kind, values, words) for name, (kind, values) in table.items()}
    for frame in ({name: values for name, (_, values) in table.items()}, texts):
        require_equal(columns_of(frame, types), table)


@given(table=tables(), index=st.booleans())
def test_what_pandas_writes_is_read(table, index):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({name: pandas.Series(values, dtype=object) for name, (_, values) in table.items()})
    text = io.StringIO(newline="")
    frame.to_csv(text, index=index)
    types = {name: kind for name, (kind, _) in table.items()}
    found = read(text.getvalue().encode(), delimiter="comma", types=types)
    require_equal(found.columns, table)


@given(table=tables(missing=False), seed=st.integers(0, 5))
def test_a_data_set_of_it_is_finite_and_complete(table, seed):
    columns = [[name, *spelled(kind, values * 4, 0)] for name, (kind, values) in table.items()]
    target = ["the target", *("ab"[row % 2] for row in range(len(columns[0]) - 1))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(written([*columns, target]))
        told = tuple(str(place) for place, (kind, _) in enumerate(table.values(), 1) if kind == "category")
        data = Csv(path=str(path), seed=seed, header="yes", delimiter="comma", categorical=told).load(cache=None)
    assert len(data.train) + len(data.test) == len(target) - 1
    for inputs in data.arrays()[::2]:
        assert np.isfinite(inputs).all()


FRAGMENTS = st.sampled_from(
    [
        *(
            b",",
            b";",
            b"\t",
            b'"',
            b"\n",
            b"\r",
            b" ",
            b"1",
            b"2.5",
            b"a",
            b"nan",
            b"\xff",
            b"\0",
            b"-",
            b"%",
            b"$",
            b"id",
        ),
        *(b"1,234", b"1e999", b"2024-01-31", b"1/2/2024", b"sep=;\n"),
        *(b"\xc2\xa0", b"\xef\xbb\xbf", b"\x1f\x8b"),
    ]
)


@given(
    data=st.lists(FRAGMENTS, max_size=40).map(b"".join) | st.binary(max_size=60),
    decimal=st.sampled_from(["point", "comma"]),
)
def test_any_file_is_a_table_or_an_error(data, decimal):
    for options in ({}, {"types": {"1": "number", "a": "category"}}, {"target": "-1"}):
        try:
            table = read(data, decimal=decimal, **options)
        except NnzooError as error:
            assert error.exit_code in (2, 3)  # noqa: PT017 (both ends are right)
        else:
            assert len(table.lines) == len(table.columns) > 0


PACKED = gzip.compress(b"a,b,kind\n" + b"".join(b"%d,%d,x\n" % (i, i * i) for i in range(20)))


@given(place=st.integers(0, len(PACKED) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(PACKED)))
def test_a_damaged_packed_table_is_an_error_or_what_it_was(place, byte, cut):
    for damaged in (PACKED[:place] + bytes([byte]) + PACKED[place + 1 :], PACKED[:cut]):
        try:
            assert len(read(damaged)) == 20
        except NnzooError as error:
            assert error.exit_code == 3  # noqa: PT017 (both ends are right)


@given(text=st.text(max_size=12) | st.from_regex(r"[-+$ ]{0,2}[0-9., ]{1,9}[%eE€kg ]{0,3}", fullmatch=True))
def test_any_cell_is_a_finite_number_or_none(text):
    for decimal in ".,":
        plain, form = plain_number(text, decimal), written_number(text, decimal)
        assert plain is None or np.isfinite(plain)
        assert form is None or np.isfinite(form.value)
        assert plain is None or form is not None
    date = written_date(text)
    assert date is None or date.month_first or date.day_first
