"""Scripts answer raw rows of tables as nnzoo does, and read cells as nnzoo does, or refuse them."""

from __future__ import annotations

import csv
import re
import runpy
import string
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nnzoo import DeepNeuralNetwork
from nnzoo.api import Columns, Dataset, Feature, FileFormatError, Split, read_table
from nnzoo.builtin import numpy_reading as reading
from nnzoo.builtin.exporters import NumpyScript
from nnzoo.builtin.preprocessors import DateParts, Fill, OneHot, Ordinal, Standardize
from nnzoo.data.frames import columns_of
from nnzoo.data.parsing import MISSING, NO_NUMBER
from nnzoo.model.exporting import trained_network
from nnzoo.model.model_file import read_model
from nnzoo.model.predictor import Predictor
from nnzoo.plugins.registry import Registry

REGISTRY = Registry(disabled=["all"])
UNSEEN = "never seen"
USUAL = {
    "number": [(Fill(), Standardize()), (Fill(),)],
    "category": [(OneHot(),), (Ordinal(),), (Ordinal(), Standardize())],
    "date": [(DateParts(), Fill(), Standardize())],
}
CELLS = {
    "number": st.none() | st.floats(-1e6, 1e6) | st.integers(-9, 9),
    "category": st.none()
    | st.sampled_from(("Bern", "Zürich", "it's", 'a "b"', " ", "漢字", "🙂", "true", "1", " Bern")),
    "date": st.none() | st.datetimes(),
}


def trained(features, raw, task="classification", seed=0):
    """A network that has seen raw data for a moment; its weights are shaken, so that answers differ."""
    rng = np.random.default_rng(seed)
    n = len(raw)
    targets = {
        "classification": rng.integers(0, 3, n),
        "multi-label": rng.integers(0, 2, (n, 3)).astype(np.float64),
        "regression": 1e5 + 1e3 * rng.standard_normal((n, 2)),
    }[task]
    names = {"value_names": ("price", "rent")} if task == "regression" else {"class_names": ("a", "b", "c")}
    split = Split(raw, targets)
    data = Dataset(split, split, features=features, task=task, **names)
    dnn = DeepNeuralNetwork.for_dataset(data, model="mlp:hidden=5", activation="sigmoid", registry=REGISTRY)
    dnn.train(data, epochs=1, verbose=False)
    parameters = dnn.network.parameters.vector
    parameters += rng.standard_normal(parameters.shape).astype(np.float32)
    return dnn


def predictions_of(dnn, raw):
    return Predictor(dnn.network, dnn.task, dnn.loss, dnn.problem, dnn.preprocessing).predictions(raw)


def loaded(dnn, folder):
    """The script of a network as a module of this process."""
    dnn.save(folder / "network.safetensors")
    files = NumpyScript().export(trained_network(REGISTRY, read_model(folder / "network.safetensors")))
    for suffix, data in files.items():
        (folder / f"network{suffix}").write_bytes(data)
    return SimpleNamespace(**runpy.run_path(folder / "network.py"))  # an import could take an older file's bytecode


@st.composite
def tables(draw):
    """A table to learn from, what is done to its columns, and rows that are not in it: columns by name, of cells."""
    kinds = draw(st.lists(st.sampled_from(sorted(USUAL)), min_size=1, max_size=4))
    texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)
    names = draw(st.lists(texts, min_size=len(kinds), max_size=len(kinds), unique=True))
    n, m = draw(st.integers(4, 9)), draw(st.integers(1, 5))
    features, train, new = [], {}, {}
    for name, kind in zip(names, kinds, strict=True):
        features.append(Feature(draw(st.sampled_from(USUAL[kind])), name))
        train[name] = draw(st.lists(CELLS[kind], min_size=n, max_size=n))
        more = CELLS[kind] | st.just(UNSEEN) if kind == "category" else CELLS[kind]
        new[name] = draw(st.lists(more, min_size=m, max_size=m))
    return tuple(features), dict(zip(names, kinds, strict=True)), train, new


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(table=tables(), task=st.sampled_from(("classification", "multi-label", "regression")), seed=st.integers(0, 1000))
def test_any_table(tmp_path, table, task, seed):
    features, types, train, new = table
    try:
        dnn = trained(features, columns_of(train, types), task, seed)
    except FileFormatError:  # such as a column in which every value is missing
        assume(False)
    expected, script = predictions_of(dnn, columns_of(new, types)), loaded(dnn, tmp_path)
    rows = [dict(zip(new, cells, strict=True)) for cells in zip(*new.values(), strict=True)]
    arrays = columns_of(new, types).arrays
    for raw in (new, rows, arrays):
        np.testing.assert_allclose(script.predict(raw), expected, rtol=1e-5, atol=1e-5)


