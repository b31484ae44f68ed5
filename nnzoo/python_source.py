"""The source of functions, taken out of their modules: each with all that it needs, or a reason why that can't be."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any, TypeAlias, final

import numpy as np

from nnzoo.component import with_article

Edit: TypeAlias = tuple[Any, str]
"""A node of a syntax tree, and the text that is to stand in its place."""

_ANNOTATIONS = {"Array", "Any", "int", "float", "str", "bool", "tuple", "list", "dict"}
"""Names in annotations that a script has; ``Floats`` becomes ``Array``, and an annotation with any other ``Any``."""


class NotPlainError(Exception):
    """What in a function is not plain NumPy."""


@final
class Definitions:
    """Functions and constants that stand for themselves: beside each other they use ``np`` and ``math`` alone.

    Attributes
    ----------
    sources : dict of str to str
        The source of each by its name, behind those that it needs.
    functions : dict of str to object
        Where they come from; those that are being added are there already.
    """

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self.functions: dict[str, object] = {}

    def add(self, function: Callable[..., Any]) -> ast.FunctionDef:
        """Add a function as it is written, and what it needs.

        Raises
        ------
        NotPlainError
        """
        node, source = parsed(function)
        name = node.name
        if node.decorator_list:
            raise NotPlainError(f"the function {name} has a decorator")
        if self.begin(name, function):
            self.add_needed(node, function, locals_of(node))
            self.define(name, edited(source, list(plain_annotations(node))).rstrip())
        return node

    def begin(self, name: str, function: object) -> bool:
        """Whether a function, or a component's method, is still to be added under that name.

        Raises
        ------
        NotPlainError
            When there is another one of that name.
        """
        if name not in self.functions:
            self.functions[name] = function
            return True
        if self.functions[name] != function:
            raise NotPlainError(f"it uses two functions that are called {name}")
        return False

    def add_needed(self, node: ast.FunctionDef, function: Callable[..., Any], local: set[str]) -> None:
        """Add what a function needs of its module.

        Raises
        ------
        NotPlainError
        """
        known = inspect.unwrap(function).__globals__
        annotations = {id(part) for note in _annotations(node) for part in ast.walk(note)}
        for part in ast.walk(node):
            if isinstance(part, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.ClassDef):
                raise NotPlainError(f"line {part.lineno} of {node.name} has a statement that is not computing")
            if isinstance(part, ast.Name) and part.id not in local and id(part) not in annotations:
                self._add_global(part.id, known, node.name)

    def define(self, name: str, source: str) -> None:
        """Add a source under a name.

        Raises
        ------
        NotPlainError
            When there is another one of that name.
        """
        if self.sources.setdefault(name, source) != source:
            raise NotPlainError(f"it uses two things that are called {name}")

    def _add_global(self, name: str, known: dict[str, Any], user: str) -> None:
        if name not in known:
            if not hasattr(builtins, name) or name == "super":
                raise NotPlainError(f"{user} uses {name}, which is not in its module")
            return
        value = known[name]
        if value is np or value is math:
            called = "np" if value is np else "math"
            if name != called:
                self.define(name, f"{name} = {called}")
        elif is_literal(value):
            self.define(name, f"{name} = {value!r}")
        elif isinstance(value, FunctionType):
            self.add(value)
            if value.__name__ != name:
                self.define(name, f"{name} = {value.__name__}")
        else:
            for module, called in ((np, "np"), (math, "math")):
                attribute = getattr(value, "__name__", "")
                if attribute and getattr(module, attribute, None) is value:
                    self.define(name, f"{name} = {called}.{attribute}")
                    return
            raise NotPlainError(f"{user} uses {name}, which is {with_article(value)}")


def is_literal(value: Any) -> bool:
    """Whether it can be written down as Python code: finite numbers, texts, None, and tuples of such."""
    if type(value) is tuple:
        return all(map(is_literal, value))
    return value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value))


def parsed(function: Callable[..., Any]) -> tuple[ast.FunctionDef, str]:
    """The syntax tree of a function, and its source, from the left margin on.

    Raises
    ------
    NotPlainError
        When its source is not at hand, or it is not a plain function.
    """
    name = getattr(function, "__name__", repr(function))
    try:
        source = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        raise NotPlainError(f"the source of {name} is not at hand") from None
    if not isinstance(node := tree.body[0], ast.FunctionDef) or getattr(function, "__closure__", None):
        raise NotPlainError(f"{name} is not a function of its module, but a lambda or one within another")
    return node, source


def edited(source: str, edits: Sequence[Edit]) -> str:
    """The source with other text in place of some nodes. The number of its lines stays."""
    lines = [line.encode() for line in source.split("\n")]
    for node, text in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        first, last = node.lineno - 1, node.end_lineno - 1
        rest = lines[last][node.end_col_offset :]
        lines[first : last + 1] = [lines[first][: node.col_offset] + text.encode() + rest, *[b""] * (last - first)]
    return "\n".join(line.decode() for line in lines)


def renamed(source: str, names: Mapping[str, str]) -> str:
    """A definition with other names for what it defines and for what it uses of its module."""
    tree = ast.parse(source)
    statement: Any = tree.body[0]
    local = locals_of(statement) if isinstance(statement, ast.FunctionDef) else set()
    edits: list[Edit] = [
        (part, names[part.id])
        for part in ast.walk(tree)
        if isinstance(part, ast.Name) and part.id in names and part.id not in local
    ]
    source = edited(source, edits)
    if isinstance(statement, ast.FunctionDef) and statement.name in names:
        source = source.replace(f"def {statement.name}(", f"def {names[statement.name]}(", 1)
    return source


def locals_of(node: ast.FunctionDef) -> set[str]:
    """The names of arguments, and of all that a function assigns to."""
    stored = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    return stored | {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}


def without_docstring(node: ast.FunctionDef) -> list[ast.stmt]:
    """The statements of a function."""
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def without_first_argument(node: ast.FunctionDef) -> Edit:
    """The edit that takes the first argument, ``self``, out of a method."""
    first, *others = node.args.args
    end = (others[0].lineno, others[0].col_offset) if others else (first.end_lineno, first.end_col_offset)
    place = SimpleNamespace(lineno=first.lineno, col_offset=first.col_offset, end_lineno=end[0], end_col_offset=end[1])
    return place, ""


def plain_annotations(node: ast.FunctionDef) -> Iterator[Edit]:
    """What must be changed in a function's annotations, where scripts have other names for types."""
    for note in _annotations(node):
        names = {part.id for part in ast.walk(note) if isinstance(part, ast.Name)}
        if names - _ANNOTATIONS:
            yield note, "Array" if isinstance(note, ast.Name) and note.id == "Floats" else "Any"


def _annotations(node: ast.FunctionDef) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        notes = (getattr(part, "annotation", None), getattr(part, "returns", None))
        yield from (note for note in notes if note is not None)
