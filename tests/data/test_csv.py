"""The data set of a user's own table: parts, targets, what is done to each column, and bad tables."""

import logging
from pathlib import Path

import numpy as np
import pytest

from nnzoo import load_dataset
from nnzoo.api import Columns, FileFormatError, StorageError, UsageError
from nnzoo.builtin.preprocessors import DateParts, Fill, OneHot, Ordinal, Standardize
from nnzoo.builtin.tables import Csv
from nnzoo.kinds import load_checked

ROWS = [f"{i},{i * i % 7},{'xyz'[i % 3]}" for i in range(30)]


@pytest.fixture
def load(write):
    """The data set of a table of these lines."""

    def load(*lines, **options):
        return Csv(path=write(*lines), **options).load(cache=None)

    return load


def column(data, name):
    """A column of both parts."""
    return np.concatenate([data.train.inputs[name], data.test.inputs[name]])


def test_a_table_is_rows_of_columns_and_classes(load):
    data = load("a,b,kind", *ROWS)
    assert data.class_names == ("x", "y", "z")
    assert isinstance(data.train.inputs, Columns)
    assert list(data.train.inputs) == ["a", "b"]
    assert (len(data.train), len(data.test), data.task) == (24, 6, "classification")
    assert np.bincount(data.test.targets).tolist() == [2, 2, 2]
    rows = {i: (i * i % 7, i % 3) for i in range(30)}
    for part in (data.train, data.test):
        for a, b, label in zip(part.inputs["a"], part.inputs["b"], part.targets, strict=True):
            assert rows.pop(int(a)) == (int(b), label)
    assert not rows


def test_a_network_sees_numbers_standardised_by_the_training_part_alone(load):
    data = load("a,b,kind", *ROWS)
    x_train, _, x_test, _ = data.arrays()
    np.testing.assert_allclose(x_train.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(x_train.std(axis=0), 1, atol=1e-6)
    raw = data.train.inputs["a"]
    np.testing.assert_allclose(x_test[:, 0], (data.test.inputs["a"] - raw.mean()) / raw.std(), rtol=1e-5)
    assert load("a,b,kind", *ROWS, standardize="none").arrays()[0][:, 0].max() == 29


def test_each_type_of_column_has_its_steps(load):
    rows = [f"{i / 2},{'pq'[i % 2]},2024-01-{i + 1:02},{['lo', 'hi'][i % 2]},{'xy'[i % 3 == 0]}" for i in range(30)]
    data = load("number,text,day,size,kind", *rows, ordinal=("size:lo|hi",))
    steps = {feature.column: feature.steps for feature in data.features}
    assert steps == {
        "number": (Fill(), Standardize()),
        "text": (OneHot(),),
        "day": (DateParts(), Fill(), Standardize()),
        "size": (Ordinal("lo|hi"), Standardize()),
    }
    assert data.arrays()[0].shape == (24, 1 + 2 + len(DateParts().fit(data.train.inputs["day"])["parts"]) * 2 - 1 + 1)
    plain = load("number,text,day,size,kind", *rows, standardize="none", missing="error")
    assert {feature.column: feature.steps for feature in plain.features} == {
        "number": (Fill("error"),),
        "text": (OneHot("error"),),
        "day": (DateParts(), Fill("error")),
        "size": (OneHot("error"),),
    }


def test_missing_values_are_filled_dropped_or_an_error(load, caplog):
    rows = [*ROWS, "NA,2,x", "3,,y"]
    data = load("a,b,kind", *rows)
    assert len(data.train) + len(data.test) == 32
    assert np.isnan(column(data, "a")).sum() == np.isnan(column(data, "b")).sum() == 1
    assert all(np.isfinite(x).all() for x in data.arrays())

    with pytest.raises(FileFormatError, match=r"t\.csv, line 32, column 'a': the value is missing\n.*missing=fill"):
        load("a,b,kind", *rows, missing="error")

    caplog.clear()
    data = load("a,b,kind", *rows, "4,5,", missing="drop")
    assert len(data.train) + len(data.test) == 30
    assert "rows with a missing value are dropped: 3 of 33" in caplog.text
    assert data.sha256() == load("a,b,kind", *ROWS).sha256()


def test_rows_without_a_target_are_an_error_or_dropped_alone(load, caplog):
    rows = [*ROWS, "NA,2,x", "4,5,", ",6,"]
    with pytest.raises(FileFormatError, match=r"line 33, column 'kind'.*\n.*unlabelled=drop"):
        load("a,b,kind", *rows)
    data = load("a,b,kind", *rows, unlabelled="drop")
    assert len(data.train) + len(data.test) == 31
    assert np.isnan(column(data, "a")).sum() == 1
    assert "rows without a target are dropped: 2 of 33" in caplog.text
    with pytest.raises(FileFormatError, match="line 32, column 'a': the value is missing"):
        load("a,b,kind", *rows, unlabelled="drop", missing="error")
    assert (
        load("a,b,kind", *ROWS, ",6,", unlabelled="drop", missing="error").sha256() == load("a,b,kind", *ROWS).sha256()
    )


def test_missing_texts_are_one_more_category(load):
    data = load("color,a,kind", *[f"{['red', '', 'blue', 'N/A'][i % 4]},{i},{'xy'[i % 2]}" for i in range(20)])
    assert set(column(data, "color")) == {"red", "blue", None}
    x_train = data.arrays()[0]
    assert x_train.shape == (16, 4)
    np.testing.assert_array_equal(x_train[:, :3].sum(axis=1), 1)


def test_categories_that_only_the_test_part_has_are_reported(load, write, caplog):
    write("color,size,kind", "green,9,x", "red,9,y", name="test.csv")
    data = load("color,size,kind", "red,1,x", "blue,2,y", "red,3,x", "red,4,y", test_path="test.csv")
    assert "column 'color': only the test part has 'green'" in caplog.text
    np.testing.assert_allclose(data.arrays()[2][:, :2], [[0.25, 0.75], [0, 1]])


def test_numbers_can_be_categories_and_columns_left_out(load):
    data = load("a,b,kind", *ROWS, categorical=("b",), ignore=("1",))
    assert list(data.train.inputs) == ["b"]
    assert set(column(data, "b")) == {str(i * i % 7) for i in range(30)}


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (["no", "yes"], ("no", "yes")),
        (["1", "0"], ("0", "1")),
        (["10", "9", "2"], ("2", "9", "10")),
        (["1.0", "0.0"], ("0", "1")),
        (["-0", "0", "1"], ("0", "1")),
        (["4006381333931", "4006381333948"], ("4006381333931", "4006381333948")),
        (["a", "1"], ("1", "a")),
        (["+", "-"], ("+", "-")),
        (["True", "False"], ("False", "True")),
        (["1.5", "2"], ()),
        (["12 %", "3 %", "7.5 %"], ()),
        ([f"${n},000" for n in range(1, 31)], ()),
        ([str(n) for n in range(30)], ()),
    ],
)
def test_the_target_decides_the_task(load, targets, classes):
    data = load("a,y", *[f'{i},"{targets[i % len(targets)]}"' for i in range(120)])
    assert data.class_names == classes
    assert data.task == ("classification" if classes else "regression")
    assert data.value_names == (() if classes else ("y",))


