"""The lines of an exported script that compute each layer, loss and preprocessor, and the functions that they call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, final

import numpy as np

from nnzoo.api import Buffer, NamedComponent, PlainFunction, TrainedStep, UsageError
from nnzoo.builtin import numpy_preprocessing as preprocessing
from nnzoo.builtin import numpy_reading as reading

_VARIABLES = re.compile(r"[wxyi]|x\d+|columns|blocks")
"""The names of variables in a script."""


@final
class ComponentFunctions:
    """The functions that compute the components of a network, each once and under a unique name.

    Parameters
    ----------
    taken : frozenset of str
        Names that the script uses already.

    Attributes
    ----------
    sources : dict of str to str
        The source of each added function and of its helpers, by name in the script.
    """

    def __init__(self, taken: frozenset[str]) -> None:
        self.sources: dict[str, str] = {}
        self._taken = taken

    def add(self, function: PlainFunction) -> str:
        """Add a function and return its name in the script; a name that is already taken gets a number."""
        names: dict[str, str] = {}
        for name in function.definitions:
            candidates = (name if number == 1 else f"{name}_{number}" for number in count(1))
            names[name] = next(free for free in candidates if self._is_free(free, function, {**names, name: free}))
        renamed = function.renamed(names)
        self.sources |= renamed.definitions
        return renamed.name

    def _is_free(self, free: str, function: PlainFunction, names: dict[str, str]) -> bool:
        if free in self._taken or _VARIABLES.fullmatch(free):
            return False
        return free not in self.sources or self.sources[free] == function.renamed(names).definitions[free]


@dataclass(frozen=True)
class Line:
    """One line: a function call with its arguments after x.

    ``call`` is the function or its name. Its arrays are positional arguments; with ``by_name`` they are keyword
    arguments, and if ``memory`` is the name of an argument, they are passed in a layer's memory, with ``workspace``
    (see `nnzoo.api.PlainFunction`).
    """

    call: Callable[..., Any] | str
    arrays: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    by_name: bool = False
    memory: str = ""
    workspace: Mapping[str, Buffer] = field(default_factory=dict)

    def written(self, key: Callable[[str], str], variable: str = "x", given: str = "") -> str:
        """The line as Python code; ``key`` returns the key of an array for its name.

        It assigns the result for ``given``, by default for the variable itself, to ``variable``.
        """
        given = given or variable
        arrays = [f"w[{key(name)}]" for name in self.arrays]
        if self.memory:
            entries = ", ".join(f"{literal(name)}: {array}" for name, array in zip(self.arrays, arrays, strict=True))
            samples = given.split(",")[0]
            buffers = ", ".join(f"{literal(name)}: {_full(b, samples)}" for name, b in self.workspace.items())
            arrays = [f"{self.memory}=memory({{{entries}}}, {{{buffers}}})"]
        elif self.by_name:
            arrays = [f"{name}={array}" for name, array in zip(self.arrays, arrays, strict=True)]
        options = (f"{name}={literal(value)}" for name, value in self.options.items())
        name = self.call if isinstance(self.call, str) else self.call.__name__
        return f"{variable} = {name}({', '.join((given, *arrays, *options))})"


def function_lines(kind: str, component: NamedComponent, functions: ComponentFunctions) -> list[Line]:
    """The line that computes a layer, or predictions from logits; none if there is nothing to compute.

    Raises
    ------
    UsageError
        For a component without a function in plain NumPy.
    """
    function = component.function
    if function is None:
        within = f" ({component.not_plain})" if component.not_plain else ""
        raise UsageError(
            f"exporter numpy can't export the {kind} {component}{within}",
            hint="write a function of plain NumPy that computes it, and name that in the class: in_numpy: ClassVar = "
            "the_function",
        )
    if not function.name:
        return []
    options = {name: _as_code(value, functions) for name, value in function.options.items()}
    arguments = function.arrays, options, function.arrays_by_name, function.memory, function.workspace
    return [Line(functions.add(function), *arguments)]


class _Code(str):
    """Python code, whose repr is the code itself."""

    __slots__ = ()
    __repr__ = str.__str__


def _as_code(value: Any, functions: ComponentFunctions) -> Any:
    """An argument of a function, with plain functions inside it by their names in the script."""
    if isinstance(value, tuple):
        return tuple(_as_code(item, functions) for item in value)
    if not isinstance(value, PlainFunction):
        return value
    options = "".join(f", {name}={_as_code(inner, functions)!r}" for name, inner in value.options.items())
    if not value.name:
        return _Code("lambda z: z")
    name = functions.add(value)
    return _Code(f"lambda z: {name}(z{options})" if options else name)


def step_lines(step: TrainedStep) -> list[Line]:
    """The lines that compute a preprocessor.

    Raises
    ------
    UsageError
        For an unknown preprocessor.
    """
    options = step.component.options
    refusing = [Line(reading.present)] if options.get("missing") == "error" else []
    match step.component.name:
        case "nnzoo/standardize":
            return [Line(preprocessing.standardize, ("mean", "deviation"))]
        case "nnzoo/fill":
            return [*refusing, Line(preprocessing.fill, ("median",))]
        case "nnzoo/one-hot" | "nnzoo/ordinal":
            return [*refusing, Line(preprocessing.encode, ("categories", "table"))]
        case "nnzoo/date-parts":
            return [Line(preprocessing.date_parts, ("parts",))]
        case "nnzoo/square":
            return [Line(reading.squares, options=options)]
        case "nnzoo/ink":
            return []  # a script takes arrays of the data set's form, and finds no digits in photographs
        case "nnzoo/pixels":
            return [_pixels(step)]
    raise unknown("preprocessor", step.component)


def inverse_lines(step: TrainedStep) -> list[Line]:
    """The lines that invert a target's step.

    Raises
    ------
    UsageError
        For an unknown preprocessor of targets.
    """
    if step.component.name in ("nnzoo/standardize", "nnzoo/standardize-fields"):
        return [Line(reading.unstandardize, ("mean", "deviation"))]
    raise unknown("preprocessor of targets", step.component)


def unknown(kind: str, component: NamedComponent) -> UsageError:
    """The error for a component that can't be exported."""
    return UsageError(
        f"exporter numpy does not know the {kind} {component.name}",
        hint="use another format, or write an exporter: `nnzoo new exporter` starts one",
    )


def literal(value: Any) -> str:
    """A value as Python code; untrusted text always becomes a string literal."""
    code = repr(value)
    keeps_quotes = not isinstance(value, str) or isinstance(value, _Code) or {"'", '"'} & set(value)
    return code if keeps_quotes else f'"{code[1:-1]}"'


def _pixels(step: TrainedStep) -> Line:
    multiplier, largest, unscaled = (float(step.fitted[name]) for name in ("multiplier", "largest", "all"))
    if unscaled:
        return Line(reading.raw_pixels, options={"multiplier": multiplier})
    return Line(reading.pixels, options={"multiplier": multiplier} | ({"largest": largest} if largest >= 0 else {}))


def _full(buffer: Buffer, samples: str) -> str:
    """A scratch array, as Python code."""
    shape = ", ".join(map(str, ("", *buffer.shape)))
    dtype = np.dtype(buffer.dtype or np.float32).name
    return f'np.full((len({samples}){shape or ","}), {buffer.fill!r}, "{dtype}")'
