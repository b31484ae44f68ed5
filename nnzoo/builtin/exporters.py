"""The exporter `numpy`: a network as one Python script that needs only NumPy."""

from __future__ import annotations

import ast
import builtins
import inspect
import io
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from string import Template
from typing import Any, ClassVar

import numpy as np

from nnzoo.api import Exporter, TrainedNetwork, TrainedStep, hookimpl
from nnzoo.builtin import numpy_memory, numpy_preprocessing, numpy_reading
from nnzoo.builtin.numpy_lines import ComponentFunctions, Line, function_lines, inverse_lines, literal, step_lines

_IMPORTS = {
    "argparse": (),
    "csv": (),
    "io": (),
    "math": (),
    "os": (),
    "re": (),
    "sys": (),
    "collections.abc": ("Iterator", "Mapping", "Sequence"),
    "datetime": ("UTC", "date", "datetime"),
    "itertools": ("chain",),
    "pathlib": ("Path",),
    "types": ("SimpleNamespace",),
    "typing": ("Any",),
}
"""The names that a script may import from the standard library, in order."""

_DECIMAL = """
    parser.add_argument("--decimal", choices=".,", default=".", metavar="SIGN", help="of numbers: . or ,")"""


@dataclass(frozen=True)
class NumpyScript(Exporter):
    """A Python script that needs only NumPy, with its weights in a file beside it.

    It takes raw data and answers with the names and units of the data: rows of a table, pixels, or pictures of any
    size. ``predict`` is for Python; on the command line the script reads a CSV file, or an array in a ``.npy`` file.

    The script is meant to be read: first the preprocessing, then the layers one after the other, each a function of a
    few lines. It may contain layers, activations and losses of any plugin, if they are plain NumPy or name a function
    that is (`in_numpy`). It supports the preprocessors of nnzoo. But it does not find handwritten digits in pictures,
    as nnzoo does; these must have the form of the data set.
    """

    name: ClassVar[str] = "numpy"
    suffixes: ClassVar[tuple[str, ...]] = (".py", ".npz")
    preprocesses: ClassVar[bool] = True
    takes_graphs: ClassVar[bool] = True

    def export(self, trained: TrainedNetwork) -> dict[str, bytes]:
        arrays: dict[str, Any] = {}
        own = ComponentFunctions(_taken_names())
        parts = {**_ways_in(trained, arrays), **_network(trained, arrays, own), **_ways_out(trained, arrays, own)}
        facts = [f"{literal(key)}: {literal(value)}" for key, value in trained.facts.items()]
        filled = partial(_template().substitute, parts, about=_block("{", facts, "}"))
        names = _names_in(filled(imports="", functions="\n".join(own.sources.values())))
        functions = _needed(names)
        names = names.union(*(function.names for function in functions))
        sources = _joined([*(function.source for function in functions), *own.sources.values()])
        return {".py": filled(imports=_imports(names), functions=sources).encode(), ".npz": _archive(arrays)}


def _ways_in(trained: TrainedNetwork, arrays: dict[str, Any]) -> dict[str, str]:
    """The parts of a script that describe its raw data, read them and preprocess them."""
    constant = f"INPUT_SHAPE = {trained.input_shape!r}"
    if trained.columns:
        columns = [f"{literal(feature.column)}: {literal(feature.type)}" for feature in trained.features]
        patterns = f'MISSING = r"{numpy_reading.MISSING}"\nNO_NUMBER = r"{numpy_reading.NO_NUMBER}"'
        return {
            "raw": "rows",
            "file": "rows.csv",
            "each": "each row of a table",
            "help": "a CSV file; its first line names the columns",
            "reader": "read_csv(arguments.file, COLUMNS, arguments.decimal)",
            "options": _DECIMAL,
            "constants": f"COLUMNS = {_block('{', columns, '}')}\n{patterns}",
            "description": "``rows`` is a dict of columns, or a list of dicts, one for each row. None, NaN and texts "
            "such as NA are missing\n    values. Dates are texts such as 2024-12-31, or dates of datetime or NumPy.",
            "preparing": _prepare_columns(trained, arrays),
        }
    code = _prepare_array(trained, arrays)
    if "squares(" in code:
        return {
            "raw": "pictures",
            "file": "picture.npy",
            "each": "a picture of any size, or several",
            "help": "a .npy file with uint8 values of shape (height, width) or (height, width, 3)",
            "reader": "read_pictures(arguments.file)",
            "options": "",
            "constants": constant,
            "description": "``pictures`` is one picture, uint8 of shape (height, width) or (height, width, 3), or a "
            "list of them; or an array\n    of pictures of shape INPUT_SHAPE.",
            "preparing": f"    x = pictures\n{code}",
        }
    return {
        "raw": "samples",
        "file": "samples.npy",
        "each": "each sample in an array",
        "help": "a .npy file with an array of samples",
        "reader": "read_npy(arguments.file)",
        "options": "",
        "constants": constant,
        "description": "``samples`` is an array of samples, each of shape INPUT_SHAPE or flattened to one row.",
        "preparing": f"    x = np.asarray(samples).reshape(len(samples), *INPUT_SHAPE)\n{code}",
    }


