"""A new package, installed without pip, for the tests of the scaffold."""

import os
import tomllib

import pytest

from nnzoo.plugins.registry import Registry
from nnzoo.scaffold.choice import choose_names
from nnzoo.scaffold.sources import package_files, write_new


@pytest.fixture(scope="session")
def builtins():
    """The registry of nnzoo alone, whatever else is installed where the tests run."""
    return Registry(disabled=["all"])


@pytest.fixture(scope="session")
def write_package(builtins):
    """Write a new package into a folder, and return its names and where it is."""

    def write(folder, kind, name):
        names = choose_names(builtins, kind, name)
        write_new(folder / names.distribution, package_files(names))
        return names, folder / names.distribution

    return write


@pytest.fixture(scope="session")
def install():
    """Do to a package what ``pip install -e`` does, from what its pyproject.toml says; returns Python's path for it."""

    def metadata_beside(package, site):
        project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir(parents=True)
        head = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}"]
        requirements = [f"Requires-Dist: {requirement}" for requirement in project["dependencies"]]
        (info / "METADATA").write_text("\n".join([*head, *requirements, ""]))
        entries = [f"{name} = {target}" for name, target in project["entry-points"]["nnzoo"].items()]
        (info / "entry_points.txt").write_text("\n".join(["[nnzoo]", *entries, ""]))
        return os.pathsep.join(map(str, (site, package)))

    return metadata_beside
