"""Extract functions from their modules as source text, with everything that they need, for stand-alone scripts."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import FunctionType, SimpleNamespace
from typing import Any, TypeAlias, final

import numpy as np

from nnzoo.component import with_article

Edit: TypeAlias = tuple[Any, str]
"""A node of a syntax tree, and the text that replaces it."""

_ANNOTATIONS = {"Array", "Any", "int", "float", "str", "bool", "tuple", "list", "dict"}
"""Names that a script defines for annotations; ``Floats`` becomes ``Array``, an annotation with other names ``Any``."""


class NotPlainError(Exception):
    """A function that is not plain NumPy; the message says why."""


@final
class Definitions:
    """A self-contained set of functions and constants, which otherwise use only ``np`` and ``math``.

    Attributes
    ----------
    sources : dict of str to str
        The source of each by its name, after those that it needs.
    functions : dict of str to object
        The original objects by name, including those that are still being added.
    """

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self.functions: dict[str, object] = {}

    def add(self, function: Callable[..., Any]) -> ast.FunctionDef:
        """Add a function unchanged, and everything that it needs; NotPlainError if that is not plain NumPy."""
        node, source = parsed(function)
        name = node.name
        if self.begin(name, function):
            self.add_needed(node, function)
            self.define(name, edited(source, [*plain_annotations(node), *plain_defaults(node, function)]).rstrip())
        return node

    def begin(self, name: str, function: object) -> bool:
        """Reserve a name for a function or a component's method; False if it has been added before.

        Raises NotPlainError if another function has this name.
        """
        if name not in self.functions:
            self.functions[name] = function
            return True
        if self.functions[name] != function:
            raise NotPlainError(f"it uses two functions named {name}")
        return False

    def add_needed(self, node: ast.FunctionDef, function: Callable[..., Any]) -> None:
        """Add what a function needs from its module; NotPlainError if that is not plain NumPy."""
        known = inspect.unwrap(function).__globals__
        replaced = [*_annotations(node), *(default for default, _ in plain_defaults(node, function))]
        left_out = {id(part) for each in replaced for part in ast.walk(each)}
        for part in ast.walk(node):
            if isinstance(part, ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal | ast.ClassDef):
                raise NotPlainError(f"line {part.lineno} of {node.name} has a statement that computes nothing")
        for used in _names_needed(node):
            if id(used) not in left_out:
                self._add_global(used.id, known, node.name)

    def define(self, name: str, source: str) -> None:
        """Add a source under a name; NotPlainError if another definition has this name."""
        if self.sources.setdefault(name, source) != source:
            raise NotPlainError(f"it uses two definitions named {name}")

    def _add_global(self, name: str, known: dict[str, Any], user: str) -> None:
        if name not in known:
            if not hasattr(builtins, name) or name == "super":
                raise NotPlainError(f"{user} uses {name}, which is not in its module")
            return
        value = known[name]
        if value is np or value is math:
            module_name = "np" if value is np else "math"
            if name != module_name:
                self.define(name, f"{name} = {module_name}")
        elif is_literal(value):
            self.define(name, f"{name} = {value!r}")
        elif isinstance(value, FunctionType):
            self.add(value)
            if value.__name__ != name:
                self.define(name, f"{name} = {value.__name__}")
        else:
            for module, module_name in ((np, "np"), (math, "math")):
                attribute = getattr(value, "__name__", "")
                if attribute and getattr(module, attribute, None) is value:
                    self.define(name, f"{name} = {module_name}.{attribute}")
                    return
            raise NotPlainError(f"{user} uses {name}, which is {with_article(value)}")


def is_literal(value: Any) -> bool:
    """Whether a value can be written as Python code: finite numbers, texts, None, and tuples of these."""
    if type(value) is tuple:
        return all(map(is_literal, value))
    return value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value))


def parsed(function: Callable[..., Any]) -> tuple[ast.FunctionDef, str]:
    """The syntax tree of a function, and its dedented source.

    Raises NotPlainError if its source is not available, or it is not a plain function.
    """
    return _parsed_once(function) if isinstance(function, FunctionType) else _parsed(function)


def _parsed(function: Callable[..., Any]) -> tuple[ast.FunctionDef, str]:
    name = getattr(function, "__name__", repr(function))
    try:
        source = dedented(inspect.getsource(function))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        raise NotPlainError(f"the source of {name} is not available") from None
    code = getattr(function, "__code__", None)
    if code is not None and "__class__" in code.co_freevars:
        raise NotPlainError(f"{name} uses super()")
    if not isinstance(node := tree.body[0], ast.FunctionDef) or getattr(function, "__closure__", None):
        raise NotPlainError(f"{name} is a lambda or nested function, not a function of its module")
    if node.decorator_list or inspect.isgeneratorfunction(function):
        raise NotPlainError(f"{name} has a decorator, or yields")
    parts = [part for statement in without_docstring(node) for part in ast.walk(statement)]
    if any(isinstance(part, ast.Constant | ast.JoinedStr) and part.lineno != part.end_lineno for part in parts):
        raise NotPlainError(f"{name} has a text of several lines")  # another indentation would change it
    return node, source


_parsed_once = lru_cache(maxsize=512)(_parsed)
"""A network has many layers of few classes. Nothing changes these trees: `edited` works on the text."""


def dedented(source: str) -> str:
    """Remove the indentation of the first line from all lines; a line in brackets may be indented less."""
    margin = source[: len(source) - len(source.lstrip())].split("\n")[-1]
    return "\n".join(
        line.removeprefix(margin) if line.startswith(margin) else line.lstrip() for line in source.split("\n")
    )


def edited(source: str, edits: Sequence[Edit]) -> str:
    """The source with some nodes replaced by other text. The number of lines stays the same."""
    lines = [line.encode() for line in source.split("\n")]
    for node, text in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        first, last = node.lineno - 1, node.end_lineno - 1
        rest = lines[last][node.end_col_offset :]
        lines[first : last + 1] = [lines[first][: node.col_offset] + text.encode() + rest, *[b""] * (last - first)]
    return "\n".join(line.decode() for line in lines)


def renamed(source: str, names: Mapping[str, str]) -> str:
    """A definition with other names for what it defines and for what it uses from its module."""
    if all(old == new for old, new in names.items()):
        return source
    tree = ast.parse(source)
    statement: Any = tree.body[0]
    edits: list[Edit] = [(part, names[part.id]) for part in _module_names(statement) if part.id in names]
    source = edited(source, edits)
    if isinstance(statement, ast.FunctionDef) and statement.name in names:
        source = source.replace(f"def {statement.name}(", f"def {names[statement.name]}(", 1)
    return source


def locals_of(node: ast.AST) -> set[str]:
    """The names of arguments and of everything that a function assigns to, except variables of comprehensions."""
    within = _comprehension_variables(node)
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)]
    arguments = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return {part.id for part in names if id(part) not in within} | arguments


def _comprehension_variables(node: ast.AST) -> set[int]:
    """The ids of the nodes that name variables of comprehensions, which hide variables of the same name outside."""
    variables = set[int]()
    for part in ast.walk(node):
        if isinstance(part, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = [name for one in part.generators for name in ast.walk(one.target) if isinstance(name, ast.Name)]
            inside, outside = {name.id for name in targets}, {id(name) for name in ast.walk(part.generators[0].iter)}
            names = [name for name in ast.walk(part) if isinstance(name, ast.Name) and name.id in inside]
            variables |= {id(name) for name in names} - outside
    return variables


def _module_names(node: ast.AST) -> Iterator[ast.Name]:
    """The names that a definition uses from its module."""
    if not isinstance(node, ast.FunctionDef):
        yield from (part for part in ast.walk(node) if isinstance(part, ast.Name))
        return
    local, within = locals_of(node), _comprehension_variables(node)
    in_defaults = {id(part) for default, _ in _defaults(node) for part in ast.walk(default)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and id(part) not in within and (part.id not in local or id(part) in in_defaults):
            yield part


@lru_cache(maxsize=512)
def _names_needed(node: ast.FunctionDef) -> tuple[ast.Name, ...]:
    """`_module_names` of a tree that `parsed` keeps."""
    return tuple(_module_names(node))


def without_docstring(node: ast.FunctionDef) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def without_first_argument(node: ast.FunctionDef) -> Edit:
    """The edit that removes the first argument, ``self``, from a method."""
    first, *others = node.args.args
    end = (others[0].lineno, others[0].col_offset) if others else (first.end_lineno, first.end_col_offset)
    place = SimpleNamespace(lineno=first.lineno, col_offset=first.col_offset, end_lineno=end[0], end_col_offset=end[1])
    return place, ""


def plain_annotations(node: ast.FunctionDef) -> Iterator[Edit]:
    """The edits that replace annotations whose names a script does not define."""
    for note in _annotations(node):
        names = {part.id for part in ast.walk(note) if isinstance(part, ast.Name)}
        if names - _ANNOTATIONS:
            yield note, "Array" if isinstance(note, ast.Name) and note.id == "Floats" else "Any"


def _annotations(node: ast.FunctionDef) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        notes = (getattr(part, "annotation", None), getattr(part, "returns", None))
        yield from (note for note in notes if note is not None)


def plain_defaults(node: ast.FunctionDef, function: Any) -> Iterator[Edit]:
    """The edits that replace names in a function's defaults by their values: the names may have been rebound since.

    Raises NotPlainError if a default is neither a literal nor an attribute of a module.
    """
    known = function.__globals__
    values = {**function.__kwdefaults__} if function.__kwdefaults__ else {}
    positional = [*node.args.posonlyargs, *node.args.args]
    given = function.__defaults__ or ()
    values |= zip((one.arg for one in positional[len(positional) - len(given) :]), given, strict=True)
    for default, argument in _defaults(node):
        value = values.get(argument, NotPlainError)
        if is_literal(value):
            if any(isinstance(part, ast.Name) for part in ast.walk(default)):
                yield default, repr(value)
            continue
        match default:
            case ast.Name(id=name) if known.get(name) is value:
                continue
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                getattr(known.get(name), attribute, NotPlainError) is value
            ):
                continue
        raise NotPlainError(f"{node.name} has a default for {argument} that is not a number or a text")


def _defaults(node: ast.FunctionDef) -> Iterator[tuple[ast.expr, str]]:
    """Each default with the name of its argument."""
    positional = [*node.args.posonlyargs, *node.args.args]
    for argument, default in zip(reversed(positional), reversed(node.args.defaults), strict=False):
        yield default, argument.arg
    for argument, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if value is not None:
            yield value, argument.arg
