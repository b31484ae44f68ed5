"""What is said by code that Python users call, too, offers no option of the command line as the only way."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnzoo import NnzooError, load_dataset
from nnzoo.plugins.registry import Registry

PACKAGE = Path(__file__).parents[1] / "nnzoo"
COMMANDS_ALONE = ("cli", "scaffold")
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in COMMANDS_ALONE]
OPTION = re.compile(r"(?<![\w-])--[a-z]")


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text that is not a docstring and stands in a function; what is filled in shows as …."""
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (documented | inner):
            yield node.value


def test_an_option_is_said_to_be_one_of_a_command():
    of_a_command = re.compile(r"in a command, |nnzoo (train|plot|export|sweep|compare|show|zoo)\b|add_argument")
    wrong = [
        (str(path.relative_to(PACKAGE)), sentence)
        for path in SOURCES
        if OPTION.search(source := path.read_text(encoding="utf-8"))
        for text in texts(ast.parse(source))
        for sentence in text.split("\n")  # one that begins with an option is part of a command
        if OPTION.search(sentence.lstrip(" -")) and not of_a_command.search(sentence)
    ]
    assert SOURCES
    assert wrong == []


def test_each_way_is_reported(clean_environment, tmp_path, activation_source, monkeypatch):
    (tmp_path / "mine.py").write_text(activation_source("mine"))
    for call in (lambda: Registry().get("activation", "mine"), lambda: load_dataset("mnist")):
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        with pytest.raises(NnzooError) as caught:
            call()
        assert "in Python, " in caught.value.hint
        assert "in a command, --" in caught.value.hint
    assert Registry(files=["mine.py"]).get("activation", "mine")
