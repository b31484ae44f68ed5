"""``nnzoo sweep``."""

import json

SMALL = ("--dataset", "digits", "--epochs", "1", "--hidden", "8", "--executor", "serial", "--sweep-dir", "first")


def test_sweep_show_and_resume(nnzoo_here, tmp_path):
    begun = nnzoo_here(tmp_path, "sweep", *SMALL, "--learning-rate", "log:0.1..3", "--trials", "2", "--json")
    assert begun.code == 0, begun.stderr
    found = json.loads(begun.stdout)
    assert len(found["leaderboard"]) == 2
    assert found["run"]["test_accuracy"] > 0.1
    assert "2 of 2" in begun.stderr
    more = nnzoo_here(tmp_path, "sweep", "--resume", "first", "--trials", "3", "--executor", "serial", "--quiet")
    assert (more.code, more.stderr) == (0, "")
    shown = nnzoo_here(tmp_path, "sweep", "show", "first", "--top", "1")
    assert "3 finished trials in first; 2 more rows" in shown.stdout
    assert "nnzoo train --dataset digits" in shown.stdout
    assert len(json.loads(nnzoo_here(tmp_path, "sweep", "show", "first", "--json").stdout)["leaderboard"]) == 3


def test_a_file_and_options(nnzoo_here, tmp_path):
    (tmp_path / "space.toml").write_text('optimizer = ["sgd", "momentum"]\nepochs = 1\n')
    words = ("sweep", "--dataset", "digits", "--space", "space.toml", "--executor", "serial", "--search", "grid")
    twice = nnzoo_here(tmp_path, *words, "--epochs", "2")
    assert twice.code == 2
    assert "epochs is given twice" in twice.stderr
    done = nnzoo_here(tmp_path, *words, "--hidden", "8", "--json", "--quiet")
    assert done.code == 0, done.stderr
    assert {row["configuration"]["optimizer"] for row in json.loads(done.stdout)["leaderboard"]} == {"sgd", "momentum"}


def test_resume_takes_no_other_option(nnzoo_here, tmp_path):
    outcome = nnzoo_here(tmp_path, "sweep", "--resume", "first", "--epochs", "3")
    assert outcome.code == 2
    assert "--epochs" in outcome.stderr
    assert nnzoo_here(tmp_path, "sweep", "show", "first").code == 7
