"""What the metadata of nnzoo and of every plugin package say: types, licence, versions, links."""

import runpy
import shutil
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
FOLDERS = {
    name: path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")) if (name := path.parent.name)
} | {"nnzoo": ROOT}
PLUGINS = [name for name in FOLDERS if name != "nnzoo"]


def settings(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_wheel_says_that_it_has_types(name):
    """With `py.typed` in the package and in its data; else type checkers take every name for Any."""
    data = settings(FOLDERS[name])["tool"]["setuptools"]["package-data"]
    module = name.replace("-", "_")
    assert "py.typed" in data[module]
    assert (FOLDERS[name] / module / "py.typed").is_file()


@pytest.mark.parametrize("name", FOLDERS)
def test_metadata_are_whole(name):
    project, ours = settings(FOLDERS[name])["project"], settings(ROOT)["project"]
    assert project["name"] == name
    assert project["version"] == ours["version"]
    assert project["requires-python"] == ours["requires-python"]
    assert project["license"] == "Apache-2.0"
    assert (FOLDERS[name] / project["readme"]).is_file()
    assert project["description"]
    assert not project["description"].endswith(".")
    assert {"Typing :: Typed", "Programming Language :: Python :: 3"} <= {*project["classifiers"]}
    assert not [line for line in project["classifiers"] if line.startswith("License ::")]  # `license` has it
    assert project["keywords"]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_asks_for_an_nnzoo_that_it_works_with(name):
    """From the version whose API it uses up to the next that may remove something for good."""
    project = settings(FOLDERS[name])["project"]
    (needed,) = [one for line in project["dependencies"] if (one := Requirement(line)).name == "nnzoo"]
    version = Version(project["version"])
    assert version in needed.specifier
    assert f"{version.major}.{version.minor - 1}" not in needed.specifier
    assert f"{version.major + 1}.0" not in needed.specifier
    assert project["entry-points"]["nnzoo"]


def test_a_release_links_to_the_repository_that_it_comes_from(tmp_path):
    release = runpy.run_path(str(ROOT / ".ci/release.py"))
    for name in (".", "plugins/nnzoo-conv"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name / "pyproject.toml", tmp_path / name)
    release["add_urls"](tmp_path, "https://example.org/nnzoo", "0.2.0")
    for folder in (tmp_path, tmp_path / "plugins/nnzoo-conv"):
        urls = settings(folder)["project"]["urls"]
        assert {"Homepage", "Source", "Changelog", "Issues"} == urls.keys()
        assert all(url.startswith("https://example.org/nnzoo") for url in urls.values())
