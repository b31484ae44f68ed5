"""Runs that the tests share: each trains once, on digits."""

import pytest
from nnzoo.cli.main import main


@pytest.fixture(scope="session")
def train(tmp_path_factory):
    """``train(model, *arguments)``: the folder of a short training."""
    made = {}

    def run(model, *arguments, task="reconstruction"):
        key = model, arguments, task
        if key not in made:
            made[key] = tmp_path_factory.mktemp("run") / "run"
            command = ["train", "--dataset", "digits", "--model", model, "--epochs", "3", "--quiet"]
            call(*command, "--task", task, *arguments, "--run-dir", str(made[key]))
        return made[key]

    return run


def call(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    assert not ended.value.code


@pytest.fixture(name="call")
def _call():
    return call
