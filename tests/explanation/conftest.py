"""What the tests of the explanation share: the command in this process, and what it printed, section by section."""

import logging
import re
from dataclasses import dataclass

import pytest

from nnzoo.cli.main import main


@dataclass(frozen=True)
class Told:
    """What the command told, and how it ended."""

    code: int
    text: str
    errors: str

    def sections(self):
        """The lines below each title: ``Forward · 0.dense, units = 2``."""
        found, lines = {}, []
        for line in self.text.splitlines():
            title = re.fullmatch(r"((?:Forward|Loss|Backward|Update|Checked) · .*?) ─+ *", line)
            if title:
                lines = found[title[1]] = []
            else:
                lines.append(line.strip())
        return found

    def section(self, start):
        """The lines of the one section whose title starts like this."""
        (lines,) = (lines for title, lines in self.sections().items() if title.startswith(start))
        return lines

    def rows(self, start):
        """The numbers of the rows of a section's tables, by what the row begins with; marks are left out."""
        rows, table = {}, ""
        for line in self.section(start):
            cells = [cell.strip() for cell in re.split(r" {2,}", line)]
            if re.fullmatch(r"\d+\.\w+\.\w+", cells[0]):
                table = cells[0]
            elif re.fullmatch(r"(∂L/∂\w)?\[[\d,]+\]|\d+", cells[0]):
                rows[table + cells[0]] = cells[1:]
        return rows


@pytest.fixture
def explain(capfd):
    """Run ``nnzoo explain`` with arguments."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["explain", *map(str, arguments)])
        output = capfd.readouterr()
        logging.getLogger("nnzoo").handlers.clear()  # whose stream is gone after this test
        return Told(ended.value.code or 0, output.out, output.err)

    return run


PLUGIN = '''\
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnzoo.api import Activation, Optimizer, hookimpl


@dataclass(frozen=True)
class Cubed(Activation):
    """The cube.

    Equation, of any number z::

        f(z)  = z³
        f′(z) = 3 z²
    """

    name: ClassVar[str] = "cubed"

    def forward(self, z, out):
        out[...] = z**3

    def backward(self, z, a, grad):
        grad *= 3 * z**2


@dataclass(frozen=True)
class Halved(Cubed):
    """The cube, whose derivative is wrong by half."""

    name: ClassVar[str] = "halved"

    def backward(self, z, a, grad):
        grad *= 1.5 * z**2


@dataclass(frozen=True)
class Counting(Optimizer):
    """Steps of one length.

    Equation::

        θ ← θ − η sign(g)

    where g is the gradient.
    """

    name: ClassVar[str] = "counting"
    default_learning_rate: ClassVar[float] = 0.01

    def init(self, params):
        return {"steps": np.zeros(1), "start": params.copy()}

    def update(self, params, grad, state, learning_rate, step):
        params -= learning_rate * np.sign(grad)
        state["steps"] += 1


@hookimpl
def nnzoo_activations():
    return [Cubed, Halved]


@hookimpl
def nnzoo_optimizers():
    return [Counting]
'''


@pytest.fixture
def plugin(tmp_path):
    """A single-file plugin: a cube, a cube with a wrong derivative, and an optimizer with a state of any shape."""
    path = tmp_path / "cubes.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return path
