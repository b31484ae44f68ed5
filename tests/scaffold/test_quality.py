"""Plugins from `nnzoo new` pass ruff and mypy, whatever the length of the name."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnzoo.kinds import KINDS
from nnzoo.scaffold.choice import choose_names
from nnzoo.scaffold.names import LONGEST
from nnzoo.scaffold.sources import single_file

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "pyproject.toml"
NAMES = ("q", "3-" + "x" * (LONGEST - 2))


def tool(name, *arguments, folder):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed; it is part of the dev extra")
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=folder,
        env=os.environ | {"MYPYPATH": str(ROOT)},  # mypy does not see every kind of editable install
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def packages(tmp_path_factory, write_package):
    """A package of each kind for each name."""
    folder = tmp_path_factory.mktemp("packages")
    for kind in KINDS:
        (folder / kind).mkdir()
    return {(kind, name): write_package(folder / kind, kind, name)[1] for kind in KINDS for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_ruff_finds_nothing(packages, builtins, kind, name):
    package = packages[kind, name]
    names = choose_names(builtins, kind, name)
    (package / f"{names.module}.py").write_text(single_file(names), encoding="utf-8")
    for settings in ([], ["--config", SETTINGS]):  # its own, and nnzoo's
        tool("ruff", "check", "--no-cache", *settings, ".", folder=package)
        tool("ruff", "format", "--no-cache", "--check", *settings, ".", folder=package)


@pytest.mark.parametrize("kind", KINDS)
def test_mypy_finds_nothing(packages, tmp_path_factory, kind):
    sources = [path for (of, _), package in packages.items() if of == kind for path in package.rglob("*/*.py")]
    assert len(sources) == 6
    cache = tmp_path_factory.getbasetemp() / "mypy"  # the first kind takes a while, the others find it done
    tool("mypy", "--strict", "--follow-imports", "silent", "--cache-dir", cache, *sources, folder=cache.parent)
