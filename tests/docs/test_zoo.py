"""What `docs/zoo.md` says can be done."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/zoo.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_its_code_runs(capsys):
    for block in blocks("python"):
        exec(block, {})
    assert "digits-mlp.relu 0.96" in capsys.readouterr().out


@pytest.mark.thorough
def test_its_commands_run(nnzoo_here, tmp_path):
    commands = [
        shlex.split(line, comments=True) for block in blocks("sh") for line in block.replace("\\\n", " ").splitlines()
    ]
    assert len(commands) > 10
    for program, *arguments in commands:
        assert program == "nnzoo"
        outcome = nnzoo_here(tmp_path, *arguments)
        assert outcome.code == 0, (arguments, outcome.stderr)


def test_the_table_of_networks_is_up_to_date():
    spec = importlib.util.spec_from_file_location("update_zoo", ROOT / "docs" / "update_zoo.py")
    update_zoo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(update_zoo)
    page = update_zoo.PAGE.read_text(encoding="utf-8")
    assert "\n".join(update_zoo.rows(ROOT)) in page
