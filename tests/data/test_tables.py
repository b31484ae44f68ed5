"""`read_table`: delimiters, headers, the types of columns, what is left out and what is refused."""

import csv
import gzip
import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from nnzoo.api import FileFormatError, UsageError, read_table
from nnzoo.data.tables import describe_table

ROWS = [f"{i},{i * i % 7},{'xyz'[i % 3]}" for i in range(30)]
MEASURED = [f"{i / 7:.2f},{'abc'[i % 3]}" for i in range(12)]


def cells(*texts):
    """A table of these cells, and of their numbers from 5: so the second column has nothing odd."""
    with Path("t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("v", "w"), *((text, 5 + 2 * row) for row, text in enumerate(texts))])
    return "t.csv"


def found(table):
    """Type and use of the first column, and its values."""
    finding = table.findings[0]
    values = table.columns["v"].tolist() if "v" in table.columns.arrays else None
    return finding.type, finding.use, values


# Files


@pytest.mark.parametrize("character", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_recognised(write, character, ending):
    table = read_table(write(*(line.replace(",", character) for line in ["a,b,kind", *ROWS]), ending=ending))
    assert table.columns["b"].tolist() == [i * i % 7 for i in range(30)]
    assert table.columns["kind"].tolist() == list("xyz" * 10)
    assert table.has_header
    assert table.lines.tolist() == list(range(2, 32))


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        (['"a, or b";kind', '"1, 2; 3";x', '"4";y', '"1, 2; 3";y', '"4";x'], 2),
        (["a;b;kind", "1,5;2,5;x", "3,5;4,5;y", "1,5;2,5;y", "3,5;4,5;x"], 3),
    ],
)
def test_a_delimiter_within_fields_does_not_mislead(write, lines, width):
    assert len(read_table(write(*lines), decimal="comma").columns.arrays) == width


def test_decimal_commas_and_spaces_around_fields(write):
    lines = ["a,b,kind", *[f"{i / 4},{-i / 8},{'xy'[i % 2]}" for i in range(30)]]
    commas = read_table(write(*(line.replace(",", " ; ").replace(".", ",") for line in lines)), decimal="comma")
    points = read_table(write(*lines))
    for name in points.columns:
        assert commas.columns[name].tolist() == points.columns[name].tolist()


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;"])
def test_the_line_that_names_excel_s_delimiter_is_followed(write, first):
    table = read_table(write(first, "a;b", *[f"{i}, {i};x{i % 2}" for i in range(5)]))
    assert (table.delimiter, list(table.columns), table.lines[0]) == ("semicolon", ["a", "b"], 3)
    unusual = read_table(write("sep=^", "a^b", "1^2", "3^4"))
    assert (unusual.delimiter, unusual.columns["b"].tolist()) == ("^", [2, 4])
    told = read_table(write("sep=;", "a,b", "1,2"), delimiter="comma")
    assert list(told.columns) == ["a", "b"]


def test_a_byte_order_mark_is_not_part_of_the_first_name(write):
    assert list(read_table(write("kind,a", "x,1", "y,2", encoding="utf-8-sig")).columns) == ["kind", "a"]


def test_a_packed_table_is_unpacked(write):
    Path("t.csv.gz").write_bytes(gzip.compress("\n".join(["a,b,kind", *ROWS]).encode()))
    assert len(read_table("t.csv.gz")) == 30


