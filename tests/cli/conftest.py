"""What tests of commands share."""

import json

import pytest

from nnzoo.cli.main import main


@pytest.fixture
def nnzoo(capsys):
    """Runs a command with --json in this process; its answer."""

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), "--json"])
        assert (ended.value.code or 0) == code
        return json.loads(capsys.readouterr().out)

    return run