def test_the_task_can_be_chosen(load):
    rows = [f"{i},{i % 2}" for i in range(20)]
    data = load("a,y", *rows, task="regression")
    assert (data.class_names, data.train.targets.dtype, data.train.targets.shape) == ((), np.float64, (16, 1))
    assert len(load("a,y", *[f"{i},{i % 2}.5" for i in range(20)], task="classification").class_names) == 2
    assert load("a,y", *rows[:10], "3,none", "4,none", task="classification").class_names == ("0", "1", "none")


def test_values_to_predict_keep_their_unit(load, caplog):
    caplog.set_level(logging.INFO, "nnzoo")
    data = load("a,price", *[f"{i},{1000 + 10.5 * i}" for i in range(50)])
    targets = np.concatenate([data.train.targets, data.test.targets])
    assert sorted(targets[:, 0].tolist()) == [1000 + 10.5 * i for i in range(50)]
    assert "target 'price': a number to predict" in caplog.text


@pytest.mark.parametrize("target", ["kind", "3", "-1"])
def test_the_target_is_named_or_numbered(load, target):
    assert load("a,b,kind", *ROWS, target=target).class_names == ("x", "y", "z")
    assert load("kind,a,b", *[f"{r[-1]},{r[:-2]}" for r in ROWS], target="1").class_names == ("x", "y", "z")


def test_a_number_means_the_column_of_that_name_first(load):
    data = load("2,1,kind", *[f"{i},{'ab'[i % 2]},{'xyz'[i % 3]}" for i in range(30)], target="1", header="yes")
    assert data.class_names == ("a", "b")


def test_the_parts_depend_on_the_seed_and_share_alone(load):
    first, again, other = (load("a,b,kind", *ROWS, seed=seed).sha256() for seed in (1, 1, 2))
    assert first == again != other
    assert len(load("a,b,kind", *ROWS, test_share=0.5).test) == 15
    assert len(load("a,b,kind", *ROWS, test_share=0.001).test) == 3  # one of each class


def test_the_parts_are_those_of_version_0_1(load):
    data = load("a,b,kind", *ROWS)
    assert data.test.inputs["a"].tolist() == [7, 12, 14, 17, 18, 28]
    data = load("a,b,kind", *ROWS, target="a", task="regression")
    assert data.test.targets[:, 0].tolist() == [2, 4, 10, 11, 21, 26]


