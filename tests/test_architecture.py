"""The rooms of `docs/architecture.md` against the imports in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nnzoo"
SOURCES = sorted(PACKAGE.rglob("*.py"))


def rooms() -> list[str]:
    """The rooms in the order of the page's table, ground floor first."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.split("## The rooms")[1].split("##")[0]
    cells = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    return [name.removesuffix(".py").rstrip("/") for cell in cells for name in re.findall(r"`(.*?)`", cell)]


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements, those within others too; not the expressions, which are most of a tree."""
    for node in nodes:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from statements(getattr(node, part, ()))


@cache
def imported(path: Path) -> set[str]:
    """The nnzoo modules that a file imports, wherever in it."""
    found = set()
    for node in statements([tree_of(path)]):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.split(".")[0] == "nnzoo"}


def test_every_room_is_on_the_page() -> None:
    there = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert there - {"__init__", "__main__", "py"} == set(rooms())


def test_a_room_imports_only_from_rooms_above_it() -> None:
    order = rooms()
    front_door = ("__init__", "__main__")  # leads everywhere
    wrong = {
        (str(path.relative_to(PACKAGE)), name)
        for path in SOURCES
        if (own := path.relative_to(PACKAGE).parts[0].removesuffix(".py")) not in front_door
        for name in imported(path)
        if room_of(name) not in {own, *order[: order.index(own)]}
    }
    assert wrong == set()


def test_built_in_plugins_use_what_any_plugin_may() -> None:
    paths = sorted((PACKAGE / "builtin").rglob("*.py"))
    wrong = {(path.name, name) for path in paths for name in imported(path) if room_of(name) not in ("api", "builtin")}
    assert paths
    assert wrong == set()


def test_the_core_imports_no_built_in_component() -> None:
    core = [path for path in SOURCES if path.relative_to(PACKAGE).parts[0] not in ("builtin", "testing")]
    assert [str(path) for path in core if "builtin" in map(room_of, imported(path))] == []


def test_commands_import_the_rest_only_when_they_run() -> None:
    paths = sorted((PACKAGE / "cli").glob("*.py"))
    allowed = {"nnzoo.errors", "nnzoo.terminal", *(f"nnzoo.cli.{path.stem}" for path in paths)}
    wrong = {
        (path.name, node.module)
        for path in paths
        for node in tree_of(path).body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "nnzoo"
        if node.module not in allowed
    }
    assert paths
    assert wrong == set()


def lines_of_code(path: Path) -> int:
    """Lines without docstrings: what documents an argument shall not count against the code."""
    text = path.read_text(encoding="utf-8")
    documented = sum(
        node.body[0].end_lineno - node.body[0].lineno + 1
        for node in statements([tree_of(path)])
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
    )
    return len(text.splitlines()) - documented


def test_the_training_loop_fits_on_a_screen() -> None:
    assert lines_of_code(PACKAGE / "training/trainer.py") < 165
    loop = ("epochs", "advance", "_step")
    trainer = ast.walk(tree_of(PACKAGE / "training/trainer.py"))
    methods = [node for node in trainer if isinstance(node, ast.FunctionDef) and node.name in loop]
    assert sum(node.end_lineno - node.body[0].lineno + 1 for node in methods) < 60


def test_files_stay_short() -> None:
    assert {str(path.relative_to(PACKAGE)): n for path in SOURCES if (n := lines_of_code(path)) > 400} == {}
