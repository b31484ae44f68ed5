"""`nnzoo new` writes all or nothing, and never overwrites anything."""

import os
import shutil
from pathlib import Path

import pytest

from nnzoo.errors import StorageError
from nnzoo.scaffold.sources import write_new

FILES = {"one.txt": "eins\n", "folder/two.txt": "zwei\n", "folder/three.txt": ""}


def contents(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(outcome, code, *fragments):
    assert (outcome.code, outcome.stdout) == (code, "")
    assert "Traceback" not in outcome.stderr
    assert outcome.stderr.startswith("nnzoo: error: ")
    for fragment in fragments:
        assert fragment in outcome.stderr


def test_a_folder_and_a_file_are_written_with_the_permissions_of_the_umask(tmp_path):
    write_new(tmp_path / "new", FILES)
    write_new(tmp_path / "new.txt", "text\n")
    (tmp_path / "usual").mkdir()
    assert contents(tmp_path) == {**{f"new/{path}": text for path, text in FILES.items()}, "new.txt": "text\n"}
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert names_in(tmp_path) == ["new", "new.txt", "usual"]


@pytest.mark.parametrize("what", ["text", FILES], ids=["file", "folder"])
def test_whichever_step_fails_nothing_is_left_behind(tmp_path, monkeypatch, what):
    steps, failing = 0, 0

    def counted(method):
        def step(self, *arguments, **options):
            nonlocal steps
            steps += 1
            if steps == failing:
                raise OSError(28, "No space left on device")
            return method(self, *arguments, **options)

        return step

    for owner, name in ((Path, "mkdir"), (Path, "write_text"), (Path, "rename"), (os, "fsync"), (os, "link")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    write_new(tmp_path / "first", what)
    total = steps
    assert total >= 3
    for failing in range(1, total + 1):
        steps = 0
        with pytest.raises(StorageError, match=r"can't write .*second: No space left on device"):
            write_new(tmp_path / "second", what)
        assert names_in(tmp_path) == ["first"]
        assert steps == failing


@pytest.mark.parametrize("options", [(), ("--file",)], ids=["package", "file"])
@pytest.mark.parametrize("there", ["file", "folder", "empty folder", "dead link"])
def test_existing_files_are_unchanged(run_nnzoo, tmp_path, options, there):
    target = tmp_path / ("mish.py" if options else "nnzoo-mish")
    if there == "file":
        target.write_text("precious")
    elif there == "dead link":
        target.symlink_to("nowhere")
    else:
        target.mkdir()
    if there == "folder":
        (target / "file").write_text("precious")
    refused(run_nnzoo("new", "activation", "mish", *options), 2, target.name, "already exists", "overwritten")
    assert names_in(tmp_path) == [target.name]
    assert list(contents(tmp_path).values()) == ["precious"] * (there in ("file", "folder"))
    assert target.is_symlink() == (there == "dead link")


def test_an_invalid_name_or_kind_is_exit_code_2_and_nothing_is_written(run_nnzoo, tmp_path):
    refused(run_nnzoo("new", "activation", "Mish"), 2, "'Mish'", "nnzoo new activation mish")
    refused(run_nnzoo("new", "activaton", "mish"), 2, "'activaton'", "did you mean activation?")
    assert names_in(tmp_path) == []


def test_a_missing_directory_is_exit_code_2(run_nnzoo, tmp_path):
    (tmp_path / "file").write_text("precious")
    for directory in ("missing", "file"):
        refused(run_nnzoo("new", "activation", "mish", "--directory", directory), 2, "no directory", directory)
    assert names_in(tmp_path) == ["file"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a directory that even root can't write to")
@pytest.mark.parametrize("options", [(), ("--file",)], ids=["package", "file"])
def test_a_read_only_directory_is_exit_code_7(run_nnzoo, options):
    refused(run_nnzoo("new", "activation", "mish", "--directory", "/proc", *options), 7, "can't write /proc/")


def test_two_at_once_do_not_write_over_each_other(tmp_path, monkeypatch):
    rename = Path.rename

    def after_the_other(self, target):
        monkeypatch.undo()
        shutil.copytree(self, target)
        (Path(target) / "one.txt").write_text("the other's")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", after_the_other)
    with pytest.raises(StorageError, match="can't write"):
        write_new(tmp_path / "new", FILES)
    assert (tmp_path / "new" / "one.txt").read_text() == "the other's"
    assert names_in(tmp_path) == ["new"]