def test_a_separate_table_for_testing(load, write):
    write("extra,kind,b,a", "q,x,2,3", "q,z,4,2", "q,y,1,1", "q,x,0,0", name="test.csv")
    data = load("a,b,kind", *ROWS, test_path="test.csv")
    assert len(data.train) == 30
    assert data.test.inputs["a"].tolist() == [3, 2, 1, 0]
    assert data.test.targets.tolist() == [0, 2, 1, 0]


def test_numbers_for_testing_are_in_the_units_trained_on(load, write, caplog):
    rows = [f"{i} %,{i},{i * 2.5} kg" for i in range(40)]
    write("share,n,mass", "50,1,2 kg", "60,2,2.5 kg", name="test.csv")
    data = load("share,n,mass", *rows, test_path="test.csv")
    assert data.units == {"share": "%", "mass": "kg"}
    assert "'share' as %" in caplog.text
    for wrong, what in [("50 %,1,200 g", "'mass'"), ("50 $,1,2 kg", "'share'"), ("50 %,1 %,2 kg", "'n'")]:
        write("share,n,mass", wrong, name="test.csv")
        with pytest.raises(FileFormatError, match=f"column {what}: the numbers are in"):
            load("share,n,mass", *rows, test_path="test.csv")


def test_a_table_is_read_with_the_types_of_a_model(load, write):
    zips = [f"{i % 2 + 1:02},{i},{'xy'[i % 2]}" for i in range(20)]
    data = load("zip,a,kind", *zips, categorical=("zip",))
    types = {name: data.train.inputs.type(name) for name in data.train.inputs}
    path = write("kind,a,zip", *[f"y,{i},02" for i in range(4)], "x,1,3", "x,2,1")
    other = load_checked(Csv(path=path, target="kind"), None, types)
    assert set(column(other, "zip")) <= {"02", "3", "1"}
    with pytest.raises(FileFormatError, match=r"t\.csv, line 3, column 'a': 'many' is not a number"):
        load_checked(Csv(path=write("zip,a,kind", "01,2,x", "02,many,y")), None, types)
    with pytest.raises(FileFormatError, match="column 'a' can't be the target"):
        load_checked(Csv(path=write("zip,a", "01,2", "02,3")), None, types)


