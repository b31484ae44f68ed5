"""A user's own table: what is made of it, and what is said of a bad one."""

import logging
from pathlib import Path

import numpy as np
import pytest
from nnzoo import load_dataset
from nnzoo.api import FileFormatError, StorageError, UsageError

from nnzoo_datasets import Csv

ROWS = [f"{i},{i * i % 7},{'xyz'[i % 3]}" for i in range(30)]


def write(*lines, name="t.csv", **options):
    Path(name).write_bytes(("\n".join(lines) + "\n").encode(**options))
    return name


def load(*lines, **options):
    return Csv(path=write(*lines), **options).load(cache=None)


def everything(data):
    """Training and test part together."""
    inputs = np.concatenate([data.train.inputs, data.test.inputs])
    return inputs, np.concatenate([data.train.targets, data.test.targets])


def test_a_table_with_texts_for_a_target_is_for_classification():
    data = load("a,b,kind", *ROWS)
    assert data.class_names == ("x", "y", "z")
    assert (len(data.train), len(data.test), data.input_shape) == (24, 6, (2,))
    assert data.train.inputs.dtype == np.float32
    assert np.bincount(data.test.targets).tolist() == [2, 2, 2]


def test_inputs_are_standardised_by_the_training_part_alone():
    data = load("a,b,kind", *ROWS)
    np.testing.assert_allclose(data.train.inputs.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.inputs.std(axis=0), 1, atol=1e-6)
    raw = load("a,b,kind", *ROWS, standardize="none")
    mean, deviation = raw.train.inputs.mean(axis=0), raw.train.inputs.std(axis=0)
    np.testing.assert_allclose(data.test.inputs, (raw.test.inputs - mean) / deviation, rtol=1e-5)
    assert sorted(everything(raw)[0][:, 0]) == list(range(30))


@pytest.mark.parametrize("value", ["0.1", "123456789.123", "1e30", "-1e-30"])
def test_a_column_that_is_constant_in_training_is_zero(value):
    rows = [f"{i},{value},{'xy'[i % 2]}" for i in range(20)]
    assert not everything(load("a,b,kind", *rows))[0][:, 1].any()
    write("a,b,kind", "1,7,x", "2,8,y", name="test.csv")
    data = load("a,b,kind", *rows, test_path="test.csv")
    assert data.test.inputs[:, 1].tolist() == [0, 0]


@pytest.mark.parametrize("scale", [1e-30, 1, 1e30])
def test_no_scale_is_too_large_or_small(scale):
    data = load("a,y", *[f"{i * scale!r},{i * i * scale!r}" for i in range(50)], task="regression")
    np.testing.assert_allclose(data.train.inputs.std(), 1, rtol=1e-5)
    np.testing.assert_allclose(data.train.targets.std(), 1, rtol=1e-5)


