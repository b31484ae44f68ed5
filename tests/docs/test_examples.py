"""Each example that is a plugin passes the kit, and the command in its docstring trains, to the same bits again."""

import ast
import json
import re
import runpy
import shlex
from pathlib import Path

import pytest

from nnzoo.plugins.registry import Registry
from nnzoo.testing import CheckSkipped, checks_for

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGINS = sorted(path for path in EXAMPLES.glob("*.py") if "@hookimpl" in path.read_text(encoding="utf-8"))


SKIPPED = {
    "muon": {"no-allocation"},  # NumPy's singular value decomposition makes new arrays
    "vae": {"learns"},  # to tell classes apart, which is not what it is for
}


def command(path):
    """The arguments of the command that its docstring shows, and the plugin files among them."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).replace("\\\n", " ")
    (line,) = re.findall(r"^ *nnzoo (train .*)$", text, re.MULTILINE)
    words = shlex.split(line)
    return words, [word for word in words if word.endswith(".py")]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_its_command_trains_and_can_be_repeated(nnzoo_here, tmp_path, path):
    (tmp_path / "examples").symlink_to(EXAMPLES)
    words, plugins = command(path)
    done = nnzoo_here(tmp_path, *words, "--run-dir", "run", "--json")
    assert done.code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.get("test_accuracy", 0) > 0.9 or told["test_rmse"] < 0.8 * told["baseline"]["baseline"]
    options = [word for file in plugins for word in ("--plugin", file)]
    again = nnzoo_here(tmp_path, "reproduce", "run", *options, "--json")
    assert again.code == 0, again.stderr
    assert json.loads(again.stdout)["identical"]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_what_it_brings_passes_the_kit(path):
    registry = Registry(files=[path], disabled=["all"])
    brought = [c for kind, name in _names(registry) if (c := registry.get(kind, name)).source.distribution == path.name]
    assert brought
    for one in brought:
        for check in checks_for(one.component):
            if check.name in SKIPPED.get(path.stem, ()):
                continue
            try:
                check()
            except CheckSkipped:
                continue


def _names(registry):
    from nnzoo.kinds import KINDS

    return [(kind, name) for kind in KINDS for name in registry.names(kind)]


def test_fine_tuning_any_two_data_sets(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = (
        "digits digits --first 0,1,2,3,4 --second 5,6,7,8,9 --model mlp --samples 40 --epochs 2 --seeds 1 --freeze 0.*"
    )
    monkeypatch.setattr("sys.argv", ["fine_tuning.py", *words.split()])
    runpy.run_path(str(EXAMPLES / "fine_tuning.py"), run_name="__main__")
    told = capsys.readouterr().out
    first, *others = (float(share) for share in re.findall(r"([0-9.]+)%", told))
    assert first > 90
    assert len(others) == 4


@pytest.mark.parametrize("path", [*PLUGINS, EXAMPLES / "fine_tuning.py"], ids=lambda path: path.stem)
def test_it_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
