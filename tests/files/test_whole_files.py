"""Files are whole at every moment, however many write, and what is written never goes through a link."""

import os
import signal

import pytest

from nnzoo.errors import StorageError, UsageError
from nnzoo.files import writing
from nnzoo.files.writing import write_all, write_whole, written_whole

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="other processes are forked here")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nothing waits for the disk: what fsync is good for is tested elsewhere."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


def forked(action):
    """The number of a process that does something; it ends with 1 for an error."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return child


def status_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_readers_see_whole_files_however_many_write(tmp_path):
    path, sizes = tmp_path / "it", (1, 70_000, 300_000, 9, 120_000)
    write_whole(path, b"0")

    def write(size):
        for _ in range(30):
            write_whole(path, bytes(size))

    children = [forked(lambda size=size: write(size)) for size in sizes]
    seen = {len(path.read_bytes()) for _ in range(300)}
    assert [status_of(child) for child in children] == [0] * 5
    assert seen <= set(sizes)
    assert names(tmp_path) == ["it"]


@pytest.mark.parametrize("name", [".it.part", ".it.tmp", "it.part"])
def test_a_planted_link_is_not_written_through(tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "it", b"contents")
    assert victim.read_text() == "precious"
    assert (tmp_path / "it").read_bytes() == b"contents"


def test_a_draft_has_a_name_that_is_new_each_time_and_is_never_a_link(tmp_path, monkeypatch):
    drafts = []
    monkeypatch.setattr("os.fsync", lambda handle: drafts.extend(filter(writing.is_draft, names(tmp_path))))
    for _ in range(3):
        write_whole(tmp_path / "it", b"contents")
    assert len(set(drafts)) == 3
    victim = tmp_path / "victim"
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)
    (tmp_path / f".nnzoo-{'0' * 16}.part").symlink_to(victim)
    with pytest.raises(StorageError, match="File exists"):
        write_whole(tmp_path / "it", b"contents")
    assert not victim.exists()


def test_a_link_is_replaced_and_its_target_unchanged(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "it").symlink_to(victim)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("it", "dangling"):
        write_whole(tmp_path / name, b"contents")
        assert not (tmp_path / name).is_symlink()
    assert victim.read_text() == "precious"
    assert names(tmp_path) == ["dangling", "it", "victim"]


def test_a_name_as_long_as_names_may_be(tmp_path):
    write_whole(tmp_path / ("n" * 255), b"contents")
    assert names(tmp_path) == ["n" * 255]


def test_the_umask_decides_who_may_read_a_file(tmp_path):
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "it", b"contents")
    assert (tmp_path / "it").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_drafts_of_a_killed_writer_are_removed_by_the_next_write(tmp_path, monkeypatch):
    def killed():
        os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
        write_whole(tmp_path / "it", b"half")

    assert status_of(forked(killed)) == -signal.SIGKILL
    assert [writing.is_draft(name) for name in names(tmp_path)] == [True]
    (tmp_path / ".nnzoo-mine.part").touch()
    write_whole(tmp_path / "other", b"contents")
    assert names(tmp_path) == [".nnzoo-mine.part", "other"]


def test_drafts_of_a_live_writer_are_kept(tmp_path):
    with written_whole(tmp_path / "slow") as file:
        file.write(b"one ")
        write_whole(tmp_path / "quick", b"contents")
        file.write(b"two")
    assert (tmp_path / "slow").read_bytes() == b"one two"
    assert names(tmp_path) == ["quick", "slow"]


def test_without_locks_no_draft_is_taken_for_dead(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "lock", lambda handle: None)
    (tmp_path / f".nnzoo-{'0' * 16}.part").touch()
    write_whole(tmp_path / "it", b"contents")
    assert names(tmp_path) == [f".nnzoo-{'0' * 16}.part", "it"]


def test_a_draft_removed_before_it_is_locked_is_created_again(tmp_path, monkeypatch):
    calls, lock = [], writing.lock

    def late(handle):
        if not calls:
            calls.append(handle)
            [draft] = tmp_path.iterdir()
            draft.unlink()
        return lock(handle)

    monkeypatch.setattr(writing, "lock", late)
    write_whole(tmp_path / "it", b"contents")
    assert (tmp_path / "it").read_bytes() == b"contents"
    assert names(tmp_path) == ["it"]


def test_of_many_writers_without_replace_one_wins_with_all_its_files(tmp_path):
    def write(number):
        write_all({tmp_path / name: bytes([number]) for name in ("one", "two")}, replace=False)

    children = [forked(lambda number=number: write(number)) for number in range(5)]
    assert sorted(status_of(child) for child in children) == [0, 1, 1, 1, 1]
    assert names(tmp_path) == ["one", "two"]
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_if_the_second_file_exists_the_first_is_not_written(tmp_path):
    (tmp_path / "two").write_text("precious")
    with pytest.raises(UsageError, match="two already exists"):
        write_all({tmp_path / "one": b"1", tmp_path / "two": b"2"}, replace=False)
    assert names(tmp_path) == ["two"]
    assert (tmp_path / "two").read_text() == "precious"


def test_files_are_written_on_a_file_system_without_hard_links(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    write_all({tmp_path / "it": b"contents"}, replace=False)
    with pytest.raises(UsageError, match="it already exists"):
        write_all({tmp_path / "it": b"other"}, replace=False)
    assert (tmp_path / "it").read_bytes() == b"contents"
    assert names(tmp_path) == ["it"]
