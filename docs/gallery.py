"""The gallery: every example, run as its docstring says, with its output and figure."""

from __future__ import annotations

import ast
import contextlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from sphinx.errors import ExtensionError

from nnzoo.api import Registry
from nnzoo.datafiles.cache import FileCache
from nnzoo.figures.of_runs import draw_figure
from nnzoo.figures.style import figure_bytes
from nnzoo.trained_run import TrainedRun

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs/reference/gallery"
EXAMPLES = sorted(ROOT.glob("examples/*.py"))
SMALL = "--first 0,1,2,3,4 --second 5,6,7,8,9 --model mlp --samples 50 --seeds 2"
COMMANDS = {
    "figure": [
        "nnzoo train --dataset circles --run-dir runs/points",
        "nnzoo plot runs/points --plugin examples/figure.py --what regions:resolution=80",
    ],
    "fine_tuning": [f"python examples/fine_tuning.py digits digits {SMALL}"],
    "used_cars": ["python examples/used_cars.py cars.csv", "nnzoo train --dataset cars.csv"],
}
"""Commands of examples whose docstring has no single command, or one that needs more data."""
FIGURES = {
    "kappa": "kappa",
    "multi_label": "labels",
    "residual": "architecture",
    "sparse": "first-layer",
    "stop": "accuracy",
    "streamed": "decision",
    "swa": "accuracy",
    "two_inputs": "architecture",
    "used_cars": "importance",
}
"""The figure of an example's run; the default is the loss."""
ENVIRONMENT = {"COLUMNS": "110", "NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1"}


def example_pages(run: bool) -> Iterator[tuple[str, str]]:
    """A page for each example, by its name; without ``run``, as an earlier build wrote it."""
    for path in EXAMPLES:
        written = OUT / f"{path.stem}.md"
        if run or not written.is_file():
            yield path.stem, page(path, run)
        else:
            yield path.stem, written.read_text(encoding="utf-8")


def page(path: Path, run: bool) -> str:
    """An example's description, the output of its commands, and its source."""
    docstring = inspect.cleandoc(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
    heading, *paragraphs = docstring.split("\n\n")
    commands = COMMANDS.get(path.stem) or [command for each in paragraphs for command in commands_in(each)]
    words = [each for each in paragraphs if not commands_in(each) and not each.startswith("Run ")]
    parts = [f"# {path.name}", heading, *words]
    if run:
        said, drawn = executed(path.stem, commands)
        parts += [f"```console\n{said}```", *([f"![Figure of {path.stem}]({path.stem}.png)"] if drawn else [])]
    source = f"```{{literalinclude}} /../examples/{path.name}\n:language: python\n```"
    return "\n\n".join([*parts, "## Source", source, ""])


def card(name: str, text: str) -> str:
    """An example in the overview: figure, name, and the first sentence of its page."""
    drawn = f"![{name}]({name}.png)\n\n" if f"({name}.png)" in text else ""
    return f":::{{container}} example\n{drawn}[{name}.py]({name}.md)\n\n{text.split(chr(10) * 2)[1]}\n:::\n"


def commands_in(paragraph: str) -> list[str]:
    """The commands in a paragraph of a docstring that has nothing else."""
    lines = inspect.cleandoc(paragraph).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines] if re.match("(nnzoo|python) ", lines[0]) else []


def executed(example: str, commands: list[str]) -> tuple[str, bool]:
    """The output of commands in an empty folder, and whether they drew a figure."""
    said: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "examples").symlink_to(ROOT / "examples")
        for command in commands:
            words = shlex.split(command)
            hidden = ["--run-dir", "run"] if words[1] == "train" and "--run-dir" not in words else []
            lines = called([*words, *hidden], folder).splitlines()
            shown = textwrap.wrap(command, 94, break_long_words=False, break_on_hyphens=False)
            said += ["$ " + " \\\n    ".join(shown), *(lines if len(lines) < 26 else [*lines[:9], "…", *lines[-10:]])]
        if (folder / "run").is_dir():
            registry = Registry(files=[ROOT / word for word in words if word.endswith(".py")])
            with contextlib.chdir(folder):  # where its table is
                run = TrainedRun(folder / "run", registry, FileCache(None, offline=True))
                Path("run.png").write_bytes(figure_bytes(draw_figure(FIGURES.get(example, "loss"), [run])))
        drawn = [path for path in sorted(folder.rglob("*.png")) if "examples" not in path.parts]
        OUT.mkdir(parents=True, exist_ok=True)
        if drawn:
            Image.open(drawn[0]).convert("RGB").quantize(256).save(OUT / f"{example}.png", optimize=True)
    return "\n".join([*said, ""]), bool(drawn)


def called(words: list[str], folder: Path) -> str:
    """The output of a command; a failure ends the build."""
    program = [sys.executable, "-m", "nnzoo"] if words[0] == "nnzoo" else [sys.executable]
    done = subprocess.run(
        [*program, *words[1:]],
        cwd=folder,
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise ExtensionError(f"{shlex.join(words)} failed:\n{done.stdout}")
    return done.stdout