# --- cells

DATES = st.datetimes().map(str) | st.dates().map(str) | st.datetimes(timezones=st.timezones()).map(str)
TEXTS = (
    st.sampled_from(sorted(MISSING | NO_NUMBER))
    | st.sampled_from(
        ("12 %", "$1", "1,5", "1,234", "0x10", "1_000", "inf", "-inf", "−3", "1e400", "TRUE", "True", "²")
    )
    | st.sampled_from(("2024-02-30", "0000-01-01", "1/2/2024", "2024-1-5", "31.12.2024", "2024-01", "24:00", "now"))
    | st.floats(allow_nan=False).map(repr)
    | st.integers(-(10**20), 10**20).map(str)
    | DATES
    | DATES.map(lambda text: f"{text}Z")
    | st.text(string.digits + "+-.,eE_ :T/", max_size=12)
    | st.text(st.characters(codec="utf-8"), max_size=5)
)


@given(text=TEXTS, kind=st.sampled_from(("number", "category", "date")))
def test_a_text_is_read_as_nnzoo_reads_it_or_refused(text, kind):
    try:
        (read,) = reading.read_column([text], "x", kind)
    except ValueError:
        assert kind != "category"
        return
    (expected,) = columns_of({"x": [text]}, {"x": kind})["x"]
    assert read is expected or read == expected or (read != read and expected != expected)


@pytest.mark.parametrize("text", sorted(MISSING | NO_NUMBER))
def test_what_nnzoo_takes_for_missing_is_missing(text):
    for spelled in (text, text.upper(), text.title()):
        assert np.isnan(reading.read_column([spelled], "x", "number")).all()
        assert np.isnat(reading.read_column([spelled], "x", "date")).all()
        assert reading.read_column([spelled], "x", "category").tolist() == [None if text in MISSING else spelled]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2.5, None, np.nan, np.float32(0.5), np.int8(3), True, np.True_, "1e3"], "number"),
        (
            [
                1,
                2.0,
                None,
                np.nan,
                "x",
                True,
                np.float64(2.5),
                np.float32(3),
                4006381333931.0,
                1e300,
                -0.0,
                np.str_("y"),
            ],
            "category",
        ),
        (["Bern", " Bern", "Bern\t", " true", "  ", " NA "], "category"),
        ([None, np.datetime64("NaT"), np.datetime64("2024-05-06", "D"), "2024-05-06 07:08:09.9"], "date"),
        (np.array(["2024-05-06T07:08:09.123456789"], "M8[ns]"), "date"),
        (["6.5.2024", "31.12.2024", "05.06.2024 07:08"], "date"),
    ],
)
def test_values_are_read_as_nnzoo_reads_them(cells, kind):
    expected = columns_of({"x": cells}, {"x": kind})["x"]
    np.testing.assert_array_equal(reading.read_column(cells, "x", kind), expected)


@pytest.mark.parametrize(("cell", "kind"), [("x", "number"), (b"1", "date"), (object(), "number"), (3, "date")])
def test_values_of_another_type_are_refused(cell, kind):
    with pytest.raises(ValueError, match=r"row 1, column 'x'"):
        reading.read_column([None, cell], "x", kind)


