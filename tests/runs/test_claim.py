"""One process at a time trains in a run's directory, and its claim ends with it."""

import errno
import sys
from contextlib import contextmanager, suppress
from subprocess import PIPE, Popen

import pytest

from nnzoo.errors import UsageError
from nnzoo.runs.claim import claim, is_claimed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locks on directories")


HOLD = """
import sys
from pathlib import Path
from nnzoo.runs.claim import claim

with claim(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another(path):
    """Another process holds the claim meanwhile; yields that process."""
    with Popen([sys.executable, "-c", HOLD, str(path)], stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        yield other


def test_a_claim_ends_with_its_block_even_after_an_error(tmp_path):
    assert is_claimed(tmp_path) is False
    with suppress(KeyError), claim(tmp_path):
        assert is_claimed(tmp_path) is True
        raise KeyError
    assert is_claimed(tmp_path) is False
    assert list(tmp_path.iterdir()) == []


def test_a_claim_of_another_process_lasts_until_it_is_killed(tmp_path):
    with held_by_another(tmp_path) as other:
        assert is_claimed(tmp_path) is True
        with pytest.raises(UsageError, match="another process is training"), claim(tmp_path):
            pass
        other.kill()
        other.wait()
        assert is_claimed(tmp_path) is False
        with claim(tmp_path):
            pass


def test_a_path_that_is_not_a_directory_can_not_be_claimed(tmp_path):
    (tmp_path / "file").touch()
    for name in ("absent", "file"):
        assert is_claimed(tmp_path / name) is None
        with claim(tmp_path / name):
            pass


def test_a_run_that_is_being_trained_is_not_resumed_or_removed(toys, nnzoo_command, tmp_path):
    assert toys.train("run", stop_at=3) is None
    run = toys.folder / "run"
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    with claim(run):
        with pytest.raises(UsageError, match="another process is training"):
            toys.resume("run")
        refused = nnzoo_command(tmp_path, "runs", "remove", "--yes", str(run))
        assert (refused.code, refused.stdout) == (2, "")
        assert "another process is training in" in refused.stderr
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before
    assert toys.resume("run") is not None


def test_training_works_on_a_file_system_without_locks(tmp_path, monkeypatch):
    def refuse(handle, operation):
        raise OSError(errno.EBADF, "Bad file descriptor")  # what NFS says of a directory

    monkeypatch.setattr("fcntl.flock", refuse)
    assert is_claimed(tmp_path) is None
    with claim(tmp_path):
        pass
