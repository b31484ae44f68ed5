"""After any crash there is a checkpoint that loads, and the run continues to the same bits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("crashing.py")
EVERY_ERROR = [f"{error}{lasting}" for error in ("ENOSPC", "EIO", "EACCES", "EMFILE") for lasting in ("", "+")]

forks = pytest.mark.skipif(sys.platform != "linux", reason="the libraries of other systems may not survive a fork")


@pytest.fixture
def crash(toy_plugin, tmp_path, clean_variables):
    """Run the script of crashes; what it prints."""

    def run(what, *arguments, timeout=300, every=1):
        (tmp_path / "runs").mkdir()
        outcome = subprocess.run(
            [sys.executable, "-W", "error", SCRIPT, what, toy_plugin, tmp_path / "runs", *map(str, arguments)],
            env=clean_variables(tmp_path) | {"OPENBLAS_NUM_THREADS": "1", "EVERY": str(every)},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr
        return json.loads(outcome.stdout)

    return run


@forks
@pytest.mark.thorough
def test_killed_at_each_call_to_the_file_system(crash):
    calls = crash("calls")
    assert min(calls.values()) > 40


@forks
def test_calls_to_the_file_system_fail_here_and_there(crash):
    errors = ["ENOSPC", "EIO+"]
    calls = crash("errors", *errors, every=13)
    assert calls.keys() == {*errors}
    assert min(calls.values()) > 3


@forks
def test_killed_at_random_moments(crash):
    assert crash("moments", 2)["killed"] == 2


@forks
@pytest.mark.parametrize(("apart", "killed"), [(50, 3), pytest.param(6, 20, marks=pytest.mark.thorough)])
def test_ten_epochs_killed_again_and_again_end_in_the_same_weights(crash, apart, killed):
    outcome = crash("often", apart)
    assert outcome["killed"] == killed
    assert len(set(outcome["hashes"])) == 1


@forks
@pytest.mark.slow
def test_killed_at_two_hundred_random_moments(crash):
    assert crash("moments", 200, timeout=600)["killed"] == 200


@forks
@pytest.mark.thorough
def test_each_call_to_the_file_system_fails_in_each_way(crash):
    assert min(crash("errors", *EVERY_ERROR, timeout=600).values()) > 40


@pytest.mark.parametrize("limit", [2_000, *(pytest.param(n, marks=pytest.mark.thorough) for n in (100, 8_000, 50_000))])
def test_a_full_device_is_exit_code_7_without_a_message_of_success(tmp_path, clean_variables, limit):
    """A limit on the size of files takes the place of a small device: what is over it is written in part."""
    resource = pytest.importorskip("resource")
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--epochs", "2", "--run-dir", "run"]
    outcome = subprocess.run(
        command,
        cwd=tmp_path,
        env=clean_variables(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    fits = limit > 40_000
    assert outcome.returncode == (0 if fits else 7), outcome.stderr
    assert ("model in run/model.safetensors" in outcome.stdout) == fits
    if not fits:
        assert "can't write run/" in outcome.stderr
        assert "File too large" in outcome.stderr
        assert "saved" not in outcome.stdout + outcome.stderr
        assert {path.name for path in (tmp_path / "run").iterdir()} <= {"run.json", "metrics.jsonl"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "arguments", [("--json",), *(pytest.param(one, marks=pytest.mark.thorough) for one in ((), ("--quiet", "--json")))]
)
def test_a_standard_output_that_is_full_is_exit_code_7(tmp_path, clean_variables, arguments):
    command = [sys.executable, "-m", "nnzoo", "train", "--dataset", "digits", "--epochs", "1", *arguments]
    with Path("/dev/full").open("w") as full:
        outcome = subprocess.run(
            command,
            cwd=tmp_path,
            env=clean_variables(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    assert outcome.returncode == 7
    assert "No space left on device" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_is_exit_code_7(run_nnzoo, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    outcome = run_nnzoo("train", "--dataset", "digits", "--epochs", "1", "--run-dir", "locked/run")
    assert outcome.code == 7
    assert "can't make directory locked/run: Permission denied" in outcome.stderr


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_a_file_system_that_refuses_files_is_exit_code_7(run_nnzoo):
    outcome = run_nnzoo("train", "--dataset", "digits", "--epochs", "1", "--run-dir", "/proc/run")
    assert outcome.code == 7
    assert "can't make directory /proc/run" in outcome.stderr
    assert "model in" not in outcome.stdout