def test_a_damaged_or_huge_packed_table_is_refused(monkeypatch):
    packed = gzip.compress("\n".join(["a,b,kind", *ROWS]).encode())
    for damaged in (packed[:-9], packed[:-8] + b"\0" * 8, packed[:12] + b"\xff" * 9 + packed[21:]):
        Path("t.csv.gz").write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"t\.csv\.gz is not an intact gzip file"):
            read_table("t.csv.gz")
    monkeypatch.setattr("nnzoo.data.records._ALWAYS_UNPACKED", 10_000)
    rows = "".join(f"{i},{i * i % 97}\n" for i in range(5000))
    packed = gzip.compress(f"a,b\n{rows}".encode())
    Path("t.csv.gz").write_bytes(packed)
    assert len(read_table("t.csv.gz")) == 5000  # not 200 times its size
    monkeypatch.setattr("nnzoo.data.records._MOST_GROWTH", 2)
    with pytest.raises(FileFormatError, match=f"unpacks to more than {2 * len(packed):,} bytes, from {len(packed):,}"):
        read_table("t.csv.gz")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04....", "t.csv is an Excel workbook or another zip archive, not CSV"),
        (b"PAR1....", "t.csv is a Parquet file"),
        ("a,b\n1,2\n".encode("utf-16"), "t.csv is text in UTF-16"),
        ("a,b\n" + "1,2\n" * 30 + "1,é\n", "t.csv, line 32 is not UTF-8 text"),
        ("a,b\n" + "1,2\n" * 30 + "1,x\0\n", "t.csv, line 32 has a NUL character"),
    ],
)
def test_errors_name_other_file_formats(data, message):
    Path("t.csv").write_bytes(data if isinstance(data, bytes) else data.encode("latin-1"))
    with pytest.raises(FileFormatError, match=message) as caught:
        read_table("t.csv")
    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize("path", ["pipe.csv", "/dev/zero", "/dev/null"])
def test_only_regular_files_are_read(path):
    os.mkfifo("pipe.csv")
    with pytest.raises(UsageError, match="a pipe or a device"):
        read_table(path)


def test_quoted_fields_may_contain_anything(write):
    texts = ['said "no"', "a, b", "two\nlines", "x"]
    lines = ["text,n"] + [f'"{text.replace(chr(34), chr(34) * 2)}",{i}' for i, text in enumerate(texts)]
    table = read_table(write(*lines))
    assert table.columns["text"].tolist() == texts
    assert table.lines.tolist() == [2, 3, 4, 6]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "t.csv is empty"),
        (["", "  ", ""], "t.csv is empty"),
        (["a,b,kind"], "t.csv has no rows of data"),
        (["a,b,kind", *ROWS, "1,2"], "line 32 has 2 fields, but the lines before have 3"),
        (["a,b,kind", *ROWS[:9], "1,2,3,4", *ROWS], "line 11 has 4 fields"),
        (["a,b,kind", '1,2,"x', 'y"', "1"], "line 4 has 1 field,"),
        (["a,b,kind", '1,2,"x', *ROWS], "line 2: unexpected end of data"),
        (["a,b,kind", *ROWS, '1,2,"x"y'], "line 32: ',' expected after"),
        (["a,b,kind", *ROWS, "1,2," + "x" * 200_000], "line 32: field larger than field limit"),
    ],
)
def test_a_file_that_is_not_a_table_is_an_error_with_its_line(write, lines, message):
    with pytest.raises(FileFormatError, match=message):
        read_table(write(*lines))


# Headers


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a,b,kind", *ROWS], True),
        (ROWS, False),
        (["u,v", "p,q", "p,r", "s,q", "s,r"], True),  # different texts that don't come again
        (["p,q", "p,q", "q,p", "q,r"], False),
        (["p,p", "p,q", "q,p", "q,q"], False),
        (["", "a,b,kind", "", *ROWS, "   "], True),
        (["2024-01-31,red", "2024-02-01,blue"], False),
        (["day,color", "2024-01-31,red", "2024-02-01,red"], True),
        (["$5,red", "$6,red"], False),
        (["country,1990,1991", "Chad,1.5,2.5", "Chad,1.25,7.5"], True),  # a year names a column
        (["1,2,3,4", "2,1,4,3", "4,3,2,1"], False),
    ],
)
def test_a_header_is_recognised(write, lines, expected):
    table = read_table(write(*lines))
    assert table.has_header == expected
    assert len(table) == len([line for line in lines if line.strip()]) - expected
    assert read_table(write("a,b,c", *ROWS), header="no", ignore=("1", "2")).columns["3"].tolist()[0] == "c"


@pytest.mark.parametrize("width", [2, 3, 5, 12])
@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("kind", ["floats", "integers", "texts"])
def test_a_header_that_pandas_counts_up_is_a_header(width, index, kind):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    values = {"floats": rng.normal(size=(40, width)), "integers": rng.integers(0, 9, (40, width))}
    values["texts"] = rng.choice(["red", "blue", "green"], (40, width))
    pandas.DataFrame(values[kind]).to_csv("t.csv", index=index)
    table = read_table("t.csv")
    if kind == "integers" and width < 4 and not index:
        assert not table.has_header  # 0,1 may well be a row
        return
    assert (table.has_header, len(table)) == (True, 40)
    assert list(table.columns) == [str(n) for n in range(width)]
    assert [f.type for f in table.left_out] == ["row number"] * index


