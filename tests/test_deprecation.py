"""What is old works with a warning that has the cure, and not longer than it says."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from packaging.version import Version

import nnzoo
from nnzoo import deprecation
from nnzoo.deprecation import OldPluginWarning, OldUsageWarning, OldWay

ROOT = Path(__file__).parents[1]
OLD_WAYS = {name: value for name, value in vars(deprecation).items() if isinstance(value, OldWay)}


def overdue(ways, version):
    """The old ways that a version of nnzoo should not have any more."""
    return [way.old for way in ways if way.removed_in <= Version(version).release[:2]]


def test_names_due_for_removal_are_gone():
    assert overdue(OLD_WAYS.values(), nnzoo.__version__) == []


def test_a_deprecated_name_works_in_two_minor_versions():
    way = OldWay("nnzoo look", "nnzoo show", since=(0, 2))
    works = {
        version: not overdue([way], version) for version in ("0.2.0", "0.3.0", "0.3.9", "0.4.0.dev1", "0.4.0", "1.0")
    }
    assert works == {"0.2.0": True, "0.3.0": True, "0.3.9": True, "0.4.0.dev1": False, "0.4.0": False, "1.0": False}


@pytest.mark.parametrize("name", OLD_WAYS)
def test_every_deprecated_name_is_in_use_and_documented(name):
    way = OLD_WAYS[name]
    page = (ROOT / "docs/compatibility.md").read_text(encoding="utf-8")
    (row,) = [row for row in page.splitlines() if row.startswith("| ") and way.old in row.replace("`", "")]
    assert way.write in row.replace("`", "")
    assert row.endswith(f"| {'.'.join(map(str, way.removed_in))} |")
    users = [path for path in (ROOT / "nnzoo").rglob("*.py") if f"{name}.warn(" in path.read_text(encoding="utf-8")]
    assert users


def test_the_warning_names_the_replacement_and_the_caller():
    def old_function():
        OldWay("old", "new", since=(0, 7)).warn(where="file")

    with pytest.warns(OldUsageWarning, match=r"file: old .* 0\.9: use new") as caught:
        old_function()
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("category", "shown"), [(OldUsageWarning, True), (OldPluginWarning, False)])
def test_python_shows_users_what_they_can_change(tmp_path, category, shown):
    assert issubclass(category, FutureWarning if shown else DeprecationWarning)
    (tmp_path / "library.py").write_text(
        f"from nnzoo.deprecation import OldWay, {category.__name__}\n"
        f"way = OldWay('x', 'y', (0, 2), {category.__name__})\n"
        "def old_function(): way.warn()\n"
        "def user(): old_function()\n"
    )
    command = [sys.executable, "-c", "import library; library.user()"]
    outcome = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, cwd=tmp_path)
    assert ("use y" in outcome.stderr) is shown


@pytest.fixture(scope="module")
def trained(tmp_path_factory, nnzoo_here):
    folder = tmp_path_factory.mktemp("trained")
    outcome = nnzoo_here(folder, "train", "--dataset", "digits", "--epochs", "1", "--hidden", "4", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    return folder


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_old_command_does_what_the_new_one_does_and_says_so_in_one_line(nnzoo_here, trained, options):
    before = warnings.showwarning
    old = nnzoo_here(trained, "inspect", "run", *options)
    new = nnzoo_here(trained, "show", "--model-file", "run", *options)
    assert (old.code, old.stdout) == (new.code, new.stdout)
    assert (new.code, new.stderr) == (0, "")
    (line,) = old.stderr.splitlines()
    assert line.startswith("nnzoo: ")
    assert {"inspect", "0.4:", "show", "--model-file"} <= {*line.split()}
    assert warnings.showwarning is before


def test_an_old_command_is_not_offered(nnzoo_here, tmp_path):
    assert "inspect" not in nnzoo_here(tmp_path, "--help").stdout


@pytest.mark.parametrize(
    ("word", "meant"), [("info", "nnzoo show"), ("fit", "nnzoo train"), ("test", "nnzoo evaluate")]
)
def test_names_that_other_programs_have_lead_to_the_command(nnzoo_here, tmp_path, word, meant):
    outcome = nnzoo_here(tmp_path, word)
    assert outcome.code == 2
    assert f"'{meant}'" in outcome.stderr