def test_texts_become_zeros_and_ones():
    data = load("color,size,kind", "red,1,x", "blue,2,y", "red,3,x", "green,4,y", test_path=write_test("green,9,x"))
    np.testing.assert_array_equal(data.train.inputs[:, :3], [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(data.test.inputs[0, :3], [0, 1, 0])


def write_test(*rows):
    return write("color,size,kind", *rows, name="test.csv")


def test_texts_of_the_test_part_alone_are_zeros_and_warned_of(caplog):
    data = load("color,size,kind", "red,1,x", "blue,2,y", test_path=write_test("green,9,x", "red,9,y"))
    np.testing.assert_array_equal(data.test.inputs[:, :2], [[0, 0], [0, 1]])
    assert "column 'color': what is in the test part alone means nothing to the network: 'green'" in caplog.text


def test_numbers_can_be_categories_and_columns_left_out():
    data = load("a,b,kind", *ROWS, categorical=("b",), ignore=("1",))
    assert data.input_shape == (4,)  # squares modulo 7
    assert set(np.unique(everything(data)[0])) == {0, 1}


def test_a_missing_value_can_be_a_category():
    write("a,b,kind", "1,2,x", name="test.csv")
    data = load("a,b,kind", "3,,x", "4,?,x", "5,2,y", categorical=("b",), test_path="test.csv")
    np.testing.assert_array_equal(data.train.inputs[:, 1:], [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(data.test.inputs[:, 1:], [[0, 1, 0]])


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (["no", "yes"], ("no", "yes")),
        (["1", "0"], ("0", "1")),
        (["10", "9", "2"], ("2", "9", "10")),
        (["1.0", "0.0"], ("0", "1")),
        (["a", "1"], ("1", "a")),
        (["1.5", "2"], ()),
        ([str(n) for n in range(30)], ()),
    ],
)
def test_the_target_tells_the_task(targets, classes):
    data = load("a,y", *[f"{i},{targets[i % len(targets)]}" for i in range(120)])
    assert data.class_names == classes
    assert data.outputs == (len(classes) or 1)


def test_the_task_can_be_said():
    rows = [f"{i},{i % 2}" for i in range(20)]
    assert load("a,y", *rows, task="regression").class_names == ()
    assert len(load("a,y", *[f"{i},{i % 2}.5" for i in range(20)], task="classification").class_names) == 2
    assert load("a,y", *rows[:10], "3,none", "4,none", task="classification").class_names == ("0", "1", "none")


def test_a_number_to_predict_is_standardised_and_that_is_said(caplog):
    caplog.set_level(logging.INFO, "nnzoo")
    rows = [f"{i},{1000 + 10.5 * i}" for i in range(50)]
    data = load("a,price", *rows)
    assert (data.train.targets.dtype, data.train.targets.shape) == (np.float32, (40, 1))
    np.testing.assert_allclose([data.train.targets.mean(), data.train.targets.std()], [0, 1], atol=1e-6)
    raw = load("a,price", *rows, standardize="inputs")
    mean, deviation = raw.train.targets.mean(), raw.train.targets.std()
    np.testing.assert_allclose(data.test.targets * deviation + mean, raw.test.targets, rtol=1e-5)
    assert f"target 'price': a number to predict, standardised: mean {mean:g}, standard deviation {deviation:g}" in (
        caplog.text
    )
    assert "from 1000 to 1514.5" in caplog.text


@pytest.mark.parametrize("target", ["kind", "3", "-1"])
def test_the_target_is_named_or_numbered(target):
    assert load("a,b,kind", *ROWS, target=target).class_names == ("x", "y", "z")
    assert load("kind,a,b", *[f"{r[-1]},{r[:-2]}" for r in ROWS], target="1").class_names == ("x", "y", "z")


def test_a_column_whose_name_is_a_number_is_meant_by_its_name():
    data = load("2,1,kind", *[f"{i},{'ab'[i % 2]},{'xyz'[i % 3]}" for i in range(30)], target="1", header="yes")
    assert data.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a,b,kind", *ROWS], True),
        (ROWS, False),
        (["u,v", "p,q", "p,r", "s,q", "s,r"], True),  # a row of different names
        (["p,p", "p,q", "q,p", "q,q"], False),
        (["", "a,b,kind", "", *ROWS, "   "], True),
    ],
)
def test_a_header_is_recognised(lines, expected, caplog):
    caplog.set_level(logging.INFO, "nnzoo")
    load(*lines)
    assert ("with a header" if expected else "no header") in caplog.text


@pytest.mark.parametrize("character", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_delimiter_is_recognised(character, ending):
    lines = ["a,b,kind", *ROWS]
    data = load(ending.join(lines).replace(",", character))
    assert data.sha256() == load(*lines).sha256()


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        (['"a, or b";kind', '"1, 2; 3";x', '"4";y', '"1, 2; 3";y', '"4";x'], 2),
        (["a;b;kind", "1,5;2,5;x", "3,5;4,5;y", "1,5;2,5;y", "3,5;4,5;x"], 2),
    ],
)
def test_a_delimiter_within_fields_misleads_nobody(lines, width):
    assert load(*lines, decimal="comma").input_shape == (width,)


def test_decimal_commas_and_spaces_around_fields():
    points = ["a,b,kind", *[f"{i / 4},{-i / 8},{'xy'[i % 2]}" for i in range(30)]]
    commas = [line.replace(",", " ; ").replace(".", ",") for line in points]
    assert load(*commas, decimal="comma").sha256() == load(*points).sha256()


def test_a_byte_order_mark_is_no_part_of_the_first_name():
    data = Csv(path=write("kind,a,b", *[f"{r[-1]},{r[:-2]}" for r in ROWS], encoding="utf-8-sig"), target="kind")
    assert data.load(cache=None).class_names == ("x", "y", "z")


