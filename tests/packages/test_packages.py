"""Each package in ``plugins/``, as a user meets it: installed with pip, seen, trained with, uninstalled.

This needs a package index and a minute, so it runs with ``pytest -m packages`` alone. Without an index it is skipped,
unless NNZOO_REQUIRE_INDEX is set.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))
SHOWN = ("layer", "dataset", "figure", "task", "metric")
"""Kinds that do not fit every training, or whose data must be downloaded; trained with in the package's own tests."""
BUILT_FROM = ("nnzoo", "plugins", "pyproject.toml", "README.md", "LICENSE")


@dataclass(frozen=True)
class Environment:
    """A fresh virtual environment, a copy of the project that packages are installed from, and a place to work in."""

    scripts: Path
    project: Path
    work: Path
    variables: dict[str, str]

    def pip(self, *arguments):
        """Run pip with the user's own settings and network."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command = [self.scripts / "python", "-m", "pip", *arguments]
        return _done(command, self.project, kept | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})

    def nnzoo(self, *arguments):
        """What a command prints with --json; it must succeed."""
        done = _done([self.scripts / "nnzoo", *arguments, "--json"], self.work, self.variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def rows(self, package):
        """What ``nnzoo list-plugins`` says of a package."""
        return [row for row in self.nnzoo("list-plugins") if row["plugin"] == package]


def _done(command, folder, variables):
    return subprocess.run(
        [str(word) for word in command], cwd=folder, env=variables, capture_output=True, encoding="utf-8", check=False
    )


@pytest.fixture
def environment(tmp_path, clean_variables):
    """The environment, with nnzoo installed from a copy, as building leaves files behind."""
    project, work = tmp_path / "project", tmp_path / "work"
    project.mkdir()
    work.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            leave = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__", ".*")
            shutil.copytree(ROOT / name, project / name, ignore=leave)
        else:
            shutil.copy(ROOT / name, project)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    (scripts,) = (path.parent for path in (tmp_path / "env").glob("*/activate"))
    environment = Environment(scripts, project, work, clean_variables(work))
    _require_index(environment, tmp_path / "downloads")
    installed = environment.pip("install", ".")
    assert installed.returncode == 0, installed.stderr
    return environment


def _require_index(environment, folder):
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    got = environment.pip("download", "--no-deps", "--retries", "1", "--timeout", "15", "--dest", folder, *needed)
    if got.returncode:
        reason = f"pip can't reach a package index: {got.stderr.strip().splitlines()[-1]}"
        if os.environ.get("NNZOO_REQUIRE_INDEX", "") not in ("", "0"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.packages
def test_each_package_is_installed_seen_trained_with_and_uninstalled(environment):
    assert PACKAGES
    for package in PACKAGES:
        project = tomllib.loads((ROOT / "plugins" / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        readme = (ROOT / "plugins" / package / "README.md").read_text(encoding="utf-8")
        assert project["name"] == package
        assert re.search(rf"^pip install \./plugins/{package}\b", readme, re.MULTILINE), f"{package}'s README"

        installed = environment.pip("install", f"./plugins/{package}")
        assert installed.returncode == 0, installed.stderr
        rows = environment.rows(package)
        assert {row["entry_point"] for row in rows} == project["entry-points"]["nnzoo"].keys()
        assert {(row["version"], row["status"], row["reason"]) for row in rows} == {(project["version"], "ok", "")}

        components = {kind: names for row in rows for kind, names in row["components"].items()}
        assert components, f"{package} brings no component"
        for kind, names in components.items():
            train_with(environment, package, kind, names)

        removed = environment.pip("uninstall", "--yes", package)
        assert removed.returncode == 0, removed.stderr
        assert environment.rows(package) == []

    all_at_once(environment)


def all_at_once(environment):
    """Every package beside all others; where MNIST lies at hand, three of them reach what they should on it."""
    installed = environment.pip("install", *(f"./plugins/{package}" for package in PACKAGES))
    assert installed.returncode == 0, installed.stderr
    assert {row["plugin"]: row["status"] for row in environment.nnzoo("list-plugins")} == dict.fromkeys(
        ("nnzoo", *PACKAGES), "ok"
    )
    folder = os.environ.get("NNZOO_DATA_DIR")
    data = ("--dataset", "mnist", "--data-dir", Path(folder).resolve()) if folder else ("--dataset", "digits")
    chosen = ("--activation", "gelu", "--optimizer", "adamw:weight_decay=0.01", "--schedule", "cosine")
    assert environment.nnzoo("train", *data, *chosen)["test_accuracy"] >= (0.978 if folder else 0.9)


def train_with(environment, package, kind, names):
    """One epoch with a component of a kind; a layer, a figure, or a data set to download is shown instead."""
    if kind == "zoo":
        assert all(environment.nnzoo("zoo", "show", name)["name"] == name for name in names)
        return
    if kind == "command":
        for name in names:
            helped = _done([environment.scripts / "nnzoo", name, "--help"], environment.work, environment.variables)
            assert helped.returncode == 0, helped.stderr
        return
    if kind in SHOWN or package == "nnzoo-sequences":  # whose models take texts only
        assert all(environment.nnzoo("show", kind, name)["full_name"] == f"{package}/{name}" for name in names)
        return
    if kind == "exporter":
        run = environment.nnzoo("train", "--dataset", "digits", "--epochs", "1")["run_dir"]
        for name in names:
            files = environment.nnzoo("export", run, "--format", name)["files"]
            assert files
            assert all((environment.work / file).stat().st_size for file in files)
        return
    if kind in ("executor", "search"):
        space = ("--dataset", "digits", "--epochs", "1", "--hidden", "8,16", "--trials", "2", "--workers", "1")
        assert environment.nnzoo("sweep", *space, f"--{kind}", names[0])["trials"]["finished"] == 2
        return
    name = names[0]
    option = "--observe" if kind == "observer" else f"--{kind}"
    results = environment.nnzoo("train", "--dataset", "digits", option, name, "--epochs", "1", "--seed", "1")
    record = json.loads((environment.work / results["run_dir"] / "run.json").read_text())
    stored = record["components"].get(kind) or record[f"{kind}s"][0]
    assert stored["name"] == f"{package}/{name}"
    assert 0 < results["test_accuracy"] <= 1