@pytest.mark.parametrize(
    ("header", "row", "used"),
    [
        ("x,k,", "{},", ["x", "k"]),  # a delimiter at the end of each line
        ("x,k", "{},", ["x", "k"]),  # of each but the header's
        ("x,k,", "{}", ["x", "k"]),  # of the header's alone
        ("", "{},", ["1", "2"]),
        ('"","x","k"', '"{n}",{}', ["x", "k"]),  # R's write.csv
        ('"x","k"', '"{n}",{}', ["x", "k"]),  # R's write.table
        ('"x","k"', '"row {n}",{}', ["x", "k"]),
        ("Unnamed: 0,x,k", "{n},{}", ["x", "k"]),
        ("x,k,,", "{},,", ["x", "k"]),
    ],
)
def test_headers_longer_and_shorter_than_their_rows(write, header, row, used):
    rows = [row.replace("{n}", str(n)).replace("{}", text) for n, text in enumerate(MEASURED, 1)]
    table = read_table(write(*([header] if header else []), *rows), target="-1" if header[-1:] != "," else "")
    assert list(table.columns) == [name for name in used if name != table.target_name]
    assert table.columns[used[0]].tolist() == [round(i / 7, 2) for i in range(12)]
    assert len(table) == 12


@pytest.mark.parametrize("header", ["x,k,z", "x", "x,k,z,y", "x,k,,y"])
def test_a_header_that_does_not_fit_is_refused(write, header):
    rows = [f"{line},q" if header == "x" else line for line in MEASURED]
    with pytest.raises(FileFormatError, match=rf"line 1: the header has {header.count(',') + 1} fields?, but the next"):
        read_table(write(header, *rows))


def test_namesakes_and_nameless_columns_are_refused_unless_left_out(write):
    write("a,b,a,", "1,2,3,q", "2,3,4,q", "3,3,4,w")
    with pytest.raises(FileFormatError, match=r"columns 1 and 3 are both called 'a'\n.*ignore=3"):
        read_table("t.csv", ignore=("4",))
    with pytest.raises(FileFormatError, match=r"column 4 has no name\n.*ignore=4"):
        read_table("t.csv", ignore=("3",))
    assert list(read_table("t.csv", ignore=("3", "4")).columns) == ["a", "b"]
    with pytest.raises(UsageError, match=r"two columns called 'a'\n  give its number: 1 or 3"):
        read_table("t.csv", ignore=("a",))


# Numbers

PLAIN = [str(i * 3.5) for i in range(30)]


@pytest.mark.parametrize(
    "missing", ["-", "n/a", "#DIV/0!", ".", "?", "NA", "NaN", "null", "None", "", "#N/A", "<NA>", "–", "--", "n.a."]
)
def test_missing_numbers_are_missing(missing):
    kind, use, values = found(read_table(cells(*PLAIN, missing, missing)))
    assert (kind, use) == ("number", "input")
    np.testing.assert_array_equal(values, [*map(float, PLAIN), np.nan, np.nan])


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "-2", "+3", "1e5", "2.5E-3", "−4", ".5", "6."], [1, -2, 3, 1e5, 2.5e-3, -4, 0.5, 6]),
        (["12 %", "-3%", "4.5 %", "-"], [12, -3, 4.5, np.nan]),
        (["$12", "-$1,234.50", "$-3", "$ 4"], [12, -1234.5, -3, 4]),
        (["12 €", "3€", "€ 4"], [12, 3, 4]),
        (["1,234", "12", "1,234,567"], [1234, 12, 1234567]),
        (["1 234", "2\u202f345\u202f678".replace("\u202f", " "), "9"], [1234, 2345678, 9]),
        (["1\u00a0234", "5\u00a0000.5"], [1234, 5000.5]),
        (["1'234", "9"], [1234, 9]),
        (["12 kg", "3 kg", "4.5kg"], [12, 3, 4.5]),
        (["12 °C", "-3 °C"], [12, -3]),
    ],
)
def test_numbers_are_read_in_any_format_that_a_column_uses_throughout(texts, values):
    kind, use, numbers = found(read_table(cells(*texts)))
    assert (kind, use) == ("number", "input")
    np.testing.assert_array_equal(numbers, values)