# --- files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cells=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4),
    delimiter=st.sampled_from(",;\t|"),
    told=st.booleans(),
)
def test_a_file_is_read_as_nnzoo_reads_it(tmp_path, cells, delimiter, told):
    path, types = tmp_path / "table.csv", {"second": "category", "a first": "category"}
    assume(not any("\0" in text or "\r" in text for row in cells for text in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"sep={delimiter}\n" if told else "")
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("a first", "second"), *cells])
    try:
        expected = read_table(path, types=types, header="yes").columns
    except FileFormatError:
        assume(False)
    raw = reading.read_csv(path, types, ".")
    for name in types:
        assert reading.read_column(raw[name], name, "category").tolist() == expected[name].tolist()


@pytest.fixture
def people():
    """What is done to a table with a column of each type, what it is learnt from, and new rows as text."""
    rng, n = np.random.default_rng(0), 60
    train = Columns(
        {
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(40, 12, n)),
            "town": np.array([None if x > 0.9 else "Bern" if x > 0.4 else "Zürich" for x in rng.random(n)], object),
            "since": np.datetime64("2019-03-01T00:00:00") + rng.integers(0, 10**8, n).astype("m8[s]"),
        }
    )
    rows = ["31.5,Bern,2024-02-29 23:59:59", ",,", "-1e5,never seen,1899-12-31", "N/A,Zürich,2100-03-01T00:00"]
    features = tuple(Feature(USUAL[train.type(name)][0], name) for name in train)
    return features, train, "\n".join(["age,town,since", *rows]) + "\n"


