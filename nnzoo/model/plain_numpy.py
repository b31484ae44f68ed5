"""`plain_function`: any activation, layer or loss as a Python function that needs only NumPy, for predictions.

A class may name such a function as ``in_numpy``. Otherwise one is derived from its `forward` (of a loss: `predict`), if
that uses only its arguments, NumPy, `math`, hyperparameters, and constants and functions for which the same is true.
A subclass that computes something else does not inherit ``in_numpy``.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
import keyword
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

from nnzoo.component import Component, with_article
from nnzoo.kinds import Activation, AnyLayer, LayerPlan, Loss, MergeLayer, PlainFunction, Shape
from nnzoo.python_source import (
    Definitions,
    Edit,
    NotPlainError,
    dedented,
    edited,
    is_literal,
    locals_of,
    parsed,
    plain_annotations,
    plain_defaults,
    without_docstring,
    without_first_argument,
)


def plain_function(
    component: Component, plan: LayerPlan | None = None, shapes: Mapping[str, Shape] | None = None
) -> PlainFunction:
    """The function that computes an activation, a layer or a loss in a prediction.

    Layers need their ``plan``, and ``shapes`` with ``input_shape`` and ``output_shape``, which the function may take as
    arguments.

    Raises
    ------
    NotPlainError
        When there is no such function, or it takes an argument of unknown meaning.
    """
    named = named_in_class(type(component), "in_numpy")
    if named is not None:
        return _of_named(component, named, plan, shapes or {})
    method = getattr(type(component), "predict" if isinstance(component, Loss) else "forward")
    taken = parsed(method)[0].args
    if len(inspect.signature(method).parameters) != len(taken.args) or taken.defaults:
        raise NotPlainError(f"its {method.__name__} takes other arguments than it is given")
    inner = _handed_over(component, method)
    return plain_function(inner) if inner is not None else _of_method(component, method, plan, shapes or {})


def named_in_class(component: type[Component], attribute: str) -> Any:
    """The value of ``in_numpy`` or ``exports`` that a class defines or inherits.

    None if the class redefines more than the name, the defaults and the gradient of the class that defines the value,
    since it may compute something else.
    """
    classes = component.__mro__
    place = next((place for place, base in enumerate(classes) if attribute in vars(base)), 0)
    before, fields = (
        {one.name for one in dataclasses.fields(base)} if dataclasses.is_dataclass(base) else set[str]()
        for base in (classes[place], component)
    )
    added = {key for base in classes[:place] for key in vars(base) if not key.startswith(("__", "_abc_"))}
    more = (added | fields) - before - {"name", "label", "backward", "losses"} if place else None
    return None if more else getattr(component, attribute, None)


def _of_named(
    component: Component, function: object, plan: LayerPlan | None, shapes: Mapping[str, Shape]
) -> PlainFunction:
    """The function that a class names, with the arguments after the inputs."""
    if not isinstance(function, FunctionType):
        raise NotPlainError(f"its in_numpy is {with_article(function)}, not a function")
    first, *others = inspect.signature(function).parameters.values()
    by_name = first.kind is first.VAR_POSITIONAL
    arrays: list[str] = []
    options: dict[str, Any] = {}
    for parameter in others:
        name = parameter.name
        if plan and name in {**plan.parameters, **plan.state}:
            arrays.append(name)
            by_name = by_name or bool(options)
        elif name in shapes or is_literal(getattr(component, name, component)):
            options[name] = shapes[name] if name in shapes else getattr(component, name)
        elif _are_components(getattr(component, name, None)):
            within = getattr(component, name)
            options[name] = tuple(map(plain_function, within)) if isinstance(within, tuple) else plain_function(within)
        elif not isinstance(component, MergeLayer) or parameter.default is not parameter.empty or by_name:
            raise NotPlainError(
                f"its in_numpy takes {name!r}, which is neither a parameter, nor state, nor a hyperparameter"
            )
    definitions = Definitions()
    match without_docstring(definitions.add(function)):
        case [ast.Return(value=ast.Name(id=returned))] if returned == first.name:
            return PlainFunction()
    return PlainFunction(function.__name__, definitions.sources, tuple(arrays), options, arrays_by_name=by_name)


def _are_components(value: object) -> bool:
    """Whether a value is an activation or a loss, or a tuple of them."""
    return isinstance(value, Activation | Loss) or (isinstance(value, tuple) and all(map(_are_components, value)))


def _handed_over(component: Component, method: Callable[..., Any]) -> Component | None:
    """The activation that a one-line `forward` delegates to: ``self.activation.forward(x, out)``."""
    node, _ = parsed(method)
    names = [argument.arg for argument in node.args.args]
    match without_docstring(node):
        case [
            ast.Expr(
                ast.Call(
                    func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=me), attr=field), attr="forward"),
                    args=[ast.Name(id=given), ast.Name(id=out)],
                    keywords=[],
                )
            )
        ] if [me, given, out] == names[:3]:
            inner = getattr(component, field, None)
            return inner if isinstance(inner, Activation) else None
    return None


def _of_method(
    component: Component, method: Callable[..., Any], plan: LayerPlan | None, shapes: Mapping[str, Shape]
) -> PlainFunction:
    """A function derived from a method that writes its result into an array."""
    node, source = parsed(method)
    statements = without_docstring(node)
    if all(isinstance(statement, ast.Pass) for statement in statements):
        return PlainFunction()
    if any(isinstance(part, ast.FunctionDef | ast.Lambda) and part is not node for part in ast.walk(node)):
        raise NotPlainError(f"its {node.name} has a function within")
    _, given, *others = (argument.arg for argument in node.args.args)
    names = _Names(node)
    definitions, options, edits = Definitions(), dict[str, Any](), list[Edit]()
    for part, owner, value in _of_itself(component, node):
        if isinstance(value, FunctionType):
            edits.append((part, _add_method(owner, value, definitions)))
        else:
            edits.append((part, argument := names.argument(part.attr)))
            options[argument] = value
    definitions.add_needed(node, method)
    written = given if isinstance(component, Loss) else others[0]
    kept = names.unused("result") if _is_rebound(node, written) else written
    ends = [part for part in ast.walk(node) if isinstance(part, ast.Return)]
    if any(end.value is not None for end in ends) or (ends and isinstance(component, Loss)):
        raise NotPlainError(f"its {node.name} has a return statement")
    edits += [(end, f"return {kept}") for end in ends]

    inputs, before, returned, memory = f"{given}: Array", "", kept, ""
    if isinstance(component, Loss):
        whole = names.unused("whole")
        before = f"    {whole} = {given}\n"
        array, returned = f"{whole}.reshape(-1, {whole}.shape[-1]).copy()", f"{kept}.reshape({whole}.shape)"
    elif isinstance(component, AnyLayer):
        several = isinstance(component, MergeLayer)
        shape, first = names.unused("output_shape"), f"{given}[0]" if several else given
        inputs = f"*{inputs}" if several else inputs
        options = {shape: shapes["output_shape"], **options}
        memory = next((name for name in others[1:] if name in names.used), "")
        array = f"np.empty((len({first}), *{shape}), {first}.dtype)"
    else:
        array = f"np.empty({given}.shape, {given}.dtype)"
    name = names.unused(_identifier(component), *definitions.sources)
    taken = [inputs, *([f"{memory}: Any"] if memory else [])]
    taken += [f"{option}: {type(value).__name__}" for option, value in options.items()]
    target = written if kept == written else f"{kept} = {written}"
    code = [
        f"def {name}({', '.join(taken)}) -> Array:",
        f"    {_docstring(component)}",
        f"{before}    {target} = {array}",
        textwrap.indent(_body(edited(source, edits), statements[0]), "    "),
        *([] if isinstance(statements[-1], ast.Return) else [f"    return {returned}"]),
    ]
    definitions.define(name, "\n".join(code))
    if not memory or plan is None:
        return PlainFunction(name, definitions.sources, options=options)
    arrays = (*plan.parameters, *plan.state)
    return PlainFunction(
        name, definitions.sources, arrays, options, memory=memory, workspace=plan.workspace, arrays_by_name=True
    )


class _Names:
    """The names in a method (``used``: those in its statements), and new ones for a function derived from it."""

    def __init__(self, node: ast.FunctionDef) -> None:
        self.used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        self._taken = self.used | {argument.arg for argument in node.args.args} | {"np", "math"}
        self._arguments: dict[str, str] = {}

    def unused(self, name: str, *others: str) -> str:
        """The name, with underscores appended until it is new."""
        while name in self._taken or name in others:
            name += "_"
        self._taken.add(name)
        return name

    def argument(self, attribute: str) -> str:
        """The argument that stands for an attribute of the component."""
        if attribute not in self._arguments:
            self._arguments[attribute] = self.unused(attribute)
        return self._arguments[attribute]


def _of_itself(component: Component, node: ast.FunctionDef) -> Iterator[tuple[ast.Attribute, Component, Any]]:
    """The attributes of its component that a method uses, each with its owner and its value.

    A value is a number or a text (``self.alpha``), or a method (``self.gate``, ``self.activation.forward``).
    """
    me = node.args.args[0].arg
    in_texts = {id(part) for text in ast.walk(node) if isinstance(text, ast.JoinedStr) for part in ast.walk(text)}
    used = sum(isinstance(part, ast.Name) and part.id == me for part in ast.walk(node))
    within = set[int]()
    for part in ast.walk(node):
        owner, attribute = component, ""
        match part:
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr=field), attr=method) if name == me:
                inner = getattr(component, field, None)
                if isinstance(inner, Component):
                    owner, attribute = inner, method
                    within.add(id(part.value))
            case ast.Attribute(value=ast.Name(id=name), attr=field) if name == me and id(part) not in within:
                attribute = field
        if not attribute or not isinstance(part, ast.Attribute):
            continue
        method = inspect.getattr_static(type(owner), attribute, None)
        value = method if isinstance(method, FunctionType) else getattr(owner, attribute, NotPlainError)
        plain = is_literal(value) if owner is component else False
        if not (plain or isinstance(value, FunctionType)) or not isinstance(part.ctx, ast.Load) or id(part) in in_texts:
            raise NotPlainError(f"its {node.name} uses {me}.{attribute}, which is not a number or a text")
        used -= 1
        yield part, owner, value
    if used:
        raise NotPlainError(f"its {node.name} passes {me} on")


def _add_method(component: Component, method: FunctionType, definitions: Definitions) -> str:
    """Add a method as a function, with hyperparameters replaced by their values; return the function's name."""
    node, source = parsed(method)
    name = f"{_identifier(component)}_{node.name.strip('_')}"
    if not node.args.args or name in locals_of(node) | _Names(node).used:
        raise NotPlainError(f"its {node.name} has no self, or a variable {name}")
    if not definitions.begin(name, (component, method)):
        return name
    edits: list[Edit] = [*plain_annotations(node), *plain_defaults(node, method), without_first_argument(node)]
    for part, owner, value in _of_itself(component, node):
        is_method = isinstance(value, FunctionType)
        edits.append((part, _add_method(owner, value, definitions) if is_method else f"({value!r})"))
    definitions.add_needed(node, method)
    code = edited(source, edits).rstrip()
    definitions.define(name, code.replace(f"def {node.name}(", f"def {name}(", 1))
    return name


def _is_rebound(node: ast.FunctionDef, name: str) -> bool:
    """Whether a function may bind the name of an argument to another array."""
    changed = {id(part.target) for part in ast.walk(node) if isinstance(part, ast.AugAssign)}
    return any(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store) and id(part) not in changed
        for part in ast.walk(node)
    )


def _body(source: str, first: ast.stmt) -> str:
    """The statements of a function, dedented."""
    lines = source.rstrip().split("\n")[first.lineno - 1 :]
    start = lines[0].encode()
    if start[: first.col_offset].strip():  # in the line of the signature
        lines[0] = start[first.col_offset :].decode()
    return dedented("\n".join(lines))


def _docstring(component: Component) -> str:
    """The first line of the component's docstring, as a docstring."""
    text = (type(component).__doc__ or component.name).strip().split("\n")[0]
    return '"""' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""'


def _identifier(component: Component) -> str:
    name = component.name.replace("-", "_")
    plain = name.isidentifier() and not keyword.iskeyword(name) and not hasattr(builtins, name)
    return name if plain else f"{component.kind}_{name}"