@pytest.mark.parametrize("odd", ["<5", "12 %", "$12", "5 kg", "abc", "1e400", "1_0", "0x1F", "1,5", "(12)", "12 to 14"])
def test_a_cell_that_is_not_a_number_is_refused_with_line_column_and_remedy(odd):
    path = cells(*PLAIN[:20], odd, *PLAIN)
    with pytest.raises(FileFormatError, match=r"t\.csv, line 22, column 'v': ") as caught:
        read_table(path)
    assert repr(odd) in caught.value.message
    assert "ignore=v" in caught.value.hint
    assert list(read_table(path, ignore=("v",)).columns) == ["w"]
    if "categorical=v" in caught.value.hint:
        assert read_table(path, categorical=("v",)).columns.type("v") == "category"


@pytest.mark.parametrize("infinite", ["inf", "-inf", "Infinity", "1e999"])
def test_infinite_numbers_are_refused(infinite):
    with pytest.raises(FileFormatError, match=r"line 32, column 'v': .* is not a"):
        read_table(cells(*PLAIN, infinite))


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["1,234", "5678", "12"], 3),
        (["5678", "1,234", "12"], 3),
        (["1,234", "2 345", "3"], 3),
        (["$1", "$2", "€3"], 4),
        (["12 %", "3 %", "0.5"], 4),
        ([f"{i} {'kg' if i % 2 else 'g'}" for i in range(40)], 3),
    ],
)
def test_numbers_that_are_written_in_two_ways_are_refused(texts, line):
    with pytest.raises(FileFormatError, match=rf"t\.csv, line {line}, column 'v'"):
        read_table(cells(*texts))


def test_a_comma_separates_thousands_only_if_it_can_mean_nothing_else(write):
    with pytest.raises(FileFormatError, match=r"line 2, column 'v': '1,234' may be a whole number.*\n.*decimal=comma"):
        read_table(write("v;w", "1,234;1", "2,345;2"))
    assert read_table(write("v;w", "1,234;1", "2,345;2"), decimal="comma").columns["v"].tolist() == [1.234, 2.345]
    assert read_table(write("v;w", "1,234,567;1", "2,345;2")).columns["v"].tolist() == [1234567, 2345]
    assert read_table(write("v;w", "1.234;1", "2.345,5;2"), decimal="comma").columns["v"].tolist() == [1234, 2345.5]


