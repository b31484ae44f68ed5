"""What others wrote, in files, names and plugins, is printed with its control characters spelt out; and what they wrote
is never part of a command that we recommend."""

import io
import json
import logging
import re
import shlex

import numpy as np
import pytest
from rich.text import Text

from nnzoo.errors import NnzooError
from nnzoo.files.tensors import read_tensors, write_tensors
from nnzoo.terminal import PrintableStream, make_console

TITLE, TURNED, RED = "\x1b]0;owned\x07", "a\u202eb", "\x1b[31m"
FOREIGN = f"x{TITLE}{TURNED}{RED}\x9b"


@pytest.fixture(scope="module")
def run(tmp_path_factory, nnzoo_here):
    """The directory of a run that has finished."""
    folder = tmp_path_factory.mktemp("foreign")
    outcome = nnzoo_here(folder, "train", "--dataset", "digits", "--epochs", "1", "--hidden", "4", "--run-dir", "run")
    assert outcome.code == 0, outcome.stderr
    return folder / "run"


@pytest.fixture
def copy(run, tmp_path):
    """A copy of the run in which run.json and the model file are changed by hand."""

    def write(change):
        folder = tmp_path / "copy"
        folder.mkdir()
        record = json.loads((run / "run.json").read_text())
        change(record)
        (folder / "run.json").write_text(json.dumps(record))
        file = read_tensors(run / "model.safetensors")
        change(file.description)
        write_tensors(folder / "model.safetensors", file.tensors, file.description)
        (folder / "metrics.jsonl").write_bytes((run / "metrics.jsonl").read_bytes())
        return folder

    return write


def require_harmless(outcome):
    said = outcome.stdout + outcome.stderr
    assert not [c for c in said if not c.isprintable() and c not in "\n\t"], ascii(said)
    return said


def in_option(values):
    values["components"]["model"]["options"]["hidden"] = FOREIGN


def in_name(values):
    values["components"]["activation"]["name"] = f"nnzoo-{FOREIGN}/{FOREIGN}"


def in_version(values):
    values["components"]["activation"] |= {"name": "nnzoo-other/other", "version": FOREIGN}


def in_data_set(values):
    values["components"]["dataset"] = {"name": "nnzoo/csv", "version": "", "options": {"path": FOREIGN, FOREIGN: "x"}}


def in_classes(values):
    values["data"]["names"] = [f"{number}{FOREIGN}" for number in range(10)]


def in_reason(values):
    if "status" in values:
        values |= {"status": "failed", "reason": FOREIGN, "command": ["nnzoo", FOREIGN]}


def in_environment(values):
    if "environment" in values:
        values["environment"]["plugins"] = {FOREIGN: FOREIGN}
        values["resumed"] = [{"at": FOREIGN, "steps": 1, "differences": [FOREIGN]}]


@pytest.mark.parametrize("change", [in_option, in_name, in_version, in_data_set, in_classes, in_reason, in_environment])
def test_of_a_file_nothing_steers_the_terminal(copy, nnzoo_here, tmp_path, change):
    copy(change)
    for command in (
        ("runs", "list", "."),
        ("runs", "show", "copy"),
        ("runs", "compare", "copy", "copy"),
        ("show", "--model-file", "copy"),
        ("evaluate", "copy"),
        ("explain", "--from", "copy"),
        ("summary", "--from", "copy"),
        ("export", "copy", "--force"),
        ("train", "--resume", "copy"),
        ("reproduce", "copy"),
        ("predict", "copy", FOREIGN),
    ):
        outcome = nnzoo_here(tmp_path, *command)
        require_harmless(outcome)
        assert outcome.code in (0, 2, 3, 5, 7), (command, outcome.stderr)


@pytest.mark.parametrize(
    "command", ["train --dataset", "show --model-file", "data show", "runs list", "predict", "train --resume"]
)
def test_of_a_name_that_was_given(nnzoo_here, tmp_path, command):
    outcome = nnzoo_here(tmp_path, *command.split(), FOREIGN)
    assert outcome.code in (2, 7)
    assert r"\x1b]0;owned\x07a\u202eb" in require_harmless(outcome)


