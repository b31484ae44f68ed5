"""`nnzoo new zoo`: a package with trained networks works unchanged."""

import json
import os
import subprocess
import sys
import tomllib

import pytest


@pytest.fixture(scope="module")
def written(nnzoo_here, tmp_path_factory):
    """A folder with two runs, and the package made of them."""
    folder = tmp_path_factory.mktemp("new-zoo")
    for hidden in ("8", "12"):
        train = ("train", "--dataset", "digits", "--hidden", hidden, "--epochs", "1", "--run-dir", f"run-{hidden}")
        assert nnzoo_here(folder, *train, "--quiet").code == 0
    runs = ("--from", "run-8", "--from", "digits-mlp.larger=run-12")
    outcome = nnzoo_here(folder, "new", "zoo", "mine", *runs, "--use", "Trying.", "--license", "mit")
    assert (outcome.code, outcome.stderr) == (0, "")
    return folder, outcome


def test_its_networks_are_found_and_verified_once_it_is_installed(written, install, nnzoo_command, tmp_path):
    folder, outcome = written
    package = folder / "nnzoo-mine"
    found = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    assert found == {line.strip() for line in outcome.stdout.split("\n\n")[0].splitlines()[1:]}
    path = {"PYTHONPATH": install(package, tmp_path / "site")}
    listed = json.loads(nnzoo_command(tmp_path, "zoo", "list", "--json", environment=path).stdout)
    mine = [row for row in listed if row["plugin"] == "nnzoo-mine"]
    assert [row["name"] for row in mine] == ["digits-mlp.mine", "digits-mlp.larger"]
    assert {row["license"] for row in mine} == {"mit"}
    verified = nnzoo_command(tmp_path, "zoo", "verify", "digits-mlp.[ml]*", "--json", environment=path)
    assert verified.code == 0, verified.stdout
    assert [each["identical"] for each in json.loads(verified.stdout)["networks"]] == [True, True]
    settings = tomllib.loads((package / "pyproject.toml").read_text())
    assert settings["project"]["dependencies"] == ["nnzoo>=0.2,<1"]
    assert "digits-mlp.larger" in (package / "README.md").read_text()


@pytest.mark.thorough
def test_generated_tests_verify_the_networks(written, install, clean_variables, tmp_path):
    folder, _ = written
    environment = clean_variables(tmp_path) | {"PYTHONPATH": install(folder / "nnzoo-mine", tmp_path / "site")}
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(
        pytest_,
        cwd=folder / "nnzoo-mine",
        env=environment | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_large_weights_are_named(written, nnzoo_here, monkeypatch):
    folder, _ = written
    monkeypatch.setattr("nnzoo.zoo.making.LARGE_FILE", 1000)
    outcome = nnzoo_here(folder, "new", "zoo", "large", "--from", "run-8", "--use", "Trying.", "--license", "mit")
    size = (folder / "run-8" / "model.safetensors").stat().st_size
    assert outcome.code == 0
    assert f"{size:,} bytes" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("zoo", "other"), "--from RUN"),
        (("zoo", "Other", "--from", "run-8"), "nnzoo new zoo other"),
        (("zoo", "conv", "--from", "run-8"), "nnzoo-conv is the name of a known package"),
        (("zoo", "other", "--from", "digits-mlp.relu=run-8"), "the name digits-mlp.relu comes with nnzoo"),
        (("zoo", "other", "--from", "run-8", "--from", "run-12"), "is that of another of these runs"),
        (("zoo", "mine", "--from", "run-8"), "nnzoo-mine already exists"),
        (("zoo", "other", "--from", "run-8", "--file"), "--file"),
        (("activation", "other", "--from", "run-8"), "--from is for trained networks"),
    ],
)
def test_a_package_that_can_not_be_written_is_reported_and_nothing_is_written(written, nnzoo_here, arguments, told):
    folder, _ = written
    before = sorted(folder.iterdir())
    outcome = nnzoo_here(folder, "new", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert told in outcome.stderr
    assert sorted(folder.iterdir()) == before
