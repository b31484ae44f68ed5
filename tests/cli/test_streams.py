"""Streams as people have them: closed, full, piped into ``head``, in another code page, as wide as they say."""

import io
import json
import os
import subprocess
import sys

import pytest

from nnzoo.cli.main import main

TINY = ("explain", "--tiny")
TRAIN = ("train", "--dataset", "digits", "--epochs", "1", "--hidden", "4", "--run-dir", "run")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110


@pytest.fixture
def shell(clean_variables, tmp_path):
    """Run a line of a POSIX shell in which ``nnzoo`` is the command; its exit code is that of the first command."""

    def run(line, **environment):
        found = subprocess.run(
            ["bash", "-c", f'nnzoo() {{ "{sys.executable}" -m nnzoo "$@"; }}; {line}\nexit ${{PIPESTATUS[0]}}'],
            cwd=tmp_path,
            env=clean_variables(tmp_path) | environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert b"Traceback" not in found.stderr, found.stderr.decode()
        return found.returncode, found.stdout, found.stderr

    return run


thorough = pytest.mark.thorough


@thorough
@pytest.mark.parametrize("command", ["list-plugins", "explain --tiny", "show activation relu --json"])
def test_a_reader_that_has_gone_is_not_an_error(shell, command):
    code, _, said = shell(f"nnzoo {command} | true")
    assert (code, said) == (141, b"")


@thorough  # daily, tests/cli/test_train.py has a reader who leaves after a line
def test_a_training_goes_on_when_its_reader_has_gone(shell, tmp_path):
    code, _, said = shell(f"nnzoo {' '.join(TRAIN)} | true")
    assert (code, said) == (141, b"")
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "finished"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nnzoo nothing 2>&-", 2),
        (f"nnzoo {' '.join(TRAIN)} >&- 2>&- <&-", 0),
        pytest.param("nnzoo list-plugins >&-", 0, marks=thorough),
        pytest.param("nnzoo list-plugins --json >&-", 0, marks=thorough),
        pytest.param("nnzoo explain --tiny 2>&-", 0, marks=thorough),
        pytest.param("nnzoo explain --tiny <&-", 0, marks=thorough),
        pytest.param("nnzoo show activation nothing --json 2>&- >&- <&-", 2, marks=thorough),
        pytest.param("nnzoo runs remove nothing <&-", 7, marks=thorough),
    ],
)
def test_a_stream_that_is_closed_leads_nowhere(shell, line, code):
    assert shell(line)[0] == code


@needs_full
@pytest.mark.parametrize(
    "line",
    [
        "nnzoo list-plugins --json",
        *(pytest.param(f"nnzoo {line}", marks=thorough) for line in ("explain --tiny", " ".join(TRAIN))),
    ],
)
def test_output_that_is_full_is_reported_by_the_code_alone(shell, tmp_path, line):
    assert shell(f"{line} >/dev/full 2>&1")[0] == 7
    if "train" in line:
        assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "finished"


@pytest.fixture
def in_code_page(monkeypatch, tmp_path):
    """Run a command within this process whose output has an encoding; the text that a terminal shows."""

    def run(encoding, *arguments):
        streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.stdout", streams[0])
        monkeypatch.setattr("sys.stderr", streams[1])
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return ended.value.code, *(stream.buffer.getvalue().decode(encoding) for stream in streams)

    return run


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "cp874", "utf-8"])
def test_signs_missing_in_a_code_page_are_replaced_by_plain_ones(in_code_page, encoding, tmp_path):
    code, shown, said = in_code_page(encoding, *TINY)
    assert (code, said) == (0, "")
    assert ("∂L/∂" if encoding == "utf-8" else "dL/d") in shown
    (tmp_path / "t.csv").write_text("größe,漢\n" + "1,a\n2,b\n" * 30, encoding="utf-8")
    code, shown, said = in_code_page(encoding, "data", "show", "t.csv")
    assert code == 0
    assert ("漢" if encoding == "utf-8" else r"\u6f22") in shown
    assert "?" not in shown + said


def test_descriptors_belong_to_json(shell, tmp_path, activation_source):
    """What code below Python writes to standard output goes to standard error."""
    written = activation_source() + "\nimport os\nos.write(1, b'text')\n"
    (tmp_path / "loud.py").write_text(written.replace("np.tanh(z, out=out)", "os.write(1, b'more'); np.tanh(z, out)"))
    code, shown, said = shell("nnzoo summary --activation tanh --plugin loud.py --json")
    assert code == 0
    assert json.loads(shown)
    assert b"text" in said


@pytest.mark.parametrize("columns", ["0", "-3", "9999999", "x", "7"])
@pytest.mark.parametrize("command", [("explain", "--tiny"), ("list-plugins",), ("runs", "list")])
def test_a_width_that_no_terminal_has(tmp_path, monkeypatch, capsys, columns, command):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code in (0, 7)
    assert all(len(line) <= 500 for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("place", ["nnzoo.cli.main", "nnzoo.cli.options", "nnzoo.comparing.listing"])
def test_ctrl_c_while_a_command_is_imported(clean_variables, tmp_path, place):
    """A module that is being imported when the signal comes."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "from importlib.abc import MetaPathFinder\n"
        "class Interrupted(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {place!r}: signal.raise_signal(signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.meta_path.insert(0, Interrupted())\n"
    )
    environment = clean_variables(tmp_path)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    found = subprocess.run(
        [sys.executable, "-m", "nnzoo", "runs", "list"],
        env=environment | {"PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout, found.stderr) == (130, "", "nnzoo: interrupted\n")


def test_a_thread_that_a_plugin_leaves_behind_does_not_hold_the_program(shell, tmp_path, activation_source):
    waits = "import threading\nthreading.Thread(target=threading.Event().wait, args=(600,)).start()\n"
    (tmp_path / "slow.py").write_text(activation_source() + waits)
    code, _, said = shell("nnzoo list-plugins --plugin slow.py")
    assert code == 5
    assert b"it leaves a thread running" in said


def test_without_built_in_components_there_is_none_to_choose(nnzoo_here, tmp_path):
    for command in (("check", "loss"), ("show", "loss"), ("check", "nothing"), ("summary",)):
        outcome = nnzoo_here(tmp_path, *command, "--no-plugin", "nnzoo")
        assert outcome.code == 2, outcome.stderr
