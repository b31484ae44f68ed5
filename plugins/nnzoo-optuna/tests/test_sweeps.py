"""Real sweeps: the same leaderboard for any number of workers, and after a kill."""

import json

import nnzoo
import pytest

OPTIONS = {
    "dataset": "digits",
    "learning_rate": "log:0.1..10",
    "optimizer": "sgd,momentum:beta=lin:0.8..0.99",
    "epochs": 1,
    "trials": 12,
    "search": "optuna:startup=6,batch=3",
}


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweeps") / "serial"
    nnzoo.sweep(**OPTIONS, executor="serial", directory=folder)
    return (folder / "leaderboard.json").read_bytes(), folder


def test_workers_change_nothing(board, tmp_path):
    nnzoo.sweep(**OPTIONS, workers=2, directory=tmp_path / "two")
    assert (tmp_path / "two/leaderboard.json").read_bytes() == board[0]


def test_a_kill_changes_nothing(board, tmp_path):
    from nnzoo.sweeps.sweep import resume_sweep

    whole, folder = board
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    ended = [place for place, line in enumerate(lines) if json.loads(line)["event"] == "ended"]
    for place in (2, 7):  # within the first batch, and within the second
        killed = tmp_path / f"killed-{place}"
        killed.mkdir()
        (killed / "sweep.json").write_bytes((folder / "sweep.json").read_bytes())
        (killed / "journal.jsonl").write_bytes(b"".join(lines[: ended[place] + 1]) + b'{"event": "ended", "tri')
        resume_sweep(killed, executor="serial")
        assert (killed / "leaderboard.json").read_bytes() == whole


def test_more_trials_begin_with_the_same(board, tmp_path):
    more = nnzoo.sweep(**OPTIONS | {"trials": 15}, executor="serial", directory=tmp_path / "more")
    first = {row["id"] for row in json.loads(board[0])}
    assert first < {row.id for row in more.leaderboard}
