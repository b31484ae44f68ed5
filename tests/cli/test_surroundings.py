"""Every command in surroundings that people have: code pages, widths, backends of Matplotlib, folders that are gone.

A form of seconds runs always, within this process; ``pytest -m slow`` tries each command in each of them.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from itertools import cycle

import numpy as np
import pytest
from PIL import Image

from nnzoo.cli.main import OLD_COMMANDS, cli, main

CODE_PAGES = (
    *("ascii", "latin-1", "cp437", "cp850", "cp866", "cp874", "cp932", "cp936", "cp1250", "cp1251", "cp1252", "cp1253"),
    "utf-16",
)
BACKENDS = ("module://matplotlib_inline.backend_inline", "module://nowhere", "nosuch", "TkAgg", "svg")
WIDTHS = (60, 80, 120, 200)
CLOSED = (">&-", "2>&-", "<&-")
GONE = ("working directory", "home")
COMMANDS = {
    "train": "train --dataset digits --epochs 1 --hidden 4 --run-dir new",
    "runs list": "runs list .",
    "runs show": "runs show run",
    "runs compare": "runs compare run run",
    "compare": "compare run run",
    "runs remove": "runs remove nothing --yes",
    "reproduce": "reproduce run",
    "sweep show": "sweep show nothing",
    "list-plugins": "list-plugins",
    "show": "show metric f1",
    "check": "check activation relu",
    "completion": "completion bash",
    "new": "new activation mine --out mine",
    "install": "install nnzoo",
    "uninstall": "uninstall nnzoo",
    "zoo list": "zoo list",
    "zoo show": "zoo show digits-mlp.relu",
    "zoo add": "zoo add run --name my.net --out zoo",
    "zoo reproduce": "zoo reproduce nothing",
    "zoo verify": "zoo verify digits-mlp.relu --retrain-under 0",
    "zoo page": "zoo page --out zoo.html",
    "export": "export run --format numpy --out net.py --force",
    "evaluate": "evaluate run",
    "predict": "predict digits-mlp.relu picture.png",
    "summary": "summary run --diagram net.svg",
    "data list": "data list",
    "data show": "data show table.csv --out table.png",
    "explain": "explain --from run",
    "plot": "plot run --out figures",
    "report": "report run",
}
QUICK = [name for name in COMMANDS if name not in ("train", "plot", "report", "reproduce", "check", "zoo page")]


def test_no_command_is_missing():
    groups = {name: getattr(command, "commands", None) for name, command in cli.commands.items()}
    names = {f"{name} {sub}" if subs else name for name, subs in groups.items() for sub in subs or [""]} - {
        *OLD_COMMANDS
    }
    assert {name.strip() for name in names} == COMMANDS.keys()


@pytest.fixture(scope="module")
def home(tmp_path_factory, nnzoo_here):
    """A folder with a run whose column names few code pages have, a table and a picture."""
    folder = tmp_path_factory.mktemp("home")
    rows = "".join(f"{number},{'äβ漢'[number % 3]}\n" for number in range(60))
    (folder / "table.csv").write_text(f"größe,сорт 🙂\n{rows}", encoding="utf-8")
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(folder / "picture.png")
    outcome = nnzoo_here(folder, "train", "--dataset", "table.csv", "--epochs", "2", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    return folder


@pytest.fixture
def place(home, tmp_path):
    shutil.copytree(home, tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def run_here(place, monkeypatch, clean_variables):
    """Run a command within this process; its output as a code page has it."""

    def run(name, *, encoding="utf-8", **environment):
        streams = [io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in range(2)]
        with monkeypatch.context() as patch, contextlib.chdir(place):
            for key in set(os.environ) - clean_variables(place).keys():
                patch.delenv(key)
            for key, value in (clean_variables(place) | environment).items():
                patch.setenv(key, value)
            patch.setattr("sys.stdout", streams[0])
            patch.setattr("sys.stderr", streams[1])
            with pytest.raises(SystemExit) as ended:
                main(COMMANDS[name].split())
        shown, said = (stream.buffer.getvalue().decode(encoding) for stream in streams)
        require_order(name, ended.value.code, said)
        shutil.rmtree(place / "new", ignore_errors=True)
        return shown

    return run


def require_order(name, code, said):
    assert "Traceback" not in said, f"{name}: {said}"
    assert "bug in nnzoo" not in said, f"{name}: {said}"
    assert code != 1, f"{name}: {said}"


@pytest.mark.usefixtures("unpainted")
def test_code_pages(run_here):
    for name, encoding in zip(QUICK, cycle(("ascii", "cp874", "cp1251"))):
        run_here(name, encoding=encoding)


@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_widths(run_here, width):
    for name in ("runs list", "runs show", "list-plugins", "evaluate", "zoo list", "data show"):
        shown = run_here(name, COLUMNS=str(width))
        assert shown


def test_a_working_directory_that_is_gone(run_here, place, monkeypatch):
    monkeypatch.setattr(contextlib, "chdir", lambda folder: gone(folder.parent / "gone"))
    for name in ("explain", "runs list", "list-plugins", "summary", "export", "data list", "show", "new"):
        run_here(name)


@contextlib.contextmanager
def gone(folder):
    """A working directory that is removed while one stands in it."""
    before = os.open(".", os.O_RDONLY)
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    folder.rmdir()
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@pytest.fixture(scope="module")
def run_apart(home, tmp_path_factory, clean_variables):
    """Run a command in a process of its own, in a shell."""

    def run(name, line="", *, without=(), **environment):
        place = tmp_path_factory.mktemp("apart") / "here"
        shutil.copytree(home, place)
        variables = clean_variables(place) | {key: value for key, value in environment.items() if value}
        if "home" in without:
            variables |= {"HOME": str(place / "nothing"), "XDG_CACHE_HOME": str(place / "nothing/cache")}
        leave = f"mkdir {place}/x && cd {place}/x && rmdir {place}/x && " if "working directory" in without else ""
        found = subprocess.run(
            ["bash", "-c", f'{leave}"{sys.executable}" -m nnzoo {COMMANDS[name]} {line}'],
            cwd=place,
            env=variables,
            capture_output=True,
            check=False,
            timeout=300,
        )
        require_order(name, found.returncode, found.stderr.decode(environment.get("PYTHONIOENCODING", "utf-8")))
        return found

    return run


def test_a_backend_that_matplotlib_does_not_know(nnzoo_command, place):
    """Matplotlib reads these when it is imported, so this takes a process of its own."""
    (place / "matplotlibrc").write_bytes(b"\xff\xfe\n")
    command = COMMANDS["summary"].split()
    outcome = nnzoo_command(place, *command, environment={"MPLBACKEND": "nosuch"})
    assert outcome.code == 7
    assert "fix or remove the file matplotlibrc" in outcome.stderr
    (place / "matplotlibrc").unlink()
    outcome = nnzoo_command(place, *command, environment={"MPLBACKEND": "nosuch"})
    assert (outcome.code, outcome.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_in_every_code_page_and_width(run_here, name):
    for encoding in CODE_PAGES:
        run_here(name, encoding=encoding)
    for width in WIDTHS:
        run_here(name, COLUMNS=str(width))


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    "surroundings",
    [
        *({"MPLBACKEND": backend} for backend in BACKENDS),
        *({"line": closed} for closed in CLOSED),
        *({"without": place} for place in GONE),
    ],
    ids=lambda value: "=".join(next(iter(value.items()))),
)
def test_every_command_in_every_other_surrounding(run_apart, name, surroundings):
    run_apart(name, **surroundings)
