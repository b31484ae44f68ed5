"""What every executor owes to those who hand it work, and that nnzoo finds it without importing Dask."""

import subprocess
import sys

import pytest
from nnzoo import registry
from nnzoo.plugins.catalogue import KNOWN_PACKAGES
from nnzoo.testing import parametrize_with_checks

from nnzoo_dask import Dask, nnzoo_executors


@parametrize_with_checks(
    [Dask()], expected_failures={"random-state": "Dask draws from Python's global generator, which nnzoo never uses"}
)
def test_conformance(check):
    check()


def test_names():
    names = tuple(executor.name for executor in nnzoo_executors())
    assert KNOWN_PACKAGES["nnzoo-dask"] == {"executor": names}  # what nnzoo says where it is not installed
    assert {registry.provider(registry.build("executor", name)).distribution for name in names} == {"nnzoo-dask"}


@pytest.mark.parametrize("command", [["list-plugins"], ["show", "executor", "dask"]])
def test_dask_is_imported_when_it_is_used(command):
    code = (
        "import sys\nfrom nnzoo.cli.main import main\n"
        f"try:\n    main({command!r})\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "found = {'dask', 'distributed', 'tornado'} & {*sys.modules}\nassert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
