"""Each example that is a plugin passes the kit, and the command in its docstring runs, to the same bits again."""

import ast
import json
import re
import runpy
import shlex
import signal
from pathlib import Path

import pytest

from nnzoo.kinds import KINDS
from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import read_checkpoint
from nnzoo.testing import CheckSkipped, checks_for

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGINS = sorted(path for path in EXAMPLES.glob("*.py") if re.search(r"^@\S*hookimpl", path.read_text(), re.MULTILINE))


SKIPPED = {
    "muon": {"no-allocation"},  # NumPy's singular value decomposition makes new arrays
    "vae": {"learns"},  # to tell classes apart, which is not what it is for
}


def command(path):
    """The arguments of the command that its docstring shows."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).replace("\\\n", " ")
    (line,) = re.findall(r"^ *nnzoo (.*)$", text, re.MULTILINE)
    return shlex.split(line)


TRAINING = [path for path in PLUGINS if command(path)[0] == "train"]


@pytest.fixture
def beside(tmp_path):
    """An empty folder beside the examples."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    return tmp_path


@pytest.mark.thorough
@pytest.mark.parametrize("path", TRAINING, ids=lambda path: path.stem)
def test_its_command_trains_well(nnzoo_here, beside, path):
    words = command(path)
    done = nnzoo_here(beside, *words, "--run-dir", "run", "--json")
    assert done.code == 0, done.stderr
    told = json.loads(done.stdout)
    if "test_rmse" in told:
        assert told["test_rmse"] < 0.8 * told["baseline"]["baseline"]
    else:
        assert told.get("test_accuracy", told.get("test_digit_accuracy")) > 0.9


@pytest.mark.parametrize("path", TRAINING, ids=lambda path: path.stem)
def test_its_command_trains_and_can_be_repeated(nnzoo_here, beside, path):
    words = [*command(path), "--epochs", "1", "--learning-rate", "0.05"]
    done = nnzoo_here(beside, *words, "--run-dir", "run", "--json")
    assert done.code == 0, done.stderr
    plugins = [word for file in words if file.endswith(".py") for word in ("--plugin", file)]
    again = nnzoo_here(beside, "reproduce", "run", *plugins, "--json")
    assert again.code == 0, again.stderr
    assert json.loads(again.stdout)["identical"]


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_what_it_brings_passes_the_kit(path):
    registry = Registry(files=[path], disabled=["all"])
    brought = [c for kind, name in _names(registry) if (c := registry.get(kind, name)).source.distribution == path.name]
    assert brought or any(plugin.commands for plugin in registry.plugins())
    for one in brought:
        for check in checks_for(one.component):
            if check.name in {"cheap-import", *SKIPPED.get(path.stem, ())}:
                continue
            try:
                check()
            except CheckSkipped:
                continue


def test_all_together_are_a_cheap_import(tmp_path, activation_source):
    imports = "".join(f"runpy.run_path({str(path)!r})\n" for path in PLUGINS)
    (tmp_path / "everything.py").write_text(f"import runpy\n{imports}{activation_source('everything')}")
    registry = Registry(files=[tmp_path / "everything.py"], disabled=["all"])
    component = registry.get("activation", "everything").component
    (check,) = [check for check in checks_for(component) if check.name == "cheap-import"]
    check()


def test_a_killed_stream_goes_on_to_the_same_bits(nnzoo_here, nnzoo_command, tmp_path):
    options = ["--plugin", str(EXAMPLES / "streamed.py"), "--dataset", "endless-rings:samples=10000", "--epochs", "2"]
    alone = nnzoo_here(tmp_path, "train", *options, "--run-dir", "alone", "--json")
    command = ["train", *options, "--run-dir", "cut", "--quiet", "--checkpoint-every", "0.02"]
    assert nnzoo_command(tmp_path, *command, killed_at="checkpoint.safetensors").code == -signal.SIGKILL
    seen = read_checkpoint(tmp_path / "cut/checkpoint.safetensors").state.stream["seen"]
    assert 0 < seen < 20_000
    resumed = nnzoo_here(tmp_path, "train", "--resume", "cut", *options[:2], "--json")
    both = [json.loads(done.stdout) for done in (alone, resumed)]
    assert both[0]["weights_sha256"] == both[1]["weights_sha256"]


def _names(registry):
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
def test_it_is_short_and_on_the_page(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
    assert f"(../examples/{path.name})" in (EXAMPLES.parent / "docs/plugins.md").read_text(encoding="utf-8")


def test_the_command_of_ones_own_prints_a_table(nnzoo_here, beside):
    done = nnzoo_here(beside, *command(EXAMPLES / "command.py"))
    assert done.code == 0, done.stderr
    title, *rows = done.stdout.splitlines()
    assert title == "z,f,slope"
    assert len(rows) == 9
    assert rows[4] == "0,0.5,0.25"
    refused = nnzoo_here(beside, *command(EXAMPLES / "command.py"), "--points", "1")
    assert (refused.code, "Traceback" in refused.stderr) == (2, False)


def test_the_figure_of_ones_own_is_drawn(nnzoo_here, beside, request):
    corners = [(x, y) for x in range(12) for y in range(12)]
    rows = [f"{x},{y},{'near' if x + y < 11 else 'far'}" for x, y in corners]
    (beside / "points.csv").write_text("\n".join(["x,y,where", *rows, ""]))
    assert (
        nnzoo_here(beside, "train", "--dataset", "points.csv", "--epochs", "20", "--run-dir", "runs/points").code == 0
    )
    words = command(EXAMPLES / "figure.py")
    done = nnzoo_here(beside, *words)
    assert (done.code, done.stdout) == (0, "figs/points-regions-resolution-80.png\n"), done.stderr
    image = (beside / "figs/points-regions-resolution-80.png").read_bytes()
    assert nnzoo_here(beside, *words).code == 0
    assert (beside / "figs/points-regions-resolution-80.png").read_bytes() == image
    request.getfixturevalue("unpainted")
    all_that_suit = nnzoo_here(beside, *words[:-2], "--out", "all", "--json")
    drawn = {figure["figure"] for figure in json.loads(all_that_suit.stdout)["figures"]}
    assert {"regions", "loss", "confusion"} <= drawn


def test_the_gan_goes_on_to_the_same_bits_after_a_kill(nnzoo_here, beside, nnzoo_command):
    words = command(EXAMPLES / "gan.py")
    arguments = [*words[: words.index("--epochs")], "--epochs", "4"]
    assert nnzoo_here(beside, *arguments, "--out", "whole").code == 0

    checkpoint = beside / "killed/checkpoint.safetensors"
    killed = nnzoo_command(beside, *arguments, "--out", "killed", killed_at=checkpoint.name)
    assert killed.code == -signal.SIGKILL, killed.stderr
    assert checkpoint.read_bytes() != (beside / "whole/checkpoint.safetensors").read_bytes()

    changed = nnzoo_here(beside, *arguments, "--out", "killed", "--seed", "1")
    assert (changed.code, "seed" in changed.stderr) == (2, True)
    assert nnzoo_here(beside, *arguments, "--out", "killed").code == 0
    assert checkpoint.read_bytes() == (beside / "whole/checkpoint.safetensors").read_bytes()