def test_home_and_text_form(write, monkeypatch, tmp_path):
    write("a,b,kind", *ROWS, name="odd=name:1.csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    data = load_dataset("csv:path=~/odd=name:1.csv,target=kind,ignore=a")
    assert list(data.train.inputs) == ["b"]


BAD = {
    "empty": ([], {}, "t.csv is empty"),
    "header alone": (["a,b,kind"], {}, "has no rows of data"),
    "one row": (["a,b,kind", "1,2,x"], {"task": "regression", "target": "a"}, "has 1 row of data; at least two"),
    "one row left": (["a,b", "1,2", ",3", "4,"], {"missing": "drop"}, "has 1 row of data left; at least two"),
    "namesakes": (["a,b,a", *ROWS], {}, "columns 1 and 3 are both called 'a'"),
    "nameless column": ([",b,kind", *[f"q{i % 2},{i},{'xy'[i % 2]}" for i in range(9)]], {}, "column 1 has no name"),
    "nameless target": (["a,b,", *ROWS], {}, "column 3, the target, has no name"),
    "one column": (["a", "1", "2"], {}, "no column besides the target, 'a'"),
    "all left out": (["a,b,kind", *ROWS], {"ignore": ("a", "b")}, "no column besides the target, 'kind'"),
    "text among numbers": (["a,b,kind", *ROWS, "1,two,x"], {}, "line 32, column 'b': 'two' is not a number"),
    "missing target": (["a,b,kind", *ROWS, "1,2,"], {}, "line 32, column 'kind': the target is missing"),
    "missing class": (["a,y", "1,a", "2,"], {"task": "classification"}, "line 3, column 'y': the target is missing"),
    "text target": (["a,y", "1,1.5", "2,2.5", "2,three"], {}, "line 4, column 'y': 'three' is not a number"),
    "text to predict": (["a,b,kind", *ROWS], {"task": "regression"}, "line 2, column 'kind': 'x' is not a number"),
    "one class": (["a,y", "1,x", "2,x"], {}, "line 2, column 'y': all rows are of one class, 'x'"),
    "class of one": (["a,b,kind", *ROWS, "1,2,w"], {}, "line 32, column 'kind': this is the only row of class 'w'"),
    "constant target": (
        ["a,y", "1,0.5", "2,0.5", "3,0.5"],
        {"task": "regression"},
        "target is 0.5 in all training rows",
    ),
    "too many classes": (["a,y", *[f"{i % 7},c{i // 2}" for i in range(2400)]], {}, "the target has 1,200 different"),
    "too many categories": (
        ["a,y", *[f"c{i},{i % 2}" for i in range(1200)]],
        {"categorical": ("a",)},
        "column 'a': there are 1,200 different texts; at most 1,000",
    ),
}


@pytest.mark.parametrize(("lines", "options", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_table_is_an_error_that_names_the_place(load, lines, options, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        load(*lines, **options)
    assert caught.value.message.startswith("t.csv")


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (["a,kind", "1,x"], r"test\.csv has no column 'b'\n  its columns are 'a', 'kind'"),
        (["a,b,kind", "1,2,x", "1,2,w"], r"line 3, column 'kind': no row of the training part is of class 'w'"),
        (["a,b,kind", "1,two,x"], r"test\.csv, line 2, column 'b': 'two' is not a number"),
        (["a,b,kind", "1,2,x", "1,x"], r"test\.csv, line 3 has 2 fields"),
        (["a,b,kind"], r"test\.csv has no rows"),
        ([], r"test\.csv is empty"),
    ],
)
def test_a_table_for_testing_must_have_what_the_first_has(load, write, test, message):
    write(*test, name="test.csv")
    with pytest.raises(FileFormatError, match=message):
        load("a,b,kind", *ROWS, test_path="test.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "Kind"}, "there is no column 'Kind' in t.csv\n  did you mean kind?"),
        ({"target": "4"}, "there is no column '4'"),
        ({"target": "0"}, "there is no column '0'"),
        ({"ignore": ("c",)}, "there is no column 'c'"),
        ({"categorical": ("c",)}, "there is no column 'c'"),
        ({"ordinal": ("c:1|2",)}, "there is no column 'c'"),
        ({"ordinal": ("kind:x|y|z",)}, "ordinal: there is no column 'kind'"),
        ({"ordinal": ("b:none|mild|severe",)}, "'none' is read as a missing value"),
        ({"ignore": ("kind",)}, "column 'kind' is the target"),
    ],
)
def test_a_column_that_is_not_there_is_a_usage_error(load, options, message):
    with pytest.raises(UsageError, match=message):
        load("a,b,kind", *ROWS, **options)


def test_a_file_that_is_not_there_is_a_usage_error(write):
    write("a,b,kind", *ROWS, name="somewhere.csv")
    with pytest.raises(UsageError, match=r"there is no file nowhere\.csv\n  did you mean somewhere\.csv\? looked"):
        load_dataset("csv:path=nowhere.csv")
    Path("folder.csv").mkdir()
    with pytest.raises(UsageError, match=r"folder\.csv is a folder"):
        load_dataset("csv:path=folder.csv")
    with pytest.raises(UsageError, match="needs a value for path"):
        load_dataset("csv")


def test_a_file_that_cannot_be_read_is_a_storage_error(write, monkeypatch):
    with pytest.raises(StorageError, match="can't read x"):
        load_dataset(f"csv:path={'x' * 5000}")
    write("a,b,kind", *ROWS)
    monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(StorageError, match=r"can't read t\.csv: Permission denied"):
        load_dataset("csv:path=t.csv")


def test_a_one_line_description_of_the_table_is_logged(load, caplog):
    caplog.set_level(logging.INFO, "nnzoo")
    load("a,b,kind", *[f"{'pq'[i % 2]},{row[2:]}" for i, row in enumerate(ROWS[:9])])
    assert caplog.messages == [
        "t.csv: 9 rows, with a header, fields divided at each comma; columns to learn from: 1 of numbers, 1 of "
        "categories; target 'kind': 3 classes"
    ]


def test_findings_describe_the_use_of_each_column(load):
    rows = [f"{i},{i / 3:.2f},{'ab'[i % 2]},note {i},{'xy'[i % 2]}" for i in range(1, 41)]
    findings = {f.name: f for f in load("id,length,group,remark,kind", *rows, ignore=("group",)).findings}
    assert {name: (f.type, f.use) for name, f in findings.items()} == {
        "id": ("row number", "left out"),
        "length": ("number", "input"),
        "group": ("category", "left out"),
        "remark": ("text", "left out"),
        "kind": ("category", "target"),
    }
    assert (findings["length"].low, findings["length"].high) == (0.33, 13.33)
    assert "categorical=remark" in findings["remark"].note
    assert findings["kind"].note == "2 classes"
    used = load("remark,kind", *[row.split(",", 3)[3] for row in rows], categorical=("remark",))
    assert list(used.train.inputs) == ["remark"]


@pytest.mark.parametrize("name", ["nnzoo-datasets/csv", "nnzoo-datasets/npz"])
def test_records_of_0_1_name_it_by_its_former_plugin(name):
    from nnzoo import registry

    found = registry.get("dataset", name)
    assert found.full_name == name.replace("nnzoo-datasets", "nnzoo")