@pytest.mark.parametrize(
    ("lines", "decimal", "message"),
    [
        (["a;kind", "1,5;x", "2,5;y"], "point", "line 2, column 'a': '1,5' looks like a number with a decimal comma"),
        (
            ["a;kind", "1;x", "2,5;y", "3;y"],
            "point",
            "line 3, column 'a': '2,5' looks like a number with a decimal comma",
        ),
        (["a;y", "1.5;x", "2.5;y"], "comma", "line 2, column 'a': '1.5' looks like a number with a decimal point"),
        (["a;y", "1.5;x", "2.345,5;y"], "comma", "line 2, column 'a': '1.5' looks like a number with a decimal point"),
    ],
)
def test_the_other_decimal_sign_is_recognised(write, lines, decimal, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        read_table(write(*lines), decimal=decimal)
    assert f"decimal={'comma' if decimal == 'point' else 'point'}" in caught.value.hint


# Dates


@pytest.mark.parametrize(
    ("texts", "dates"),
    [
        (["2024-01-31", "2024-02-01", "NA", "-"], [(2024, 1, 31), (2024, 2, 1), None, None]),
        (["2024/01/31", "2024/2/1"], [(2024, 1, 31), (2024, 2, 1)]),
        (["31.12.2024", "01.02.2023 18:30"], [(2024, 12, 31), (2023, 2, 1, 18, 30)]),
        (["1/31/2024", "2/1/2024"], [(2024, 1, 31), (2024, 2, 1)]),
        (["2/1/2024", "31/1/2024"], [(2024, 1, 2), (2024, 1, 31)]),
        (["5/5/2024", "6/6/2024"], [(2024, 5, 5), (2024, 6, 6)]),
        (["2024-01-31T10:20:30.5", "2024-01-31 10:20"], [(2024, 1, 31, 10, 20, 30), (2024, 1, 31, 10, 20)]),
        (["2024-01-31T00:00:00Z", "2024-01-31T01:30:00+02:00"], [(2024, 1, 31), (2024, 1, 30, 23, 30)]),
        (["1/31/2024 9:05 PM", "2/1/2024 12:00 am"], [(2024, 1, 31, 21, 5), (2024, 2, 1)]),
        (["31 Jan 2024", "1 February 2023", "2-Sept-2022"], [(2024, 1, 31), (2023, 2, 1), (2022, 9, 2)]),
        (["Jan 31, 2024", "Dec 1st 2023"], [(2024, 1, 31), (2023, 12, 1)]),
        (["2024-01", "2023-12"], [(2024, 1, 1), (2023, 12, 1)]),
    ],
)
def test_dates_are_read(texts, dates):
    kind, use, values = found(read_table(cells(*texts)))
    assert (kind, use) == ("date", "input")
    assert values == [date and datetime(*date) for date in dates]


def test_ambiguous_dates_are_left_out_and_reported():
    table = read_table(cells("3/1/2024", "2/1/2024"))
    assert found(table) == ("date", "left out", None)
    assert "'3/1/2024' may be a day and a month" in table.findings[0].note
    assert "dates=day-first" in table.findings[0].note
    assert found(read_table("t.csv", dates="day-first"))[2] == [datetime(2024, 1, 3), datetime(2024, 1, 2)]
    assert found(read_table("t.csv", dates="month-first"))[2] == [datetime(2024, 3, 1), datetime(2024, 2, 1)]


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["2024-01-31", "2024-02-30", "2024-02-01"], 3),
        (["2024-01-31", "2024-02-01", "soon"], 4),
        (["2024-01-31", "2024-02-01", "7"], 4),
        (["31/1/2024", "2/13/2024", "1/1/2024"], 3),
        (["2024-01-31T10:00:00Z", "2024-02-01T11:22:33"], 3),
    ],
)
def test_a_cell_that_does_not_fit_its_dates_is_refused(texts, line):
    with pytest.raises(FileFormatError, match=rf"t\.csv, line {line}, column 'v'"):
        read_table(cells(*texts))


# Categories, and what is left out


@pytest.mark.parametrize(
    ("texts", "categories"),
    [
        (["red", "", "blue", "N/A", "?"], ["red", None, "blue", None, None]),
        (["true", "FALSE", "True"], ["true", "false", "true"]),
        (["yes", "no", "yes"], ["yes", "no", "yes"]),
        (["+", "-", "."], ["+", "-", "."]),
        (["1st", "2nd", "3rd", "crew"], ["1st", "2nd", "3rd", "crew"]),
        (["A1", "B2", "7", "C3"], ["A1", "B2", "7", "C3"]),
        (["18-25", "26-35", "<18", "65+"], ["18-25", "26-35", "<18", "65+"]),
    ],
)
def test_texts_are_categories(texts, categories):
    assert found(read_table(cells(*texts))) == ("category", "input", categories)


def test_numbers_that_are_declared_categories_stay_as_written():
    path = cells("01", "1", "1.0", "2", "", "TRUE")
    assert found(read_table(path, categorical=("v",)))[2] == ["01", "1", "1.0", "2", None, "true"]
    assert found(read_table(path, categorical=("1",)))[0] == "category"
    many = cells(*(f"{i:04}" for i in range(900)))
    assert found(read_table(many, categorical=("v",)))[2][:2] == ["0000", "0001"]


def test_free_text_and_too_many_categories_are_left_out_with_a_note():
    names = read_table(cells(*(f"name {i}" for i in range(40))))
    assert found(names) == ("text", "left out", None)
    towns = read_table(cells(*(f"town {i % 120}" for i in range(400))))
    assert found(towns) == ("text", "left out", None)
    for table in (names, towns):
        assert "categorical=v" in table.findings[0].note
    assert found(read_table("t.csv", categorical=("v",)))[:2] == ("category", "input")
    assert found(read_table(cells(*(f"town {i % 99}" for i in range(400)))))[:2] == ("category", "input")


