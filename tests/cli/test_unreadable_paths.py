"""Files and folders that can't be read, or have odd names: exit code 7 wherever that shows, and never a traceback."""

import io
import json
import logging
import os
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from nnzoo.cli.main import main

TABLE = "kg,kind\n" + "4.5,cat\n9,dog\n" * 30
READERS = {
    "resume": "train --resume {}/run",
    "data": "data show {}/table.csv",
    "options": "data show csv:path={}/table.csv",
    "arrays": "data show npz:path={}/arrays.npz",
    "images": "data show images:path={}",
    "plugin": "list-plugins --plugin {}/plugin.py",
    "check": "check --plugin {}/plugin.py activation relu",
    "list": "runs list {}",
    "show": "runs show {}/run",
    "compare": "runs compare {}/run {}/run",
    "remove": "runs remove --yes {}/run",
    "report": "report {}/run",
    "plot": "plot {}/run",
    "evaluate": "evaluate {}/run",
    "predict": "predict {}/run {}/table.csv",
    "model file": "show --model-file {}/run",
    "summary": "summary {}/run",
    "export": "export {}/run --format numpy",
    "explain": "explain --from {}/run",
    "reproduce": "reproduce {}/run",
    "zoo": "zoo add {}/run --name a.b --summary s --use u --limits l --out .",
}
WRITERS = {
    "run": "train --dataset digits --epochs 0 --quiet --run-dir {}/new",
    "report": "report good/run --out {}/new",
    "plot": "plot good/run --what loss --out {}/new",
    "export": "export good/run --format numpy --out {}/new",
    "explain": "explain --tiny --html {}/new",
    "predict": "predict good/run good/table.csv --out {}/new",
    "zoo": "zoo add good/run --name a.b --summary s --use u --limits l --out {}",
    "plugin": "new activation mish --file --directory {}",
    "summary": "summary --model mlp --diagram {}/new.svg",
}

SLOW = ("plot", "report", "to-plot", "to-report", "to-explain", "to-summary")


def nnzoo(command, folder):
    """Exit code, standard output and standard error; both in UTF-8, as strict as Python has them."""
    printed, said = io.BytesIO(), io.BytesIO()
    with (
        redirect_stdout(io.TextIOWrapper(printed, "utf-8", "strict", write_through=True)) as out,
        redirect_stderr(io.TextIOWrapper(said, "utf-8", "backslashreplace", write_through=True)) as err,
        pytest.raises(SystemExit) as ended,
    ):
        main([word.replace("{}", folder) for word in command.split()])
    logging.getLogger("nnzoo").handlers.clear()
    found = ended.value.code, printed.getvalue().decode(), said.getvalue().decode()
    out.detach()
    err.detach()
    return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "table.csv").write_text(TABLE)
    code, _, said = nnzoo(f"train --dataset {folder}/table.csv --epochs 1 --quiet --run-dir {folder}/run", "")
    assert code == 0, said
    (folder / "plugin.py").write_text("")
    return folder


@pytest.fixture
def here(trained, clean_environment):
    shutil.copytree(trained, "good")


@pytest.fixture
def secret(here, monkeypatch):
    """A folder ``secret`` in which nothing can be opened or made, whoever one is."""
    shutil.copytree("good", "secret")
    shutil.copyfile("good/table.csv", "secret/arrays.npz")

    def denied(real):
        def called(path, *arguments, **options):
            if isinstance(path, str | os.PathLike) and "secret" in os.fspath(path):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return real(path, *arguments, **options)

        return called

    for owner, name in ((os, "open"), (io, "open"), (os, "mkdir"), (os, "scandir"), (os, "listdir")):
        monkeypatch.setattr(owner, name, denied(getattr(owner, name)))


def each(*tables):
    """The commands of tables; the long ones are left to ``-m slow``."""
    named = {f"{'to-' if table is WRITERS else ''}{name}": table[name] for table in tables for name in table}
    return [pytest.param(named[name], id=name, marks=pytest.mark.slow if name in SLOW else []) for name in named]


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("command", each(READERS, WRITERS))
def test_files_without_permission_are_exit_code_7(command):
    code, printed, said = nnzoo(command, "secret")
    assert (code, printed) == (7, "")
    assert "Permission denied" in said
    assert "secret" in said


FOLDERS = {"file": "good/table.csv", "loop": "loop", "long": "n" * 300}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("command", "folder"),
    [
        pytest.param(*one.values, FOLDERS[name], id=f"{one.id}-{name}", marks=[*one.marks, *thorough])
        for place, one in enumerate(each(READERS, WRITERS))
        for number, name in enumerate(FOLDERS)
        for thorough in [[] if one.marks or (place + number) % 3 == 0 else [pytest.mark.thorough]]
    ],
)
def test_a_way_that_leads_nowhere_is_not_a_bug(command, folder):
    Path("loop").symlink_to("loop")
    code, _, said = nnzoo(command, folder)
    assert code in (2, 7)
    assert "nnzoo: error: " in said


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("command", each(READERS, WRITERS))
def test_names_that_are_not_text_are_read_and_written_or_refused_with_the_reason(command):
    folder = os.fsdecode(b"n\xff")
    try:
        shutil.copytree("good", folder)
    except OSError:
        pytest.skip("this file system has no such names")
    code, _, said = nnzoo(command, folder)
    if "data show" in command:
        assert code == 2
        assert "has bytes that are not UTF-8\n  a record holds text only: rename the file or folder" in said
    elif "plugin" in command:
        assert code == 5  # it is empty
    elif command == READERS["resume"]:
        assert code == 2
        assert "is at its end" in said
    else:
        assert code == 0, said


@pytest.mark.usefixtures("here")
def test_a_run_of_such_a_name_is_a_run_like_any():
    folder = os.fsdecode(b"n\xff")
    assert nnzoo("train --dataset good/table.csv --epochs 1 --run-dir {}/run", folder)[0] == 0
    shutil.copytree(Path(folder, "run"), Path(folder, "run2"))
    assert nnzoo("reproduce {}/run2", folder)[0] == 0
    shutil.rmtree(Path(folder, "run2"))
    code, printed, _ = nnzoo("runs list {} --json", folder)
    assert [line["path"] for line in json.loads(printed)] == [f"{folder}/run"]
    assert nnzoo("runs list {}", folder)[0] == code == 0
    assert nnzoo("runs remove --yes {}/run", folder)[0] == 0
