"""Plugins from `nnzoo new` work unchanged, and so does every command that it prints."""

import json
import os
import re
import shlex
import subprocess
import sysconfig
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from nnzoo.kinds import KINDS
from nnzoo.plugins.registry import Registry
from nnzoo.scaffold.choice import choose_names
from nnzoo.scaffold.sources import package_files, single_file

ROOT = Path(__file__).parents[2]
every_kind = pytest.mark.parametrize("kind", KINDS)
one_kind_or_all = pytest.mark.parametrize(
    "kind", [kind if kind == "activation" else pytest.param(kind, marks=pytest.mark.thorough) for kind in KINDS]
)


@pytest.fixture
def shell(tmp_path, clean_variables):
    """Run commands as one pastes them, where ``pytest`` and ``nnzoo`` are those that the tests run with."""

    def run(*commands, **environment):
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        return subprocess.run(
            ["sh", "-eu"],
            input="\n".join(commands),
            cwd=tmp_path,
            env=clean_variables(tmp_path) | {"PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )

    return run


def commands_of(outcome):
    """What `nnzoo new` tells to do next."""
    assert (outcome.code, outcome.stderr) == (0, "")
    return [line.strip() for line in outcome.stdout.split("\n\n")[-1].splitlines()]


@one_kind_or_all
def test_a_package_passes_its_own_tests_and_the_kit_and_trains(run_nnzoo, shell, install, tmp_path, kind):
    (tmp_path / "my plugins").mkdir()
    outcome = run_nnzoo("new", kind, "two-words", "--directory", "my plugins")
    package = tmp_path / "my plugins" / "nnzoo-two-words"
    written = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    assert written == set(re.findall(r"^  (\S+)$", outcome.stdout.split("\n\n")[0], re.MULTILINE))
    change_directory, pip, *commands = commands_of(outcome)
    assert pip == "pip install -e '.[test]'"  # here done by hand; test_pip.py does it
    then = {"exporter": [["nnzoo", "export"]], "figure": [["nnzoo", "plot"]]}.get(kind, [])
    used = [["nnzoo", "sweep" if kind in ("executor", "search") else "train"], *then]
    assert [command.split()[:2] for command in commands] == [["pytest"], ["nnzoo", "check"], *used]
    assert "\n".join([pip, *commands]) in (package / "README.md").read_text(encoding="utf-8")
    done = shell(change_directory, *commands, PYTHONPATH=install(package, tmp_path / "site"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d\d passed.* in ", done.stdout)  # pytest
    assert re.search(r"^\d\d passed", done.stdout, re.MULTILINE)  # nnzoo check
    assert "test accuracy" in done.stdout  # nnzoo train
    assert ("wrote runs/digits/model." in done.stdout) == (kind == "exporter")
    assert ("figs/digits-two-words.png" in done.stdout) == (kind == "figure")
    assert "failed" not in done.stdout


@pytest.mark.parametrize("kind", ["layer"])  # of the others, the next test says enough
def test_a_single_file_passes_the_kit_and_trains(nnzoo_here, tmp_path, kind):
    commands = commands_of(nnzoo_here(tmp_path, "new", kind, "mine", "--file"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]
    assert [command.split()[:2] for command in commands] == [["nnzoo", "check"], ["nnzoo", "train"]]
    checked, trained = (nnzoo_here(tmp_path, *shlex.split(command)[1:]) for command in commands)
    assert (checked.code, trained.code) == (0, 0), checked.stdout + trained.stderr
    assert re.search(r"^\d\d passed", checked.stdout, re.MULTILINE)
    assert "test accuracy" in trained.stdout


@every_kind
def test_a_single_file_is_the_module_of_the_package_with_its_hooks(builtins, tmp_path, kind):
    names = choose_names(builtins, kind, "mine")
    alone, package = single_file(names), package_files(names)
    component = package["nnzoo_mine/mine.py"]
    _, hooks = package["nnzoo_mine/__init__.py"].split("\n@hookimpl\n", 1)
    listed = re.compile(r"^(from nnzoo.api import (?:\((?:\n    \w+,)+|[^(\n]+))", re.MULTILINE)
    with_hookimpl = listed.sub(lambda m: m[1] + ("\n    hookimpl," if m[1].endswith(",") else ", hookimpl"), component)
    assert with_hookimpl != component
    assert alone == f"{with_hookimpl}\n\n@hookimpl\n{hooks}"


@every_kind
def test_options_that_its_comments_name_are_there(builtins, tmp_path, kind):
    source = single_file(choose_names(builtins, kind, "mine"))
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    registry = Registry(files=[tmp_path / "mine.py"], disabled=["all"])
    examples = re.findall(r"--(\w+) (mine\S*:\w+=[\w.,=]*\w)", source)
    assert examples
    for option, spec in examples:
        of_kind = {"format": "exporter", "observe": "observer", "what": "figure"}.get(option, option)
        assert str(registry.build(of_kind, spec)) != str(registry.build(of_kind, spec.partition(":")[0]))


def test_it_is_listed_as_a_plugin_that_works(run_nnzoo, install, write_package, tmp_path):
    _, package = write_package(tmp_path, "layer", "mine")
    outcome = run_nnzoo("list-plugins", "--json", environment={"PYTHONPATH": install(package, tmp_path / "site")})
    (row,) = [row for row in json.loads(outcome.stdout) if row["plugin"] == "nnzoo-mine"]
    assert (row["version"], row["entry_point"], row["status"], row["reason"]) == ("0.1.0", "mine", "ok", "")
    assert row["components"] == {"layer": ["mine"], "model": ["mine-mlp"]}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("right", "wrong", "found_by"),
    [
        ("grad *= a\n", "grad *= a * 1.01\n", "backward multiplies grad by"),  # a wrong derivative: the kit sees it
        ("self.beta", "(2 * self.beta)", "FAILED tests/test_mine.py::test_its_values"),  # only a value can tell
    ],
)
def test_generated_tests_catch_a_mistake(shell, install, write_package, tmp_path, right, wrong, found_by):
    names, package = write_package(tmp_path, "activation", "mine")
    module = package / names.package / "mine.py"
    source = module.read_text(encoding="utf-8")
    assert right in source
    module.write_text(source.replace(right, wrong), encoding="utf-8")
    done = shell("cd nnzoo-mine", "pytest -q", PYTHONPATH=install(package, tmp_path / "site"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert found_by in done.stdout


def test_a_new_package_has_the_requirements_of_nnzoo(builtins):
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    theirs = tomllib.loads(package_files(choose_names(builtins, "loss", "mine"))["pyproject.toml"])
    assert theirs["build-system"] == ours["build-system"]
    ours, theirs = ours["project"], theirs["project"]
    assert theirs["requires-python"] == ours["requires-python"]
    assert set(theirs["optional-dependencies"]["test"]) <= set(ours["optional-dependencies"]["test"])
    (nnzoo,) = (Requirement(text) for text in theirs["dependencies"] if text not in ours["dependencies"])
    assert nnzoo.name == "nnzoo"
    assert nnzoo.specifier.contains(ours["version"])
    assert not nnzoo.specifier.contains(str(int(ours["version"].split(".")[0]) + 1))


def test_every_template_comes_with_an_installed_nnzoo():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]["nnzoo.scaffold"]
    scaffold = ROOT / "nnzoo/scaffold"
    templates = [str(path.relative_to(scaffold)) for path in (scaffold / "templates").rglob("*") if path.is_file()]
    assert len(templates) == 2 * len(KINDS) + 5 + 4
    for path in templates:
        assert any(fnmatch(path, pattern) and path.count("/") == pattern.count("/") for pattern in patterns), path
