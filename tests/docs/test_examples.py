"""Each example that is a plugin passes the kit, and the command in its docstring trains, to the same bits again."""

import ast
import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import read_checkpoint
from nnzoo.testing import CheckSkipped, checks_for

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGINS = sorted(path for path in EXAMPLES.glob("*.py") if "@hookimpl" in path.read_text(encoding="utf-8"))


def command(path):
    """The arguments of the command that its docstring shows."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    (line,) = re.findall(r"^ *nnzoo (train .*)$", text, re.MULTILINE)
    return shlex.split(line)


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_its_command_trains_and_can_be_repeated(nnzoo_here, tmp_path, path):
    (tmp_path / "examples").symlink_to(EXAMPLES)
    done = nnzoo_here(tmp_path, *command(path), "--run-dir", "run", "--json")
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["test_accuracy"] > 0.9
    again = nnzoo_here(tmp_path, "reproduce", "run", "--plugin", f"examples/{path.name}", "--json")
    assert again.code == 0, again.stderr
    assert json.loads(again.stdout)["identical"]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_what_it_brings_passes_the_kit(path):
    registry = Registry(files=[path], disabled=["all"])
    brought = [c for kind, name in _names(registry) if (c := registry.get(kind, name)).source.distribution == path.name]
    assert brought
    for one in brought:
        for check in checks_for(one.component):
            try:
                check()
            except CheckSkipped:
                continue


def test_a_killed_stream_goes_on_to_the_same_bits(nnzoo_here, clean_variables, tmp_path):
    options = ["--plugin", str(EXAMPLES / "streamed.py"), "--dataset", "endless-rings:samples=50000", "--epochs", "2"]
    alone = nnzoo_here(tmp_path, "train", *options, "--run-dir", "alone", "--json")
    command = [sys.executable, "-m", "nnzoo", "train", *options, "--run-dir", "cut", "--quiet"]
    killed = subprocess.Popen([*command, "--checkpoint-every", "0.02"], cwd=tmp_path, env=clean_variables(tmp_path))
    while not (tmp_path / "cut/checkpoint.safetensors").exists():
        assert killed.poll() is None
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    seen = read_checkpoint(tmp_path / "cut/checkpoint.safetensors").state.stream["seen"]
    assert 0 < seen < 100_000
    resumed = nnzoo_here(tmp_path, "train", "--resume", "cut", *options[:2], "--json")
    both = [json.loads(done.stdout) for done in (alone, resumed)]
    assert both[0]["weights_sha256"] == both[1]["weights_sha256"]


def _names(registry):
    from nnzoo.kinds import KINDS

    return [(kind, name) for kind in KINDS for name in registry.names(kind)]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_it_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