def test_the_split_depends_on_the_seed_and_share_alone():
    first, again, other = (load("a,b,kind", *ROWS, seed=seed).sha256() for seed in (1, 1, 2))
    assert first == again != other
    assert len(load("a,b,kind", *ROWS, test_share=0.5).test) == 15
    assert len(load("a,b,kind", *ROWS, test_share=0.001).test) == 3  # one of each class


def test_a_table_of_its_own_for_testing():
    write("a,b,kind", *reversed(ROWS[:4]), name="test.csv")
    data = load("a,b,kind", *ROWS, test_path="test.csv", standardize="none")
    assert len(data.train) == 30
    assert data.test.inputs[:, 0].tolist() == [3, 2, 1, 0]
    assert data.test.targets.tolist() == [0, 2, 1, 0]


def test_home_and_text_form(monkeypatch, tmp_path):
    write("a,b,kind", *ROWS, name="odd=name:1.csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    data = load_dataset("csv:path=~/odd=name:1.csv,target=kind,ignore=a")
    assert data.input_shape == (1,)


LATIN = ["a,b,kind", *ROWS, "1,2,é"]
BAD = {
    "empty": ([], {}, "t.csv is empty"),
    "blank": (["", "  ", ""], {}, "t.csv is empty"),
    "header alone": (["a,b,kind"], {}, "has no rows of data"),
    "one row": (["a,b,kind", "1,2,x"], {}, "has 1 row of data"),
    "short row": (["a,b,kind", *ROWS, "1,2"], {}, "line 32 has 2 fields, but the table has 3 columns"),
    "long row": (["a,b,kind", *ROWS[:9], "1,2,3,4", *ROWS], {}, "line 11 has 4 fields"),
    "row after a field of two lines": (["a,b,kind", '1,2,"x', 'y"', "1"], {}, "line 4 has 1 field,"),
    "namesakes": (["a,b,a", *ROWS], {}, "columns 1 and 3 are both called 'a'"),
    "nameless column": ([",b,kind", *ROWS], {}, "line 1: column 1 has no name"),
    "one column": (["a", "1", "2"], {}, "no column beside the target, 'a'"),
    "all left out": (["a,b,kind", *ROWS], {"ignore": ("a", "b")}, "no column beside the target, 'kind'"),
    "open quotation": (["a,b,kind", '1,2,"x', *ROWS], {}, "line 2: unexpected end of data"),
    "text after quotation": (["a,b,kind", *ROWS, '1,2,"x"y'], {}, "line 32: ',' expected after"),
    "huge field": (["a,b,kind", *ROWS, "1,2," + "x" * 200_000], {}, "line 32: field larger than field limit"),
    "infinite": (["a,b,kind", *ROWS, "1,-inf,x"], {}, "line 32, column 'b': '-inf' is not a number, or not one"),
    "beyond float32": (["a,b,kind", *ROWS, "1e39,2,x"], {}, "line 32, column 'a': '1e39' is not a number, or not one"),
    "underscore": (["a,b,kind", *ROWS, "1_0,2,x"], {}, "line 32, column 'a': '1_0' is not a number"),
    "text among numbers": (["a,b,kind", *ROWS, "1,two,x"], {}, "line 32, column 'b': 'two' is not a number"),
    "decimal comma": (["a;kind", "1,5;x", "2,5;y"], {}, "line 2, column 'a': '1,5' looks like a number with a decimal"),
    "late decimal comma": (
        ["a;kind", "1;x", "2,5;y"],
        {},
        "line 3, column 'a': '2,5' looks like a number with a decimal comma",
    ),
    "decimal point": (
        ["a;y", "1.5;x"],
        {"decimal": "comma"},
        "line 2, column 'a': '1.5' looks like a number with a decimal",
    ),
    "missing": (["a,b,kind", *ROWS, "1,,x"], {}, r"line 32, column 'b': the value is missing \(''\)"),
    "missing at once": (["a,b,kind", "1,NaN,x", *ROWS], {}, r"line 2, column 'b': the value is missing \('NaN'\)"),
    "missing text": (["a,kind", "red,x", "N/A,y"], {}, r"line 3, column 'a': the value is missing \('N/A'\)"),
    "missing target": (["a,b,kind", *ROWS, "1,2,"], {}, "line 32, column 'kind': the target is missing"),
    "missing class": (["a,y", "1,a", "2,"], {"task": "classification"}, "line 3, column 'y': the target is missing"),
    "text target": (["a,y", "1,1.5", "2,three"], {}, "line 3, column 'y': 'three' is not a number"),
    "text to predict": (["a,b,kind", *ROWS], {"task": "regression"}, "line 2, column 'kind': 'x' is not a number"),
    "one class": (["a,y", "1,x", "2,x"], {}, "line 2, column 'y': all rows are of one class, 'x'"),
    "class of one": (["a,b,kind", *ROWS, "1,2,w"], {}, "line 32, column 'kind': this is the only row of class 'w'"),
    "constant target": (["a,y", "1,0.5", "2,0.5", "3,0.5"], {"task": "regression"}, "the target is 0.5 in all rows"),
    "names": (
        ["a,b", *[f"name{i},{'xy'[i % 2]}" for i in range(300)]],
        {},
        "line 102, column 'a': the column has more",
    ),
    "far target": (
        ["a,y", *["1,1e-38", "2,2e-38"] * 9, "1,3e38"],
        {"seed": 3, "task": "regression"},
        "line 20, column 'y': the number is too far",
    ),
    "far away": (["a,y", *["1e-38,1", "2e-38,2"] * 9, "3e38,1"], {"seed": 3}, "too far from those trained on"),
}


@pytest.mark.parametrize(("lines", "options", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_table_is_an_error_that_names_the_place(lines, options, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        load(*lines, **options)
    assert caught.value.message.startswith("t.csv")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_that_is_not_utf8_is_an_error(encoding):
    line = {"latin-1": 32, "utf-16": 1}[encoding]
    with pytest.raises(FileFormatError, match=rf"t\.csv, line {line} is not UTF-8") as caught:
        Csv(path=write(*LATIN, encoding=encoding)).load(cache=None)
    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (["a,kind,b", "1,x,2"], r"test\.csv, line 1: the columns are 'a', 'kind', 'b'; those of t\.csv are 'a', 'b',"),
        (["a,b,kind", "1,2,x", "1,2,w"], r"test\.csv, line 3, column 'kind': no row trained on is of class 'w'"),
        (["a,b,kind", "1,two,x"], r"test\.csv, line 2, column 'b': 'two' is not a number"),
        (["a,b,kind", "1,x"], r"test\.csv, line 2 has 2 fields"),
        (["a,b,kind"], r"test\.csv has no rows"),
        ([], r"test\.csv, line 1: the columns are none"),
    ],
)
def test_a_table_for_testing_must_be_like_the_first(test, message):
    write(*test, name="test.csv")
    with pytest.raises(FileFormatError, match=message):
        load("a,b,kind", *ROWS, test_path="test.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "Kind"}, "there is no column 'Kind'\n  columns are 'a', 'b', 'kind'; their numbers, 1 to 3"),
        ({"target": "4"}, "there is no column '4'"),
        ({"target": "0"}, "there is no column '0'"),
        ({"ignore": ("c",)}, "there is no column 'c'"),
        ({"categorical": ("c",)}, "there is no column 'c'"),
        ({"ignore": ("kind",)}, "column 'kind' is the target"),
    ],
)
def test_a_column_that_is_not_there_is_a_usage_error(options, message):
    with pytest.raises(UsageError, match=message):
        load("a,b,kind", *ROWS, **options)


def test_a_file_that_is_not_there_is_a_usage_error():
    with pytest.raises(UsageError, match=r"nowhere\.csv does not exist\n  looked for .*nowhere"):
        load_dataset("csv:path=nowhere.csv")
    Path("folder.csv").mkdir()
    with pytest.raises(UsageError, match="is not a file"):
        load_dataset("csv:path=folder.csv")
    with pytest.raises(UsageError, match="needs a value for path"):
        load_dataset("csv")


def test_a_file_that_cannot_be_read_is_a_storage_error(monkeypatch):
    with pytest.raises(StorageError, match="can't read x"):
        load_dataset(f"csv:path={'x' * 5000}")
    write("a,b,kind", *ROWS)
    monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(StorageError, match=r"can't read t\.csv: Permission denied"):
        load_dataset("csv:path=t.csv")


def test_what_was_understood_is_said_in_a_line(caplog):
    caplog.set_level(logging.INFO, "nnzoo")
    load("a,b,kind", *[f"{'pq'[i % 2]},{row[2:]}" for i, row in enumerate(ROWS[:9])])
    assert caplog.messages == [
        "t.csv: 9 rows, with a header, fields parted at each comma; columns to learn from: 1 of numbers, 1 of texts; "
        "target 'kind': 3 classes"
    ]
