"""A user's own tables and arrays on the command line: a look, a training, and mistakes."""

import json
from pathlib import Path

import numpy as np
import pytest

RNG = np.random.default_rng(0)


@pytest.fixture
def nnzoo(nnzoo_here, tmp_path):
    """Run a command in the folder of the data."""
    return lambda *arguments: nnzoo_here(tmp_path, *arguments)


@pytest.fixture
def flowers(write):
    """Three kinds of flowers, each around a place of its own, with gaps, a color and row numbers."""
    kinds = np.arange(150) % 3
    x = RNG.standard_normal((150, 2)) * 0.3 + np.array([[0, 0], [2, 0], [0, 2]])[kinds]
    rows = [
        f"{n};{1000 + 100 * a:.2f};{b if n % 10 else float('nan'):.4f};{'red' if n % 7 else '-'};{'ABC'[kind]}"
        for n, ((a, b), kind) in enumerate(zip(x, kinds, strict=True))
    ]
    return write("sep=;", "id;width;length;color;kind", *rows, name="my flowers, 2024.csv")


@pytest.fixture
def bars():
    """Bars that stand and bars that lie, as arrays."""
    images, labels = np.zeros((200, 5, 5), np.uint8), np.arange(200) % 2
    for image, label, place in zip(images, labels, RNG.integers(0, 5, 200), strict=True):
        (image if label else image.T)[place] = 255
    np.savez_compressed("bars.npz", x=images, y=np.array(["standing", "lying"])[labels])
    return "bars.npz"


def test_a_table_is_shown_with_a_line_for_each_column(nnzoo, flowers):
    shown = nnzoo("data", "show", flowers)
    assert shown.code == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert "each 3 columns" in shown.stdout
    assert ["id", "row", "number", "–", "0", "…", "149", "left", "out:"] in [line[:9] for line in lines]
    assert ["length", "number", "15"] in [line[:3] for line in lines]
    assert ["color", "category", "–", "-,", "red", "input"] in lines
    assert ["kind", "category", "–", "A,", "B,", "C", "target:", "3", "classes"] in lines
    assert ["A", "40", "33.3%", "10", "33.3%"] in lines


def test_a_table_is_shown_as_json_and_as_a_figure(nnzoo, flowers):
    shown = nnzoo("data", "show", f"{flowers}:target=width", "--json", "--out", "look.svg")
    found = json.loads(shown.stdout)
    assert (found["task"], found["value_names"], found["outputs"]) == ("regression", ["width"], 1)
    columns = {column["name"]: column for column in found["columns"]}
    assert {name: (c["type"], c["use"], c["missing"]) for name, c in columns.items()} == {
        "id": ("row number", "left out", 0),
        "width": ("number", "target", 0),
        "length": ("number", "input", 15),
        "color": ("category", "input", 0),
        "kind": ("category", "input", 0),
    }
    assert columns["kind"]["some"] == ["A", "B", "C"]
    figure = Path("look.svg").read_text(encoding="utf-8")
    for name in ("length", "color", "kind"):
        assert f"<!-- {name} -->" in figure


@pytest.mark.parametrize("named", ["{}", "csv:path={},seed=1"])
def test_a_table_is_learnt(nnzoo, write, flowers, named):
    if named.startswith("csv"):
        flowers = write(*Path(flowers).read_text().splitlines(), name="flowers.csv")
    done = nnzoo("train", "--dataset", named.format(flowers), "--epochs", "20", "--run-dir", "run", "--json")
    assert done.code == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["test_accuracy"] >= 0.9
    stored = json.loads(Path("run/run.json").read_text())["components"]["dataset"]
    assert (stored["name"], stored["options"]["path"]) == ("nnzoo/csv", flowers)
    again = nnzoo("evaluate", "run", "--dataset", named.format(flowers), "--json")
    assert json.loads(again.stdout)["accuracy"] == results["test_accuracy"]


def test_arrays_are_learnt(nnzoo, bars):
    done = nnzoo("train", "--dataset", bars, "--epochs", "20", "--batch-size", "32", "--run-dir", "run", "--json")
    assert json.loads(done.stdout)["test_accuracy"] >= 0.95
    assert json.loads(Path("run/run.json").read_text())["components"]["dataset"]["name"] == "nnzoo/npz"


def test_numbers_are_learnt_whatever_their_unit(nnzoo, write):
    x = RNG.standard_normal((400, 3))
    prices = 1e6 * (5 + x @ [1, -2, 0.5])
    rows = [",".join(f"{v:.6g}" for v in (*row, price)) for row, price in zip(x, prices, strict=True)]
    write("a,b,c,price", *rows, name="houses.csv")
    done = nnzoo("train", "--dataset", "houses.csv", "--epochs", "20", "--run-dir", "run", "--json")
    results = json.loads(done.stdout)
    assert results["loss"] == "mse"
    assert results["test_r2"] > 0.95
    assert 0 < results["test_mae"] < 5e5  # in the unit of the prices


def test_mistakes_are_reported_without_a_traceback(nnzoo, write):
    write("a;b;kind", *[f"{i}.5;{i}{',' * (i == 4)}1;{'xy'[i % 2]}" for i in range(9)], name="iris.csv")
    for dataset, code, message in (
        ("csv", 2, "dataset csv needs a value for path"),
        ("irsi.csv", 2, "did you mean iris.csv"),
        ("iris", 2, "did you mean the file iris.csv"),
        ("csv:iris.csv", 2, "csv:path=iris.csv"),
        ("iris.csv:target=colour", 2, "there is no column 'colour'"),
        ("iris.csv", 3, "iris.csv, line 6, column 'b': '4,1' looks like a number with a decimal comma"),
    ):
        for command in (("train", "--dataset", dataset), ("data", "show", dataset), ("explain", "--dataset", dataset)):
            done = nnzoo(*command)
            assert (done.code, done.stdout) == (code, ""), done.stderr
            assert done.stderr.startswith("nnzoo: error: ")
            assert message in done.stderr
            assert "Traceback" not in done.stderr
    assert not Path("runs").exists()


def test_a_row_is_read_in_the_order_of_day_and_month_that_the_training_table_shows(nnzoo, write):
    days = [f"{1 + n % 28:02}/{1 + n % 12:02}/2023,{n % 2}" for n in range(80)]
    table = write("day,kind", *days, name="days.csv")
    assert nnzoo("train", "--dataset", table, "--epochs", "2", "--run-dir", "run").code == 0
    write("day", "03/04/2024", name="short.csv")
    write("day", "2024-04-03", name="full.csv")
    write("day", "12/31/2024", name="other.csv")
    short, full = (json.loads(nnzoo("predict", "run", name, "--json").stdout) for name in ("short.csv", "full.csv"))
    assert short[0]["probability"] == full[0]["probability"]
    refused = nnzoo("predict", "run", "other.csv")
    assert refused.code == 3
    assert "'12/31/2024'" in refused.stderr
    assert "ignore=" not in refused.stderr  # which `nnzoo predict` does not take