@pytest.mark.parametrize("task", ["classification", "multi-label", "regression"])
def test_without_nnzoo_a_file_gets_the_same_answers(people, exported, tmp_path, task):
    features, train, text = people
    dnn = trained(features, train, task)
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    table = read_table(tmp_path / "rows.csv", types={name: train.type(name) for name in train}).columns
    expected, script = predictions_of(dnn, table), exported(dnn)
    done = script.run("rows.csv", "--out", "answers.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), expected, rtol=1e-5, atol=1e-5)
    done = script.run("rows.csv", "--out", "answers.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    answers = list(csv.DictReader((tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()))
    columns = ["a", "b", "c"] if task != "regression" else ["price", "rent"]
    numbers = [[float(row[column]) for column in columns] for row in answers]
    np.testing.assert_allclose(numbers, expected, rtol=1e-5, atol=1e-5)
    assert [row["row"] for row in answers] == ["1", "2", "3", "4"]
    if task == "regression":
        assert [row["answer"] for row in answers] == [f"{row['price']}; {row['rent']}" for row in answers]
    if task == "classification":
        assert [row["answer"] for row in answers] == ["abc"[number] for number in expected.argmax(axis=1)]
    if task == "multi-label":
        assert [row["answer"].split("; ") for row in answers] == [
            [name for name, p in zip("abc", row, strict=True) if p >= 0.5] or [""] for row in expected
        ]


def test_it_prints_a_table_of_answers(people, exported, tmp_path):
    features, train, text = people
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    done = exported(trained(features, train, "regression")).run("rows.csv")
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = [line.split() for line in done.stdout.splitlines()]
    assert header == ["row", "price", "rent"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert all(float(cell) > 9e4 for row in rows for cell in row[1:])  # in the data's units


@pytest.mark.parametrize("task", ["classification", "multi-label", "regression"])
def test_the_script_is_as_tidy_as_our_own(people, exported, task):
    features, train, _ = people
    assert exported(trained(features, train, task)).faults() == ""


def test_columns_may_stand_in_any_order_among_others(people, tmp_path):
    features, train, text = people
    script = loaded(trained(features, train), tmp_path)
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))
    turned = "\n".join("\t".join([row[2], "x y", row[0], row[1], ""]) for row in rows)
    (tmp_path / "turned.csv").write_text("\ufeff" + turned, encoding="utf-8")
    tables = (script.read_csv(tmp_path / name, script.COLUMNS, ".") for name in ("rows.csv", "turned.csv"))
    np.testing.assert_array_equal(*map(script.predict, tables))


def test_a_table_without_a_header(tmp_path):
    raw = Columns({"1": np.arange(20.0), "3": np.array(["a", "b"] * 10, object)})
    script = loaded(trained((Feature((Standardize(),), "1"), Feature((OneHot(),), "3")), raw), tmp_path)
    (tmp_path / "rows.csv").write_text("5,x,a\n7,y,b\n")
    table = script.read_csv(tmp_path / "rows.csv", script.COLUMNS, ".")
    np.testing.assert_array_equal(script.predict(table), script.predict({"1": [5, 7], "3": ["a", "b"]}))


def test_numbers_with_a_decimal_comma(people, exported, tmp_path):
    features, train, _ = people
    script = exported(trained(features, train))
    (tmp_path / "point.csv").write_text("age,town,since\n31.5,Bern,2024-02-29\n")
    (tmp_path / "comma.csv").write_text("age;town;since\n31,5;Bern;2024-02-29\n")
    expected = script.run("point.csv")
    assert expected.returncode == 0
    assert script.run("comma.csv", "--decimal", ",").stdout == expected.stdout
    assert "'31,5'" in script.run("comma.csv").stderr


def test_one_value_is_the_answer(people, tmp_path, monkeypatch):
    features, train, text = people
    split = Split(train, np.arange(60.0)[:, None])
    data = Dataset(split, split, features=features, value_names=("rent",))
    dnn = DeepNeuralNetwork.for_dataset(data, registry=REGISTRY)
    dnn.train(data, epochs=1, verbose=False)
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["network.py", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "answers.csv")])
    script = loaded(dnn, tmp_path)
    script.main()
    header, *rows = csv.reader((tmp_path / "answers.csv").read_text().splitlines())
    assert header == ["row", "answer"]
    expected = script.predict(script.read_csv(tmp_path / "rows.csv", script.COLUMNS, "."))
    assert [float(row[1]) for row in rows] == expected[:, 0].tolist()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no column 'age'"),
        (b"age,town,since\n", "0 rows"),
        (b"age,since\n1,2024-01-01\n", "no column 'town'"),
        (b"age,town,since,age\n1,a,,2\n", "two columns 'age'"),
        (b"age,town,since\n1,a,\n2,a\n", "line 3 has 2 cells"),
        (b"age,town,since\n1,a,\n$2,a,\n", "line 3, column 'age': '\\$2'"),
        (b"age,town,since\n1,a,2024-02-30\n", "line 2, column 'since'"),
        (b"age,town,since\n1,a,1/2/2024\n", "line 2, column 'since': '1/2/2024'"),
        (b'age,town,since\n1,"a,\n', "unexpected end of data"),
        (b"age,town,since\n1,\xff,\n", "utf-8"),
        (b"age,town,since\n1e39,a,\n", None),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(people, tmp_path, capsys, monkeypatch, data, message):
    features, train, _ = people
    script = loaded(trained(features, train), tmp_path)
    (tmp_path / "bad.csv").write_bytes(data)
    monkeypatch.setattr("sys.argv", ["network.py", str(tmp_path / "bad.csv")])
    if message is None:  # far from everything in training, but a number
        script.main()
        return
    with pytest.raises(SystemExit) as stopped:
        script.main()
    assert stopped.value.code == 2
    assert re.search(message, capsys.readouterr().err)


def test_rows_in_python_that_can_not_be_used(people, tmp_path):
    features, train, _ = people
    script = loaded(trained(features, train), tmp_path)
    for rows, message in (
        ({"age": [1]}, "no column 'town', 'since'"),
        ([{"age": 1, "town": "a"}], "row 0 has no column 'since'"),
        ({"age": [1, 2], "town": ["a"], "since": ["2024-01-01"]}, "1 and 2 rows"),
        ([], "0 rows"),
    ):
        with pytest.raises(ValueError, match=message):
            script.predict(rows)