@pytest.mark.parametrize(
    ("name", "values", "left_out"),
    [
        ("", range(30), True),
        ("Unnamed: 0", range(30), True),
        ("rownames", range(1, 31), True),
        ("id", range(1, 31), True),
        ("index", range(30), True),
        ("PassengerId", range(700, 730), True),
        ("customer_id", [i * 7919 % 1000 for i in range(30)], True),
        ("index", range(5, 35), False),
        ("age", range(30), False),
        ("humid", range(30), False),
        ("customer_id", [i % 5 for i in range(30)], False),
    ],
)
def test_row_numbers_are_left_out_with_a_note(write, name, values, left_out):
    table = read_table(write(f"{name},b", *[f"{value},{i % 7}" for i, value in enumerate(values)]))
    first = table.findings[0]
    assert (first.type, first.use) == (("row number", "left out") if left_out else ("number", "input"))
    assert bool(first.note) == left_out


def test_an_empty_column_is_left_out_with_a_note():
    assert found(read_table(cells("", "NA", "-"))) == ("empty", "left out", None)


def test_the_error_for_a_table_without_usable_columns_lists_those_left_out():
    with pytest.raises(FileFormatError, match=r"no column to learn from\n  left out: 'v' \(nearly all"):
        read_table(cells(*(f"name {i}" for i in range(40))), ignore=("w",))


def test_a_table_is_described_in_rows():
    rows = describe_table(read_table(cells(*PLAIN, "")).findings)
    assert rows[0] == ("v", "number", "1", "0 … 101.5", "input")
    rows = describe_table(read_table(cells("red", "blue", "green", "red", "white")).findings)
    assert rows[0] == ("v", "category", "–", "4 different: blue, green, red, …", "input")
    assert describe_table(read_table(cells("2024-01-31", "2024-02-01")).findings)[0][3] == "2024-01-31 … 2024-02-01"
    codes = describe_table(read_table(cells("01", "02", "10")).findings)[0]
    assert "categorical=v" in codes[4]


# For a model

TYPES = {"age": "number", "town": "category", "born": "date"}


def test_a_table_for_a_model_may_have_its_columns_in_any_order_and_more(write):
    table = read_table(write("extra,born,town,kind,age", "q,2024-01-31,12,x,1.5", "q,,bern,y,"), types=TYPES)
    assert list(table.columns) == list(TYPES)
    assert table.columns["town"].tolist() == ["12", "bern"]
    np.testing.assert_array_equal(table.columns["age"], [1.5, np.nan])
    assert [finding.name for finding in table.left_out] == ["extra", "kind"]
    assert table.types == TYPES


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["born,kind", "2024-01-31,x"], r"t\.csv has no columns 'age', 'town'\n  its columns are 'born', 'kind'"),
        (["age,town,born", "1,a,", "two,b,"], r"t\.csv, line 3, column 'age': 'two' is not a number"),
        (["age,town,born", "1,a,", "2,b,soon"], r"t\.csv, line 3, column 'born': 'soon' is not a date"),
        (["age,town,born", "1,a,3/4/2024"], r"line 2, column 'born': '3/4/2024' may be a day and a month"),
        (["1,a,2024-01-31"], r"t\.csv has no columns 'age', 'town', 'born'\n  it has no header"),
        (["age,town,born"], "has no rows of data"),
    ],
)
def test_a_table_that_a_model_cannot_use_is_an_error(write, lines, message):
    with pytest.raises(FileFormatError, match=message):
        read_table(write(*lines), types=TYPES)


def test_a_single_row_can_be_read_for_a_model(write):
    table = read_table(write("town,age,born", "7,,2024-01-31"), types=TYPES)
    assert table.columns["town"].tolist() == ["7"]
    assert np.isnan(table.columns["age"]).all()
    wide = {str(n): "number" for n in range(1, 4)}
    assert read_table(write("1,2.5,3"), types=wide).columns["2"].tolist() == [2.5]
    many = read_table(write("age,town,born", *[f"1,{i:05},2024-01-31" for i in range(3000)]), types=TYPES)
    assert many.columns["town"].tolist()[-1] == "02999"