def test_of_a_table_and_of_the_folder_it_is_in(nnzoo_here, tmp_path):
    folder = tmp_path / FOREIGN
    folder.mkdir()
    (folder / "table.csv").write_text(f"one,two{FOREIGN},kind\n" + f"1,2,{TURNED}\n3,x{RED},b\n" * 20)
    for command in (
        ("data", "show", f"{FOREIGN}/table.csv"),
        ("data", "show", f"{FOREIGN}/table.csv:target=kind"),
        ("data", "show", f"{FOREIGN}/table.csv:target=nothing"),
        ("train", "--dataset", f"{FOREIGN}/table.csv:target=kind", "--epochs", "1", "--run-dir", f"{FOREIGN}/run"),
        ("evaluate", f"{FOREIGN}/run"),
        ("explain", "--from", f"{FOREIGN}/run"),
        ("runs", "list", FOREIGN),
    ):
        outcome = nnzoo_here(tmp_path, *command)
        assert "x1b" in require_harmless(outcome), command
    np.savez(folder / "a.npz", x=np.eye(20, dtype="f4"), y=np.array([f"cat{FOREIGN}", "dog"] * 10))
    for command in (("data", "show", f"{FOREIGN}/a.npz"), ("train", "--dataset", f"{FOREIGN}/a.npz", "--epochs", "1")):
        require_harmless(nnzoo_here(tmp_path, *command))


def test_of_a_plugin(nnzoo_here, tmp_path, activation_source):
    loud = activation_source().replace("Hyperbolic tangent.", f"Tangent {FOREIGN}").replace("\x9b", "")
    loud = loud.replace("np.tanh(z, out=out)", f"raise RuntimeError({FOREIGN!r})")
    (tmp_path / "loud.py").write_text(loud)
    (tmp_path / "broken.py").write_text(f"raise ValueError({FOREIGN!r})")
    for command in (
        ("show", "activation", "tanh", "--plugin", "loud.py"),
        ("list-plugins", "--plugin", "loud.py"),
        ("check", "activation", "tanh", "--plugin", "loud.py"),
        ("train", "--dataset", "digits", "--activation", "tanh", "--plugin", "loud.py"),
        ("list-plugins", "--plugin", "broken.py"),
    ):
        outcome = nnzoo_here(tmp_path, *command)
        require_harmless(outcome)
        assert outcome.code in (0, 5), outcome.stderr


def test_untrusted_text_in_log_lines_and_output_of_libraries(nnzoo_here, tmp_path, monkeypatch):
    from nnzoo.cli.show import show

    monkeypatch.setattr(show, "callback", lambda **_: (logging.getLogger("nnzoo").warning(FOREIGN), print(FOREIGN)))
    outcome = nnzoo_here(tmp_path, "show", "activation", "relu")
    assert require_harmless(outcome).count(r"\x1b]0;owned") == 2


def test_of_an_error_in_a_notebook():
    error = NnzooError(f"no {FOREIGN}", hint=f"try {FOREIGN}")
    assert str(error).replace("\n", "").isprintable()


def test_the_colours_are_our_own(monkeypatch):
    """On a terminal rich colours what we print, and prints what others wrote as it does all else."""
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr("sys.stdout", PrintableStream(screen))
    monkeypatch.setenv("TERM", "xterm-256color")
    make_console(width=100).print(Text(f"{RED}{TURNED}", "bold red"))
    assert re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()) == "\\x1b[31ma\\u202eb\n"
    assert "\x1b[1;31m" in screen.getvalue()


@pytest.mark.parametrize("name", ["x; touch P #/adam", "$(touch P)/adam", "-r/adam", "x\n/adam", "`id`.py/adam"])
def test_no_file_writes_a_command_that_we_recommend(copy, nnzoo_here, tmp_path, name):
    def change(values):
        values["components"]["activation"] = {"name": name, "version": "1; pip install evil", "options": {}}

    copy(change)
    for command in (("show", "--model-file", "copy"), ("evaluate", "copy"), ("train", "--resume", "copy")):
        said = nnzoo_here(tmp_path, *command).stderr
        assert "pip install" not in said
        if "--plugin" in said:
            assert shlex.split(said.partition("--plugin ")[2].splitlines()[0]) == ["`id`.py"]


def test_paths_in_recommended_commands_are_quoted(run, nnzoo_here, tmp_path):
    folder = tmp_path / "my runs; ls"
    folder.mkdir()
    record = json.loads((run / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(replace_status(record)))
    for command in (("runs", "list", folder.name), ("reproduce", folder.name)):
        hint = nnzoo_here(tmp_path, *command).stderr.splitlines()[-1]
        assert shlex.split(hint)[-1] == folder.name


def replace_status(record):
    return {**{key: value for key, value in record.items() if key not in ("results", "finished")}, "status": "failed"}
