"""The run directory is never overwritten, and each file is complete."""

import json
import math
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nnzoo.errors import StorageError, UsageError
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import read_record

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_the_default_name_has_the_time_the_data_and_the_model(tmp_path):
    before = int(time.time())
    run = RunDirectory.create(None, "digits-mlp")
    assert run.path.parent.resolve() == tmp_path / "runs"
    moment = time.strptime(run.path.name.removesuffix("-digits-mlp"), "%Y%m%d-%H%M%S")
    assert before <= time.mktime(moment) <= time.time()
    assert run.path.is_dir()


def test_runs_of_the_same_second_have_different_names(monkeypatch):
    monkeypatch.setattr(time, "strftime", lambda form: "20260102-030405")
    names = [RunDirectory.create(None, "digits-mlp").path.name for _ in range(3)]
    assert names == [f"20260102-030405-digits-mlp{suffix}" for suffix in ("", "-2", "-3")]


def test_a_named_directory_is_made_with_its_parents(tmp_path):
    run = RunDirectory.create(tmp_path / "a" / "b", "ignored")
    assert run.path == tmp_path / "a" / "b"
    assert run.path.is_dir()


def test_an_empty_directory_may_be_used(tmp_path):
    (tmp_path / "mine").mkdir()
    assert RunDirectory.create(tmp_path / "mine", "ignored").path == tmp_path / "mine"


@pytest.mark.parametrize("name", ["run.json", "notes.txt", ".hidden"])
def test_a_directory_that_holds_anything_is_refused_and_left_alone(tmp_path, name):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("precious")
    with pytest.raises(UsageError, match="mine is not empty"):
        RunDirectory.create(tmp_path / "mine", "ignored")
    assert [(path.name, path.read_text()) for path in (tmp_path / "mine").iterdir()] == [(name, "precious")]


def test_a_file_is_refused(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UsageError, match="mine is a file"):
        RunDirectory.create(tmp_path / "mine", "ignored")


def test_a_file_in_place_of_a_parent_is_a_storage_error(tmp_path, monkeypatch):
    (tmp_path / "runs").write_text("precious")
    with pytest.raises(StorageError, match="can't make directory"):
        RunDirectory.create(tmp_path / "runs" / "mine", "ignored")
    with pytest.raises(StorageError, match="can't make directory"):
        RunDirectory.create(None, "digits-mlp")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        RunDirectory.create(tmp_path / "locked" / "run", "ignored")


@pytest.fixture
def record():
    return read_record(Path(__file__).parent / "version_0_1/digits")


def test_the_record_is_replaced_in_one_step(tmp_path, record):
    run = RunDirectory.create(tmp_path / "run", "ignored")
    run.write_record(replace(record, status="running"))
    run.write_record(replace(record, command=("nnzoo", "é")))
    assert read_record(run.path) == replace(record, command=("nnzoo", "é"))
    assert [path.name for path in run.path.iterdir()] == ["run.json"]


def test_values_that_json_can_not_hold_leave_the_record_unchanged(tmp_path, record):
    run = RunDirectory.create(tmp_path / "run", "ignored")
    run.write_record(record)
    with pytest.raises(ValueError, match="JSON"):
        run.write_record(replace(record, results={"test_loss": math.nan}))
    assert read_record(run.path) == record


def test_a_line_of_metrics_is_on_the_disk_immediately(tmp_path):
    run = RunDirectory.create(tmp_path / "run", "ignored")
    for epoch in (1, 2):
        run.append_metrics({"epoch": epoch})
        lines = (run.path / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == list(range(1, epoch + 1))


def test_a_removed_directory_is_a_storage_error(tmp_path, record):
    run = RunDirectory.create(tmp_path / "run", "ignored")
    run.path.rmdir()
    with pytest.raises(StorageError, match=r"can't write .*run\.json"):
        run.write_record(record)
    with pytest.raises(StorageError, match=r"can't write .*metrics\.jsonl"):
        run.append_metrics({})
