"""Directories that others can write to: no run is overwritten, and untrusted directories do no harm."""

import json
import os
import signal
from types import SimpleNamespace

import pytest

from nnzoo.errors import FileFormatError, StorageError, UsageError
from nnzoo.files.writing import is_draft
from nnzoo.runs.claim import claim, is_claimed
from nnzoo.runs.directory import RunDirectory
from nnzoo.runs.record import read_record
from nnzoo.runs.removing import remove_run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="other processes are forked here")
FILES = ("run.json", "metrics.jsonl", "checkpoint.safetensors", "model.safetensors", "report.html")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def forked_status(action):
    """How a process ends that does something: 0, 2 for a refusal, 1 for anything else, or the signal's number."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except UsageError:
            os._exit(2)
        except BaseException:
            os._exit(1)
    return child


def status_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_run_that_was_trained_between_a_look_and_the_claim_is_not_overwritten(toys, monkeypatch):
    create, seen = RunDirectory.create, {}

    def created(path, name):
        found = create(path, name)
        if not seen:
            seen["before"] = True
            assert toys.train("run", seed=1) is not None
            seen.update(contents(toys.folder / "run"))
        return found

    monkeypatch.setattr(RunDirectory, "create", created)
    with pytest.raises(UsageError, match="run is not empty"):
        toys.train("run", seed=2)
    assert seen.pop("before")
    assert contents(toys.folder / "run") == seen


def test_only_one_of_six_simultaneous_runs_trains(toys):
    children = [forked_status(lambda seed=seed: toys.train("run", seed=seed)) for seed in range(6)]
    assert sorted(status_of(child) for child in children) == [0, *[2] * 5]
    assert read_record(toys.folder / "run").status == "finished"


def test_a_directory_that_is_removed_and_made_again_is_claimed_again(tmp_path, monkeypatch):
    run = tmp_path / "run"
    run.mkdir()
    real, calls = os.open, []

    def opened(path, *arguments, **options):
        handle = real(path, *arguments, **options)
        if not calls:
            calls.append(path)
            run.rmdir()
            run.mkdir()
        return handle

    monkeypatch.setattr("os.open", opened)
    with claim(run):
        assert is_claimed(run) is True


def test_while_a_run_is_removed_no_one_trains_there(toys, monkeypatch):
    assert toys.train("run") is not None
    run, rmdir = toys.folder / "run", type(toys.folder).rmdir
    found = []

    def removed(path):
        found.append(is_claimed(run))
        rmdir(path)

    monkeypatch.setattr(type(toys.folder), "rmdir", removed)
    remove_run(run)
    assert found == [True]


def test_untrusted_links_are_not_written_through(toys, nnzoo_here, monkeypatch):
    monkeypatch.setattr(
        "nnzoo.pages.report.make_report", lambda run: SimpleNamespace(html="page", left_out={}, cure="")
    )
    assert toys.train("run", stop_at=3) is None
    run, victim = toys.folder / "run", toys.folder / "victim"
    victim.write_text("precious")
    for name in FILES:
        (run / f".{name}.part").symlink_to(victim)
    (run / "report.html").symlink_to(victim)
    assert toys.resume("run") is not None
    reported = nnzoo_here(toys.folder, "report", "run", "--plugin", toys.plugin)
    assert reported.code == 0, reported.stderr
    assert victim.read_text() == "precious"
    assert (run / "report.html").read_text() == "page"
    assert not (run / "report.html").is_symlink()


def test_a_link_in_place_of_the_figures_of_epochs_is_not_written_through(toys):
    assert toys.train("run", stop_at=3) is None  # in the first epoch: there are no figures yet
    run, victim = toys.folder / "run", toys.folder / "victim"
    (run / "metrics.jsonl").symlink_to(victim)
    assert toys.resume("run") is not None
    assert not victim.exists()
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 3


def test_drawings_are_not_written_through_a_link(toys, nnzoo_here):
    assert toys.train("run", stop_at=3) is None
    elsewhere = toys.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "loss.png").write_text("precious")
    (toys.folder / "run/figs").symlink_to(elsewhere)
    resumed = nnzoo_here(toys.folder, "train", "--resume", "run", "--plot", "--plugin", toys.plugin, "--quiet")
    assert resumed.code == 0, resumed.stderr
    assert "no figures: run/figs is a link" in resumed.stderr
    assert (elsewhere / "loss.png").read_text() == "precious"


def kill_at_the_first_record(toys):
    def action():
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        toys.train("run")

    assert status_of(forked_status(action)) == -signal.SIGKILL
    run = toys.folder / "run"
    assert [is_draft(path.name) for path in run.iterdir()] == [True]
    return run


def test_a_directory_with_only_leftovers_can_be_used(toys):
    run = kill_at_the_first_record(toys)
    (run / ".run.json.part").touch()  # as nnzoo 0.1 called it
    assert toys.train("run") is not None
    (run / ".run.json.part").unlink()
    assert toys.outcome("run")[0] == "finished"


def test_a_directory_with_only_leftovers_can_be_removed(toys):
    run = kill_at_the_first_record(toys)
    (run / ".run.json.part").touch()
    assert remove_run(run) == []
    assert not run.exists()


@pytest.mark.parametrize("other", ["notes.txt", ".nnzoo-0123456789abcdef.part/", ".nnzoo-0123456789abcdef.part@"])
def test_a_file_that_only_looks_like_a_leftover_is_kept(toys, other):
    run = kill_at_the_first_record(toys)
    path = run / other.rstrip("/@")
    if other.endswith("/"):
        path.mkdir()
    elif other.endswith("@"):
        path.symlink_to(toys.folder)
    else:
        path.touch()
    with pytest.raises(UsageError, match="is not empty"):
        toys.train("run")
    with pytest.raises(StorageError, match="is not a run"):
        remove_run(run)
    assert os.path.lexists(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
@pytest.mark.parametrize("name", FILES[:4])
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero"])
def test_a_pipe_or_a_device_in_an_untrusted_run_is_not_waited_for(toys, nnzoo_here, name, kind):
    assert toys.train("run") is not None
    path = toys.folder / "run" / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(kind)
    for command in (
        ["runs", "list", "."],
        ["runs", "show", "run"],
        ["evaluate", "run"],
        ["show", "--model-file", "run"],
    ):
        assert nnzoo_here(toys.folder, *command).code in (0, 5, 7), command
    if name == "checkpoint.safetensors" or name == "run.json":
        with pytest.raises(StorageError, match=f"can't read .*{name}: it is a pipe or a device"):
            toys.resume("run")


def test_an_endless_metrics_file_is_not_read(toys):
    assert toys.train("run") is not None
    os.truncate(toys.folder / "run/metrics.jsonl", 1 << 40)
    with pytest.raises(FileFormatError, match="no more than 268,435,456 are read"):
        RunDirectory(toys.folder / "run").read_metrics()


def test_an_unreadable_directory_does_not_hide_other_runs(toys, nnzoo_here, monkeypatch):
    for name in ("good", "secret"):
        assert toys.train(name) is not None
    (toys.folder / "empty").mkdir()
    real = os.open

    def refused(path, *arguments, **options):
        if "secret" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr("os.open", refused)
    listed = nnzoo_here(toys.folder, "runs", "list", ".", "--json", "--plugin", toys.plugin)
    found = {line["path"]: (line["status"], line["problem"]) for line in json.loads(listed.stdout)}
    assert found == {
        "good": ("finished", ""),
        "secret": ("broken", "can't read secret/run.json: Permission denied"),
        "empty": ("no run", "it has no run.json"),
    }
    assert listed.code == 0


def test_a_record_that_nests_deeply_does_not_hide_the_other_runs(toys, nnzoo_here):
    for name in ("deep", "deeper", "good"):
        assert toys.train(name) is not None
    for name, levels in (("deep", 400), ("deeper", 100_000)):
        path = toys.folder / name / "run.json"
        text = json.dumps(json.loads(path.read_text()) | {"other": "deep"})
        path.write_text(text.replace('"deep"', "[" * levels + "]" * levels))
    listed = nnzoo_here(toys.folder, "runs", "list", ".", "--json", "--plugin", toys.plugin)
    assert {line["path"]: line["status"] for line in json.loads(listed.stdout)} == {
        "deep": "broken",
        "deeper": "broken",
        "good": "finished",
    }
    for command in (["runs", "show", "deep"], ["report", "deep"], ["train", "--resume", "deep"]):
        outcome = nnzoo_here(toys.folder, *command)
        assert outcome.code == 3
        assert "nests deeper than 64 levels" in outcome.stderr