def _prepare_columns(trained: TrainedNetwork, arrays: dict[str, Any]) -> str:
    """The lines that convert columns to numbers: one loop for all columns with the same steps."""
    alike: dict[str, list[int]] = {}
    for place, feature in enumerate(trained.features):
        code = ""
        for name, step in _named_steps(feature.steps):
            _add(arrays, f"column.{place}.{name}.", step.fitted)
            code += _written(step_lines(step), f'f"column.{{i}}.{name}.%s"', indent=8)
        alike.setdefault(code, []).append(place)
    loops = "".join(
        f"    for i in {_loop(places)}:\n        x = columns[i]\n{code}        blocks[i] = x\n"
        for code, places in alike.items()
    )
    return (
        "    w, columns, blocks = ARRAYS, read_columns(rows, COLUMNS), {}\n"
        f"{loops}    return side_by_side([blocks[i] for i in range(len(COLUMNS))])"
    )


def _prepare_array(trained: TrainedNetwork, arrays: dict[str, Any]) -> str:
    """The lines that convert an array or pictures, x, to numbers."""
    code = ""
    for feature in trained.features:
        for name, step in _named_steps(feature.steps):
            lines = step_lines(step)
            code += _written(lines, f'"input.{name}.%s"')
            _add(arrays, f"input.{name}.", {key: step.fitted[key] for line in lines for key in line.arrays})
    return ("    w = ARRAYS\n" if "w[" in code else "") + code + "    return finite(x)"


def _network(trained: TrainedNetwork, arrays: dict[str, Any], own: ComponentFunctions) -> dict[str, str]:
    """The lines that compute the layers, each with the shape of its result."""
    code, outputs = "", {-1: "x"}
    for place, layer in enumerate(trained.layers):
        owner = place if layer.shared_with is None else layer.shared_with
        prefix = f"{owner}.{layer.component.name.rpartition('/')[2]}."
        _add(arrays, prefix, {**layer.parameters, **layer.state})
        lines = function_lines("layer", layer.component, own)
        given = ", ".join(outputs[source] for source in trained.inputs_of(place))
        outputs[place] = given if not lines else "x" if trained.is_row else f"x{place}"
        if lines:
            code += _written(lines, f'"{prefix}%s"', variable=outputs[place], given=given).rstrip()
            code += f"  # {_shape(layer.output_shape)}\n"
    return {
        "layers": ("    w = ARRAYS\n" if "w[" in code else "") + code.rstrip(),
        "input_shape": _shape(trained.input_shape),
        "logits": outputs[len(trained.layers) - 1],
        "row": ", one after the other" if trained.is_row else "",
    }


def _ways_out(trained: TrainedNetwork, arrays: dict[str, Any], own: ComponentFunctions) -> dict[str, str]:
    """The parts of a script that convert logits to predictions, and predictions to answers."""
    problem, code = trained.problem, ""
    if trained.layers[-1].output_shape != problem.output_shape:
        code += f"    y = y.reshape(len(y), {', '.join(map(str, problem.output_shape))})\n"
    code += _written(function_lines("loss", trained.loss, own), "", variable="y")
    if trained.target_steps:
        code += "    w, y = ARRAYS, y.astype(np.float64)\n"
    for name, step in reversed(list(_named_steps(trained.target_steps))):
        _add(arrays, f"target.{name}.", step.fitted)
        code += _written(inverse_lines(step), f'"target.{name}.%s"', variable="y")
    *lines, last = code.splitlines() or ["    y = y"]
    names = [problem.name(number) for number in range(problem.width)]
    if problem.positions > 1:
        names = [f"{place}: {name}" for place in range(problem.positions) for name in names]
    printed, written = _answers(trained)
    return {
        "predicting": "\n".join([*lines, f"    return {last.removeprefix('    y = ')}"]),
        "predicted": "Class probabilities" if trained.class_names else "Predictions",
        "output_shape": _shape(problem.output_shape),
        "names": _block("[", [literal(name) for name in names], "]"),
        "printed": printed,
        "answers": written,
    }


