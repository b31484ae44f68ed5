"""``nnzoo evaluate`` on a file that a network was not trained on: a table is read as the training's was."""

import csv
import json

import numpy as np
import pytest

from nnzoo import DeepNeuralNetwork
from nnzoo.data import read_table

TYPES = {"length": "number", "weight": "number", "color": "category"}


def flowers(count, seed, *, least=0.0):
    """Rows of a table whose last column follows from the first; all longer than the least length."""
    rng = np.random.default_rng(seed)
    rows = []
    for length in rng.uniform(least, 30, count):
        kind = "small" if length < 10 else "medium" if length < 20 else "large"
        weight = 1000 + 50 * length + rng.normal()
        rows.append({"length": length, "weight": weight, "color": "red" if length < 15 else "blue", "kind": kind})
    return rows


def write(path, rows, columns):
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows([row[column] for column in columns] for row in rows)


COLUMNS = ("length", "weight", "color", "kind")
NEW = flowers(37, 1, least=12) + [row for row in flowers(60, 2) if row["kind"] == "small"][:3]
"""Few small ones: their mean and their spread are not those of the training."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory, nnzoo_here):
    """A folder with networks for the kind and for the weight, and tables that these have not seen."""
    folder = tmp_path_factory.mktemp("trained")
    write(folder / "flowers.csv", flowers(300, 0), COLUMNS)
    for row in NEW:
        row["note"] = "picked by hand"
    write(folder / "new.csv", NEW, ("kind", "color", "weight", "length", "note"))
    write(folder / "one.csv", NEW[:1], COLUMNS)
    write(folder / "unknown.csv", [{**NEW[0], "kind": "huge"}, *NEW[1:]], COLUMNS)
    write(folder / "short.csv", NEW, ("length", "color", "kind"))
    write(folder / "words.csv", [{**NEW[0], "length": "long"}, *NEW[1:]], COLUMNS)
    for target in ("kind", "weight"):
        spec = f"csv:path=flowers.csv,target={target}" if target == "weight" else "flowers.csv"
        outcome = nnzoo_here(folder, "train", "--dataset", spec, "--epochs", "40", "--run-dir", target, "--quiet")
        assert outcome.code == 0, outcome.stderr
    return folder


@pytest.fixture
def evaluated(nnzoo_here, trained):
    def evaluate(*arguments):
        outcome = nnzoo_here(trained, "evaluate", *arguments, "--json")
        assert outcome.code == 0, outcome.stderr
        return json.loads(outcome.stdout)

    return evaluate


def test_another_table_is_prepared_with_the_statistics_of_the_training(evaluated, trained):
    found = evaluated("kind", "--dataset", "new.csv")
    assert (found["part"], found["samples"], found["notes"]) == ("all", 40, [])
    assert found["accuracy"] > 0.9  # with the other table's own statistics, many are taken for small ones
    table = read_table(trained / "new.csv", types=TYPES).columns
    dnn = DeepNeuralNetwork.load(trained / "kind" / "model.safetensors")
    answers = [dnn.class_names[label] for label in dnn.predict(table)]
    assert found["accuracy"] == np.mean([answer == row["kind"] for answer, row in zip(answers, NEW, strict=True)])
    counts = {each["class"]: each["samples"] for each in found["classes"]}
    assert counts == {name: sum(row["kind"] == name for row in NEW) for name in ("large", "medium", "small")}


def test_the_target_is_the_column_of_the_same_name_wherever_it_stands(evaluated):
    found = evaluated("weight", "--dataset", "new.csv")
    (value,) = found["values"]
    assert value["value"] == "weight"
    assert value["mean"] == pytest.approx(np.mean([row["weight"] for row in NEW]))
    assert found["r2"] > 0.8
    assert found["mae"] == pytest.approx(value["mae"])


def test_the_text_says_which_part_of_which_file(nnzoo_here, trained):
    text = nnzoo_here(trained, "evaluate", "kind", "--dataset", "new.csv").stdout
    assert "on 40 samples of new.csv (all)" in text
    assert "on 1 sample of one.csv (all)" in nnzoo_here(trained, "evaluate", "kind", "--dataset", "one.csv").stdout
    assert "of flowers.csv (test)" in nnzoo_here(trained, "evaluate", "kind").stdout


@pytest.mark.parametrize("name", ["flowers.csv", "./flowers.csv", "csv:path=flowers.csv"])
def test_the_table_that_it_was_trained_on_keeps_its_parts(evaluated, name):
    found = evaluated("kind", "--dataset", name)
    own = evaluated("kind")
    assert (found["part"], found["samples"], found["accuracy"]) == ("test", own["samples"], own["accuracy"])
    assert found["data_sha256"] == own["data_sha256"]
    assert evaluated("kind", "--dataset", name, "--part", "all")["samples"] == 300


@pytest.mark.parametrize(
    ("name", "fragments"),
    [
        ("unknown.csv", ["unknown.csv, line 2, column 'kind'", "'huge'"]),
        ("short.csv", ["short.csv", "'weight'"]),
        ("words.csv", ["words.csv, line 2, column 'length'", "long"]),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_the_place(nnzoo_here, trained, name, fragments):
    outcome = nnzoo_here(trained, "evaluate", "kind", "--dataset", name)
    assert (outcome.code, outcome.stdout) == (3, "")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_options_that_are_given_with_the_file_hold(nnzoo_here, trained):
    (trained / "semicolons.csv").write_text((trained / "new.csv").read_text().replace(",", ";"))
    command = ("evaluate", "kind", "--dataset", "semicolons.csv:delimiter=semicolon", "--json")
    found = json.loads(nnzoo_here(trained, *command).stdout)
    assert (found["samples"], found["part"]) == (40, "all")
    assert found["accuracy"] > 0.9


def test_a_missing_value_is_filled_as_in_training(nnzoo_here, trained):
    (trained / "gaps.csv").write_text("length,weight,color,kind\n25,,blue,large\n,2300,?,large\n")
    outcome = nnzoo_here(trained, "evaluate", "kind", "--dataset", "gaps.csv", "--json")
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)["samples"] == 2


def test_a_network_of_images_refuses_a_table(nnzoo_here, trained):
    outcome = nnzoo_here(trained, "evaluate", "digits-mlp", "--dataset", "flowers.csv")
    assert (outcome.code, outcome.stdout) in ((2, ""), (3, ""))
    assert "Traceback" not in outcome.stderr
    outcome = nnzoo_here(trained, "evaluate", "kind", "--dataset", "digits")
    assert (outcome.code, outcome.stdout) in ((2, ""), (3, ""))
    assert "Traceback" not in outcome.stderr


def test_an_archive_is_measured_whole(nnzoo_here, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 2, 200)
    x[:, 0] += 4 * y
    np.savez(tmp_path / "old.npz", x=x, y=y)
    np.savez(tmp_path / "new.npz", x=x[:50] + np.float32(0.1), y=y[:50])
    train = ("train", "--dataset", "old.npz", "--epochs", "5", "--run-dir", "run", "--quiet")
    assert nnzoo_here(tmp_path, *train).code == 0
    found = json.loads(nnzoo_here(tmp_path, "evaluate", "run", "--dataset", "new.npz", "--json").stdout)
    assert (found["samples"], found["part"]) == (50, "all")
    part = ("--part", "test")
    found = json.loads(nnzoo_here(tmp_path, "evaluate", "run", "--dataset", "new.npz", "--json", *part).stdout)
    assert (found["samples"], found["part"]) == (10, "test")


def test_values_far_from_all_that_was_learnt_are_named(nnzoo_here, trained):
    write(trained / "far.csv", [NEW[0], {**NEW[1], "length": 25_000}, {**NEW[2], "length": 1e30}], COLUMNS)
    outcome = nnzoo_here(trained, "predict", "kind", "far.csv", "--json")
    assert len(json.loads(outcome.stdout)) == 3
    (line,) = [line for line in outcome.stderr.splitlines() if "standard deviations" in line]
    assert "lines 3, 4: 'length'" in line
    assert "standard deviations" not in nnzoo_here(trained, "predict", "kind", "new.csv").stderr


def test_categories_that_were_not_learnt_are_named(nnzoo_here, trained, evaluated):
    write(trained / "green.csv", [NEW[0], {**NEW[1], "color": "green"}, {**NEW[2], "color": ""}], COLUMNS)
    outcome = nnzoo_here(trained, "predict", "kind", "green.csv", "--json")
    assert len(json.loads(outcome.stdout)) == 3
    (line,) = [line for line in outcome.stderr.splitlines() if "'green'" in line]
    assert "green.csv: line 3: 'color'" in line
    (note,) = evaluated("kind", "--dataset", "green.csv")["notes"]
    assert "'color'" in note
    assert "'green' in 1 row" in note
    assert evaluated("kind", "--dataset", "new.csv")["notes"] == []
    assert "'color'" not in nnzoo_here(trained, "predict", "kind", "new.csv").stderr


def test_numbers_in_another_unit_are_not_answered(nnzoo_here, tmp_path):
    rows = "".join(f"{n} kg,{n % 5},{2 * n}\n" for n in range(40))
    (tmp_path / "boxes.csv").write_text(f"mass,size,price\n{rows}")
    train = ("train", "--dataset", "boxes.csv", "--epochs", "1", "--run-dir", "run", "--quiet")
    assert nnzoo_here(tmp_path, *train).code == 0
    for mass, size, wrong in [("2000 g", "1", "'mass'"), ("2 kg", "1 m", "'size'")]:
        (tmp_path / "new.csv").write_text(f"size,mass\n{size},{mass}\n")
        outcome = nnzoo_here(tmp_path, "predict", "run", "new.csv")
        assert (outcome.code, outcome.stdout) == (3, "")
        assert f"new.csv, column {wrong}" in outcome.stderr
    (tmp_path / "new.csv").write_text("size,mass\n1,2\n")
    outcome = nnzoo_here(tmp_path, "predict", "run", "new.csv")
    assert outcome.code == 0
    assert "'mass' as kg" in outcome.stderr


def test_answers_never_replace_what_is_read(nnzoo_here, trained):
    (trained / "link.csv").symlink_to("one.csv")
    for out in ("one.csv", "./one.csv", "link.csv", "kind/model.safetensors"):
        before = (trained / out).read_bytes()
        outcome = nnzoo_here(trained, "predict", "kind", "new.csv", "one.csv", "--out", out)
        assert (outcome.code, outcome.stdout) == (2, "")
        assert "would replace a file that is read" in outcome.stderr
        assert (trained / out).read_bytes() == before


def test_what_predict_says_of_tables(nnzoo_here, trained):
    named = ("extra.csv", "one.csv")
    write(trained / "extra.csv", [{**row, "note": ""} for row in NEW[:2]], (*COLUMNS, "note"))
    outcome = nnzoo_here(trained, "predict", "kind", *named)
    (note,) = [line for line in outcome.stderr.splitlines() if "does not use" in line]
    assert note.endswith("'note'"), "the target is not named"
    cells = [line.split()[:2] for line in outcome.stdout.splitlines() if ".csv" in line]
    assert cells == [["extra.csv", "1"], ["extra.csv", "2"], ["one.csv", "1"]]
    np.save(trained / "none.npy", np.empty((0, 3)))
    for file, message in [("none.npy", "none.npy has no rows"), ("-", "a table is read from a file")]:
        outcome = nnzoo_here(trained, "predict", "kind", file)
        assert outcome.code in (2, 3)
        assert message in outcome.stderr


def test_columns_without_names_keep_their_places(nnzoo_here, tmp_path):
    rows = [(n % 2, n % 2 * 3 + n / 100, n % 5) for n in range(40)]
    (tmp_path / "old.csv").write_text("".join(f"{kind},{a},{b},x\n" for kind, a, b in rows))
    (tmp_path / "shifted.csv").write_text("".join(f"{a},{b},7\n" for _, a, b in rows))
    (tmp_path / "first.csv").write_text("".join(f"{a},{b},{kind}\n" for kind, a, b in rows))
    (tmp_path / "bare.csv").write_text("".join(f"{a},{b}\n" for _, a, b in rows))
    for spec, name in [("old.csv:target=1,ignore=4", "old"), ("first.csv", "first")]:
        train = ("train", "--dataset", spec, "--epochs", "1", "--run-dir", name, "--quiet")
        assert nnzoo_here(tmp_path, *train).code == 0
    outcome = nnzoo_here(tmp_path, "predict", "old", "shifted.csv")
    assert (outcome.code, outcome.stdout) == (3, "")
    assert "the target is number 1" in outcome.stderr
    assert nnzoo_here(tmp_path, "predict", "old", "old.csv").code == 0
    assert nnzoo_here(tmp_path, "predict", "first", "bare.csv").code == 0


def test_classes_that_are_codes_are_known_where_all_are_numbers(nnzoo_here, tmp_path):
    codes = ("01", "02", "A1")
    (tmp_path / "old.csv").write_text("a,code\n" + "".join(f"{n % 3},{codes[n % 3]}\n" for n in range(30)))
    (tmp_path / "new.csv").write_text("a,code\n0,01\n1,02\n0,01\n")
    train = ("train", "--dataset", "old.csv:task=classification", "--epochs", "1", "--run-dir", "run", "--quiet")
    assert nnzoo_here(tmp_path, *train).code == 0
    outcome = nnzoo_here(tmp_path, "evaluate", "run", "--dataset", "new.csv", "--json")
    found = {each["class"]: each["samples"] for each in json.loads(outcome.stdout)["classes"]}
    assert found == {"01": 2, "02": 1, "A1": 0}
