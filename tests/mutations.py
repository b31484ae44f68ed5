"""Do the tests notice mistakes? Plants mistakes in nnzoo/, one at a time, and runs the tests that belong to the file,
and all others where these notice nothing.

    python tests/mutations.py                        60 mistakes, chosen by a seed
    python tests/mutations.py --count 10 --seed 3 --only nnzoo/training

Each mistake is a small one that people make: a comparison turned round, a + for a -, a forgotten ``not``, a line left
out. It is planted in this checkout, and taken out again; so the checkout must have no changes in nnzoo/ at the start.
Of 60, at least 55 should be noticed: the exit code is 1 when a larger share than 1 in 12 survives.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nnzoo"
MOST_FILES = 6
"""Test files that are tried first, the likeliest; what they don't notice is tried on the whole suite."""
TIME_LIMIT = 900
"""Seconds after which the tests are stopped: the mistake has made something endless, which is noticed as well."""

EXPORTING = ("numpy_", "exporters", "exporting", "plain_numpy")
"""How files begin that tests in ``tests/exporters`` belong to, wherever they are: what scripts are made of."""

PAIRS = [(ast.Lt, ast.GtE), (ast.Gt, ast.LtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn), (ast.Is, ast.IsNot)]
PAIRS += [(ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div)]
TURNED = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}


@dataclass(frozen=True)
class Mistake:
    """One change of one file: what stands where, and what takes its place."""

    path: Path
    line: int
    what: str
    source: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.what}"


def mistakes(path: Path) -> Iterator[Mistake]:
    """Every mistake that this script knows to make in a file."""
    source = path.read_text(encoding="utf-8")
    for node, change in _places(ast.parse(source)):
        before = ast.unparse(node).split("\n")[0]
        changed = ast.unparse(change(node)).split("\n")[0]
        lines = source.splitlines(keepends=True)
        start = sum(map(len, lines[: node.lineno - 1])) + _characters(lines[node.lineno - 1], node.col_offset)
        end = sum(map(len, lines[: node.end_lineno - 1])) + _characters(lines[node.end_lineno - 1], node.end_col_offset)
        indented = ast.unparse(change(node)).replace("\n", "\n" + " " * node.col_offset)
        planted = f"({indented})" if isinstance(node, ast.expr) else indented
        yield Mistake(path, node.lineno, f"{before}  →  {changed}", source[:start] + planted + source[end:])


def _characters(line: str, offset: int) -> int:
    """A column of `ast`, which counts bytes, as a number of characters."""
    return len(line.encode()[:offset].decode())


def _places(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, Callable[[ast.AST], ast.AST]]]:
    """Nodes that can be changed, and how; annotations, messages and what only type checkers read are left alone."""
    left_alone = {id(inner) for node in ast.walk(tree) for inner in _not_run(node)}
    for node in ast.walk(tree):
        if id(node) in left_alone:
            continue
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in TURNED:
            yield node, lambda n: ast.Compare(n.left, [TURNED[type(n.ops[0])]()], n.comparators)
        elif isinstance(node, ast.BoolOp):
            yield node, lambda n: ast.BoolOp(TURNED[type(n.op)](), n.values)
        elif isinstance(node, ast.BinOp) and type(node.op) in TURNED and not _has_text(node):
            yield node, lambda n: ast.BinOp(n.left, TURNED[type(n.op)](), n.right)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, lambda n: n.operand
        elif isinstance(node, ast.AugAssign) and type(node.op) in TURNED:
            yield node, lambda n: ast.AugAssign(n.target, TURNED[type(n.op)](), n.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node, lambda n: ast.Pass()
        elif isinstance(node, ast.IfExp):
            yield node, lambda n: ast.IfExp(n.test, n.orelse, n.body)


def _not_run(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that no test can run."""
    for name in ("annotation", "returns", "exc"):
        if isinstance(part := getattr(node, name, None), ast.AST):
            yield from ast.walk(part)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        yield from ast.walk(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):  # X | None
        yield from ast.walk(node)


def _has_text(node: ast.BinOp) -> bool:
    inner = [getattr(part, "value", None) for part in ast.walk(node)]
    return any(isinstance(value, str) for value in inner) or "JoinedStr" in ast.dump(node)


@cache
def _test_files() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}


def tests_of(path: Path) -> list[Path]:
    """The test files that belong to a file of the package: those that bear its name, import it or name what it has."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    words = [re.compile(rf"\b{name}\b") for name in defined if not name.startswith("_") and len(name) > 4]
    room = "exporters" if path.stem.startswith(EXPORTING) else path.parent.name
    rooms = {"sklearn": "scikit_learn", "kinds": "testing", "builtin": "numerics"}
    found = {}
    for test, text in _test_files().items():
        score = 20 * (path.stem in test.stem) + 10 * (module in text) + 5 * (test.parent.name == rooms.get(room, room))
        found[test] = score + sum(bool(word.search(text)) for word in words)
    likely = sorted((test for test in found if found[test]), key=lambda test: (-found[test], test))
    return likely[:MOST_FILES]


def is_noticed(mistake: Mistake) -> bool:
    """Plant a mistake, run its tests, and if they pass all others, and take it out again."""
    times, before = mistake.path.stat(), mistake.path.read_text(encoding="utf-8")
    try:
        mistake.path.write_text(mistake.source, encoding="utf-8")
        return _fails(map(str, tests_of(mistake.path))) or _fails(["-n", "2"])
    finally:
        mistake.path.write_text(before, encoding="utf-8")
        os.utime(mistake.path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _fails(arguments: Iterable[str]) -> bool:
    """Whether a test fails, or does not come to an end."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    try:
        done = subprocess.run(command, cwd=ROOT, timeout=TIME_LIMIT, check=False, **quiet)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode not in (0, pytest.ExitCode.NO_TESTS_COLLECTED)


def chosen(count: int, seed: int, only: str) -> list[Mistake]:
    """Some mistakes, each in another file: the longer a file, the likelier."""
    dice, found = random.Random(seed), []
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if str(path.relative_to(ROOT)).startswith(only)]
    while len(found) < count and paths:
        (path,) = dice.choices(paths, [path.stat().st_size for path in paths])
        paths.remove(path)
        possible = list(mistakes(path))
        if possible:
            found.append(dice.choice(possible))
    return found


def main() -> None:
    """Plant them, and list those that are noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="nnzoo/", help="the beginning of the paths of files to change")
    parser.add_argument("--list", action="store_true", help="only show the mistakes and the tests that belong to each")
    arguments = parser.parse_args()
    if subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "nnzoo"], cwd=ROOT, check=False).returncode:
        sys.exit("there are changes in nnzoo/ that are not committed")
    survivors, planted = [], chosen(arguments.count, arguments.seed, arguments.only)
    for mistake in planted:
        if arguments.list:
            print(mistake, *(f"    {test.relative_to(ROOT)}" for test in tests_of(mistake.path)), sep="\n")
            continue
        began = time.monotonic()
        noticed = is_noticed(mistake)
        survivors += [] if noticed else [mistake]
        print(f"{'noticed ' if noticed else 'SURVIVED'}  {time.monotonic() - began:5.0f} s  {mistake}", flush=True)
    if not arguments.list:
        print(f"{len(planted) - len(survivors)} of {len(planted)} were noticed")
    sys.exit(len(survivors) * 12 > len(planted))


if __name__ == "__main__":
    main()
