"""A row of a table, explained: its columns, what the network sees of them, how much they count, and labels."""

import json
import re

import numpy as np
import pytest

from nnzoo.datafiles.cache import FileCache
from nnzoo.plugins.registry import Registry
from nnzoo.runs.run import run_training
from nnzoo.trained_run import TrainedRun
from nnzoo.training.data import prepare_dataset
from nnzoo.training.recipe import resolve_recipe

COLUMNS = ["area", "town", "built", "luck"]

TAGGED = """\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Dataset, DatasetLoader, Split, hookimpl


@dataclass(frozen=True)
class Tagged(DatasetLoader):
    name: ClassVar[str] = "tagged"

    def load(self, cache):
        x = np.random.default_rng(4).normal(size=(40, 3)).astype(np.float32)
        part = Split(x, np.stack([x[:, 0] > 0, x[:, 1] > 0], axis=1).astype(np.uint8))
        return Dataset(part, part, ("left", "up"))


@hookimpl
def nnzoo_datasets():
    return [Tagged]
"""


@pytest.fixture(scope="module")
def homes_run(homes_loader, tmp_path_factory):
    """A run on the table of homes, by its target."""
    registry, runs = Registry((), ("all",)), {}

    def run(target):
        if target not in runs:
            path = tmp_path_factory.mktemp("rows") / target
            loader = homes_loader(registry, target)
            data = loader.load(FileCache())
            prepared = prepare_dataset(data, registry.build("task", data.task), registry=registry)
            recipe = resolve_recipe(registry, task=data.task, data=prepared, model="mlp:hidden=4", epochs=10)
            run_training(registry, recipe, loader, data, run_dir=path)
            runs[target] = TrainedRun(path, registry, FileCache())
        return runs[target]

    return run


def test_each_column_is_shown_with_its_inputs_and_its_importance(explain, homes_run):
    run = homes_run("price")
    place = int(np.flatnonzero(np.isnan(run.dataset.test.inputs["area"]))[0])
    answer = json.loads(explain("--from", run.path, "--part", "test", "--sample", place, "--json").text)
    rows = {row["column"]: row for row in answer["row"]}
    assert list(rows) == COLUMNS
    seen = run.dnn.preprocessing.apply(run.dataset.test.inputs)[place]
    assert [entry for row in rows.values() for entry in row["inputs"]] == list(range(len(seen)))
    np.testing.assert_allclose([x for row in rows.values() for x in row["x"]], seen)
    assert answer["input"] == pytest.approx(seen.tolist())
    assert rows["area"]["value"] is None
    assert rows["town"]["value"] == run.dataset.test.inputs["town"][place]
    assert rows["built"]["value"] == str(run.dataset.test.inputs["built"][place])[:10]
    assert rows["luck"]["value"] == run.dataset.test.inputs["luck"][place]
    for column, (mean, spread) in run.importance.by_column.items():
        assert rows[column]["importance"] == {"mean": mean, "spread": spread, "figure": "r2"}
    assert answer["answer"]["answer"] == pytest.approx(run.outputs[place, 0], rel=1e-5)
    assert answer["right_answer"] == pytest.approx(run.dataset.test.targets[place, 0], rel=1e-5)
    assert answer["not_confirmed"] == 0


def test_the_terminal_shows_the_row_first(explain, homes_run):
    run = homes_run("kind")
    told = explain("--from", run.path, "--part", "test", "--sample", 3)
    assert told.code == 0
    heading, _, rest = told.text.partition("Data · the row")
    kind = run.problem.names[run.dataset.test.targets[3]]
    assert f"sample 3 of {run.loader.path} (test), of class {kind}" in " ".join(heading.split())
    section = rest.partition("Forward · 0.dense")[0]
    assert re.search(r"area ← fill: median [\d.]+; standardize: mean [\d.]+, deviation [\d.]+", section)
    assert "town ← one-hot: categories Aarau, Bern, Chur" in section
    cells = {line.split()[0]: line.split() for line in section.splitlines() if "±" in line and "[" in line}
    assert list(cells) == COLUMNS
    town = run.dataset.test.inputs["town"][3]
    mean = 100 * run.importance.by_column["town"][0]
    assert cells["town"][:4] == ["town", town, f"{mean:z.3g}".replace("-", "−"), "±"]
    assert cells["town"][5] == "[1…4]"
    assert "counts: the drop of accuracy on test data (60 rows) when the column is shuffled" in section
    assert section.rstrip().endswith("in percentage points.")


@pytest.mark.usefixtures("unpainted")
def test_the_page_shows_the_row_too(explain, homes_run, tmp_path):
    path = tmp_path / "row.html"
    told = explain("--from", homes_run("price").path, "--sample", 0, "--html", path)
    assert told.text == f"wrote {path}\n"
    page = path.read_text("utf-8")
    assert page.index("<h2>Data</h2>") < page.index("<h2>Forward</h2>") < page.index("in the units of the data")
    for text in ("<caption>Columns</caption>", "<caption>Values</caption>", "one-hot: categories Aarau, Bern, Chur"):
        assert text in page


def test_an_untrained_network_has_no_importances(explain, homes):
    told = explain("--dataset", f"csv:path={homes},target=price,ignore=kind", "--hidden", 2, "--json")
    answer = json.loads(told.text)
    assert [row["column"] for row in answer["row"]] == COLUMNS
    assert all("importance" not in row for row in answer["row"])
    text = explain("--dataset", f"csv:path={homes},target=price,ignore=kind", "--hidden", 2).text
    assert "counts" not in text.partition("Data · the row")[2].partition("Forward ·")[0]


def test_the_most_important_columns_of_a_wide_table_are_shown(explain, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 40)).round(3)
    lines = [",".join([*(f"c{place}" for place in range(40)), "y"])]
    lines += [",".join(map(str, [*row, round(5 * row[33], 3)])) for row in x]
    (tmp_path / "wide.csv").write_text("\n".join(lines) + "\n")
    told = explain("--dataset", f"csv:path={tmp_path / 'wide.csv'},target=y", "--hidden", 2)
    assert "30 of 40 columns are shown, the first." in told.text


def test_labels_are_shown_by_name(explain, tmp_path):
    plugin = tmp_path / "tagged.py"
    plugin.write_text(TAGGED, encoding="utf-8")
    x = np.random.default_rng(4).normal(size=(40, 3)).astype(np.float32)
    both, none = (int(np.flatnonzero((x[:, 0] > 0) + (x[:, 1] > 0) * 1 == count)[0]) for count in (2, 0))
    arguments = ("--dataset", "tagged", "--plugin", plugin, "--hidden", 2)
    told = explain(*arguments, "--sample", both)
    assert f"sample {both} of tagged (train), with left and up" in told.text
    assert "Loss · binary-cross-entropy" in told.text
    assert re.search(r"^ *label +z +p +t", told.text, re.MULTILINE)
    assert f"sample {none} of tagged (train), with no label" in explain(*arguments, "--sample", none).text
    answer = json.loads(explain(*arguments, "--sample", both, "--json").text)
    assert (answer["class"], answer["labels"], answer["right_answer"]) == (None, ["left", "up"], ["left", "up"])
    assert answer["answer"]["probabilities"] == pytest.approx(
        dict(zip(("left", "up"), answer["predicted"], strict=True))
    )
