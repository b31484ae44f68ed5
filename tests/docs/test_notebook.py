"""The notebook runs from top to bottom, and shows what it says."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

NOTEBOOK = Path(__file__).parents[2] / "docs/nn-from-scratch.ipynb"
CHOICE = 'DATASET, EPOCHS = "digits", 10'
ASIDE = """
import json
values = {"ours": [float(each) for each in losses], "nnzoo": [each.train_loss for each in history]}
values |= {"apart": float(apart), "worst": float(error), "accuracy": float(accuracy), "mistakes": len(mistakes)}
values |= {"wrong": curves["wrong-relu"][-1].train_loss, "right": curves["relu"][-1].train_loss}
values |= {"default": float(better.score(x_test, y_test)), "confusion": counts.tolist()}
print(json.dumps(values))
"""


DRAWING = """
import matplotlib
from itertools import count
from matplotlib import pyplot
from PIL import Image
def show(numbers=count(10)):
    figure = pyplot.gcf()
    figure.set_dpi(72)
    figure.set_layout_engine("none")
    figure.canvas.draw()
    Image.frombuffer("RGBA", figure.canvas.get_width_height(), figure.canvas.buffer_rgba()).save(f"{next(numbers)}.png")
    pyplot.close()
matplotlib.use("agg")
pyplot.show = show
"""
"""What a kernel does with figures, for a script: each becomes an image when it is shown; laid out as it may be."""


class Executed:
    """A notebook that has run, and what its cells put out."""

    def __init__(self, text: str, errors: str, images: list[bytes]) -> None:
        self.text, self.errors = text, errors
        self.figures = [np.asarray(Image.open(io.BytesIO(png)).convert("L")) for png in images]
        self.values: dict[str, Any] = json.loads(self.text.splitlines()[-1])


def put_out(cells: list[Any]) -> Executed:
    """What the cells of a notebook show that a kernel has run."""
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    streams = [output for output in outputs if output.output_type == "stream"]
    errors, text = ("".join(one.text for one in streams if one.name == name) for name in ("stderr", "stdout"))
    images = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return Executed(text, errors, [base64.b64decode(png) for png in images])


@pytest.fixture(scope="module")
def execute(
    tmp_path_factory: pytest.TempPathFactory, clean_variables: Callable[[Path], dict[str, str]]
) -> Callable[..., Executed]:
    """Run the notebook, with another choice of data set and epochs in its first cell, and an aside in its last."""

    def run(choice: str = CHOICE, **environment: str) -> Executed:
        folder = tmp_path_factory.mktemp("notebook")
        notebook = nbformat.read(NOTEBOOK, 4)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert CHOICE in first.source
        first.source = first.source.replace(CHOICE, choice)
        notebook.cells.append(nbformat.v4.new_code_cell(ASIDE))
        quick = {"OPENBLAS_NUM_THREADS": "1"}  # threads don't wait
        client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
        client.execute(env=clean_variables(folder) | quick | environment, stderr=subprocess.DEVNULL)
        return put_out(notebook.cells)

    return run


@pytest.fixture(scope="module", params=["script", pytest.param("kernel", marks=pytest.mark.thorough)])
def digits(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    clean_variables: Callable[[Path], dict[str, str]],
) -> Executed:
    """The notebook as it is: its cells one after the other, or a kernel, which takes three times as long."""
    if request.param == "kernel":
        executed: Executed = request.getfixturevalue("execute")()
        return executed
    folder = tmp_path_factory.mktemp("script")
    cells = [cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    (folder / "cells.py").write_text("\n\n\n".join([DRAWING, *cells, ASIDE]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "cells.py"],
        cwd=folder,
        env=clean_variables(folder) | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Executed(done.stdout, done.stderr, [path.read_bytes() for path in sorted(folder.glob("*.png"))])


def test_it_is_committed_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)
    assert max(cell.source.count("\n") for cell in code) < 21  # short enough to be read


def test_what_it_leads_to_is_there() -> None:
    text = "".join(cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)#]+)", text)
    assert links
    assert [link for link in links if not (NOTEBOOK.parent / link).is_file()] == []


def test_numpy_and_nnzoo_compute_the_same(digits: Executed) -> None:
    values = digits.values
    assert values["ours"] == pytest.approx(values["nnzoo"], rel=1e-4)
    assert values["ours"][-1] < values["ours"][0] / 5
    assert values["apart"] < 1e-4
    assert values["accuracy"] > 0.93
    told = re.findall(
        r"^loss (\S+) in the first epoch, (\S+) in the last\ntest accuracy (\S+)$", digits.text, re.MULTILINE
    )
    assert told == 2 * [(*(f"{values['ours'][place]:.4f}" for place in (0, -1)), f"{values['accuracy']:.2%}")]


def test_every_derivative_is_confirmed(digits: Executed) -> None:
    assert "100 derivatives measured" in digits.text
    assert digits.values["worst"] < 1e-8


def test_the_kit_finds_the_wrong_derivative_and_nothing_in_the_others(digits: Executed) -> None:
    found = re.findall(
        r"^derivative failed: at z = -\S+ backward multiplies grad by 1, but f′ is 0 there$", digits.text, re.M
    )
    assert len(found) == 1
    verdicts = re.findall(r"^\d+ passed(?:, (\d+) failed)?", digits.text, re.M)
    assert verdicts == ["2", "", ""]  # the wrong ReLU, nnzoo's own, swish
    assert digits.values["wrong"] > 1.2 * digits.values["right"]


def test_what_it_has_learnt_is_counted(digits: Executed) -> None:
    confusion = np.array(digits.values["confusion"])
    assert confusion.sum() == 359
    assert confusion.trace() / 359 == pytest.approx(digits.values["default"])
    assert confusion.sum() - confusion.trace() == digits.values["mistakes"]
    assert digits.values["default"] > 0.94


def test_it_shows_figures_and_no_warnings(digits: Executed) -> None:
    assert digits.errors == ""
    assert len(digits.figures) == 12
    for figure in digits.figures:
        assert min(figure.shape) > 100
        assert 5 < figure.std() < 120  # neither empty nor noise


@pytest.mark.mnist
@pytest.mark.thorough
def test_it_runs_on_mnist(execute: Callable[..., Executed], mnist_dir: Path) -> None:
    mnist = execute('DATASET, EPOCHS = "mnist", 1', NNZOO_DATA_DIR=str(mnist_dir))
    assert mnist.errors == ""
    assert "to train: (60000, 784)" in mnist.text
    assert mnist.values["ours"] == pytest.approx(mnist.values["nnzoo"], rel=1e-4)
    assert mnist.values["accuracy"] > 0.92
    assert len(mnist.figures) == 12
