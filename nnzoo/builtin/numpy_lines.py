"""The lines of an exported script: what computes each layer, loss and preprocessor in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnzoo.api import Buffer, NamedComponent, TrainedStep, UsageError
from nnzoo.builtin import numpy_preprocessing as preprocessing
from nnzoo.builtin import numpy_reading as reading
from nnzoo.builtin.numpy_definitions import ComponentFunctions


@dataclass(frozen=True)
class Line:
    """One line: a function with its arguments behind x.

    ``call`` is the function, or its name; arrays that it takes are given by name where ``by_name`` says so, and where
    ``memory`` is the name of an argument, in what stands for a layer's memory, with ``workspace`` (see
    `nnzoo.api.PlainFunction`).
    """

    call: Callable[..., Any] | str
    arrays: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    by_name: bool = False
    memory: str = ""
    workspace: Mapping[str, Buffer] = field(default_factory=dict)

    def written(self, key: Callable[[str], str], variable: str = "x", given: str = "") -> str:
        """The line, where ``key`` makes the key of an array of its name, as Python code.

        It puts into ``variable`` what becomes of ``given``: of the variable itself where that is empty.
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
    """The line that computes a layer or makes predictions of logits; none where there is nothing to do.

    Raises
    ------
    UsageError
        For a component without a function in plain NumPy.
    """
    function = component.function
    if function is None:
        within = f" ({component.not_plain})" if component.not_plain else ""
        raise UsageError(
            f"exporter numpy does not know what {kind} {component} computes{within}",
            hint="write it as a function of plain NumPy, and name that in the class: in_numpy: ClassVar = the_function",
        )
    if not function.name:
        return []
    taken = function.arrays, function.options, function.arrays_by_name, function.memory, function.workspace
    return [Line(functions.called(function), *taken)]


def step_lines(step: TrainedStep) -> list[Line]:
    """The lines that compute a preprocessor.

    Raises
    ------
    UsageError
        For a preprocessor that is not known here.
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
            return []  # what is learnt from are arrays; finding ink in a photograph is not a script's business
        case "nnzoo/pixels":
            return [_pixels(step)]
    raise unknown("preprocessor", step.component)


def inverse_lines(step: TrainedStep) -> list[Line]:
    """The lines that take a target's step back.

    Raises
    ------
    UsageError
        For a preprocessor that can't be taken back here.
    """
    if step.component.name == "nnzoo/standardize":
        return [Line(reading.unstandardize, ("mean", "deviation"))]
    raise unknown("preprocessor of targets", step.component)


def unknown(kind: str, component: NamedComponent) -> UsageError:
    """The error for a component that can't be exported."""
    return UsageError(
        f"exporter numpy does not know the {kind} {component.name}",
        hint="take another format; or write an exporter of your own, which `nnzoo new exporter` begins",
    )


def literal(value: Any) -> str:
    """A value as Python code; text from a file becomes a string and nothing else, whatever is in it."""
    code = repr(value)
    return code if not isinstance(value, str) or {"'", '"'} & set(value) else f'"{code[1:-1]}"'


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