def _answers(trained: TrainedNetwork) -> tuple[str, str]:
    """The columns that a script prints and those that it writes to a file, as in nnzoo."""
    numbers, task = "by_name(predictions, NAMES)", trained.task.name if trained.problem.positions == 1 else ""
    of_classes = task == "nnzoo/classification"
    if of_classes or task == "nnzoo/multi-label":
        answer = f'"answer": {"best_classes" if of_classes else "likely_labels"}(predictions, NAMES)'
        if not trained.gives_probabilities:
            return f"{{{answer}}}", f"{{{answer}}}"
        share = '"probability": largest(predictions)'
        return f"{{{answer}, {share}}}" if of_classes else f"{{{answer}}}", f"{{{answer}}} | {numbers}"
    if trained.problem.output_shape == (1,):
        return numbers, 'by_name(predictions, ["answer"])'
    return numbers, f'{{"answer": all_values(predictions)}} | {numbers}'


def _written(lines: Iterable[Line], key: str, *, variable: str = "x", given: str = "", indent: int = 4) -> str:
    """Lines of code; ``key`` has %s in place of an array's name, and the first line starts from ``given``."""
    code = ""
    for line in lines:
        code += f"{' ' * indent}{line.written(lambda name: key % name, variable, given)}\n"
        given = ""
    return code


def _named_steps(steps: Sequence[TrainedStep]) -> Iterator[tuple[str, TrainedStep]]:
    """Steps with their names; a repeated name gets a number."""
    names = [step.component.name.rpartition("/")[2] for step in steps]
    for place, (name, step) in enumerate(zip(names, steps, strict=True)):
        yield name if names.count(name) == 1 else f"{name}{place}", step


def _loop(places: Sequence[int]) -> str:
    """The code of an iterable of these numbers."""
    first, last = places[0], places[-1]
    if len(places) > 2 and list(places) == list(range(first, last + 1)):
        return f"range({first}, {last + 1})" if first else f"range({last + 1})"
    return repr(tuple(places))


def _add(arrays: dict[str, Any], prefix: str, named: Mapping[str, Any]) -> None:
    arrays |= {prefix + name: array for name, array in named.items()}


def _shape(shape: tuple[int, ...]) -> str:
    return f"(n, {', '.join(map(str, shape))})"


@dataclass(frozen=True)
class _Function:
    """The source of a function that scripts may need, and the names that it uses."""

    source: str
    names: frozenset[str]


@cache
def _library() -> dict[str, _Function]:
    """All functions that scripts may need, by name, in the order of their modules."""
    return {
        name: _Function(source, _names_in(source))
        for module in (numpy_reading, numpy_preprocessing, numpy_memory)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__
        for source in [inspect.getsource(function).strip()]
    }


def _needed(names: frozenset[str]) -> list[_Function]:
    """The functions with these names, and those that they call."""
    library = _library()
    needed, found = set[str](), names & library.keys()
    while found:
        needed |= found
        found = frozenset().union(*(library[name].names for name in found)) & library.keys() - needed
    return [function for name, function in library.items() if name in needed]


def _imports(names: frozenset[str]) -> str:
    """The imports that these names need."""
    whole = [f"import {module}" for module, parts in _IMPORTS.items() if not parts and module in names]
    some = {module: ", ".join(part for part in parts if part in names) for module, parts in _IMPORTS.items()}
    others = [f"from {module} import {parts}" for module, parts in some.items() if parts]
    return "\n".join([*whole, *others, "", "import numpy as np", "from numpy.typing import NDArray"])


@cache
def _taken_names() -> frozenset[str]:
    """Names that functions of components can't have: builtins, modules, and all other names in scripts."""
    modules = {part for module, parts in _IMPORTS.items() for part in (module, *parts)}
    named = set(re.findall(r"\w+", _template().template)).union(*(function.names for function in _library().values()))
    constants = "COLUMNS", "INPUT_SHAPE", "MISSING", "NO_NUMBER"
    return frozenset({*constants, *dir(builtins), *keyword.kwlist, *modules, *named, *_library()})


def _joined(sources: Sequence[str]) -> str:
    """Sources joined, with two blank lines around each function."""
    code = ""
    for before, source in zip(("", *sources), sources, strict=False):
        both = before.startswith("def ") or source.startswith("def ")
        code += ("\n\n\n" if both else "\n") * bool(before) + source
    return code


@lru_cache(maxsize=512)
def _names_in(code: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


def _block(opening: str, items: list[str], closing: str) -> str:
    """Items in brackets, on one line if they fit."""
    line = f"{opening}{', '.join(items)}{closing}"
    return line if len(line) <= 110 else "\n".join([opening, *(f"    {item}," for item in items), closing])


def _archive(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@cache
def _template() -> Template:
    return Template((files("nnzoo.builtin") / "numpy_script.py.txt").read_text(encoding="utf-8"))


@hookimpl
def nnzoo_exporters() -> list[type[Exporter]]:
    return [NumpyScript]
