"""The notebook runs from top to bottom, and shows what it says."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
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


class Executed:
    """A notebook that has run, and what its cells put out."""

    def __init__(self, cells: list[Any]) -> None:
        outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
        streams = [output for output in outputs if output.output_type == "stream"]
        self.errors = "".join(output.text for output in streams if output.name == "stderr")
        self.text = "".join(output.text for output in streams if output.name == "stdout")
        pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
        self.figures = [np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("L")) for png in pictures]
        self.values: dict[str, Any] = json.loads(self.text.splitlines()[-1])


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
        quick = {
            "MPLCONFIGDIR": mpl.get_configdir(),
            "OPENBLAS_NUM_THREADS": "1",
        }  # fonts are known, threads don't wait
        client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
        client.execute(env=clean_variables(folder) | quick | environment, stderr=subprocess.DEVNULL)
        return Executed(notebook.cells)

    return run


@pytest.fixture(scope="module")
def digits(execute: Callable[..., Executed]) -> Executed:
    return execute()


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
