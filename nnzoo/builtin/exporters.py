"""The exporter `numpy`: a network as one Python script that needs NumPy and nothing else."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, ClassVar

import numpy as np

from nnzoo.api import Exporter, NamedComponent, TrainedLayer, TrainedNetwork, UsageError, hookimpl
from nnzoo.builtin import numpy_functions as functions

ACTIVATIONS: dict[str, Callable[..., Any] | None] = {
    "nnzoo/identity": None,
    "nnzoo/relu": functions.relu,
    "nnzoo/sigmoid": functions.sigmoid,
    "nnzoo-activations/tanh": functions.tanh,
    "nnzoo-activations/leaky-relu": functions.leaky_relu,
    "nnzoo-activations/elu": functions.elu,
    "nnzoo-activations/gelu": functions.gelu,
    "nnzoo-activations/silu": functions.silu,
    "nnzoo-activations/softplus": functions.softplus,
}
"""What computes each activation; its hyperparameters are the function's arguments. The identity needs no function."""

LOSSES: dict[str, Callable[..., Any] | None] = {
    "nnzoo/softmax-cross-entropy": functions.softmax,
    "nnzoo/mse": None,
}
"""What makes predictions of the logits of a network trained with each loss."""


@dataclass(frozen=True)
class _Step:
    """One line of the network: a function with its arguments behind x; or, without one, an expression of x."""

    function: Callable[..., Any] | None
    arrays: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    expression: str = ""

    def written(self, prefix: str) -> str:
        """The line, where the layer's arrays have this prefix."""
        if self.function is None:
            return self.expression
        arrays = (f'w["{prefix}{name}"]' for name in self.arrays)
        options = (f"{name}={value!r}" for name, value in (self.options or {}).items())
        return f"{self.function.__name__}({', '.join(('x', *arrays, *options))})"


@dataclass(frozen=True)
class NumpyScript(Exporter):
    """A Python script that needs NumPy and nothing else, with its weights in a file beside it.

    The script is written to be read: the layers one after the other, each a function of a few lines. It has
    ``predict`` for Python, and a command line of its own. As in nnzoo, uint8 inputs are scaled and other numbers are
    used as they are.

    It knows the layers and activations of nnzoo, nnzoo-activations and nnzoo-conv.
    """

    name: ClassVar[str] = "numpy"
    suffixes: ClassVar[tuple[str, ...]] = (".py", ".npz")

    def export(self, trained: TrainedNetwork) -> dict[str, bytes]:
        arrays: dict[str, Any] = {}
        lines: list[str] = []
        used: dict[str, Callable[..., Any]] = {}
        for place, layer in enumerate(trained.layers):
            prefix = f"{place}.{layer.component.name.rpartition('/')[2]}."
            arrays |= {prefix + name: array for name, array in {**layer.parameters, **layer.state}.items()}
            steps = _steps(layer)
            lines += [f"    x = {step.written(prefix)}" for step in steps]
            if steps:
                lines[-1] += f"  # {('n', *layer.output_shape)}".replace("'", "")
            used |= {step.function.__name__: step.function for step in steps if step.function}
        prediction = _known(LOSSES, trained.loss, "loss")
        if prediction:
            used[prediction.__name__] = prediction
        return {".py": _script(trained, lines, used, prediction).encode(), ".npz": _archive(arrays)}


def _steps(layer: TrainedLayer) -> list[_Step]:
    """The lines that compute a layer; none for a layer that does nothing in a prediction."""
    options = layer.component.options
    match layer.component.name:
        case "nnzoo/dense":
            return [_Step(functions.dense, ("weight", "bias"))]
        case "nnzoo/activate":
            activation: NamedComponent = options["activation"]
            function = _known(ACTIVATIONS, activation, "activation")
            return [_Step(function, options=activation.options)] if function else []
        case "nnzoo-conv/conv2d":
            return _convolution(layer)
        case "nnzoo-conv/maxpool2d":
            size = options["size"]
            return [_Step(functions.maxpool2d, options={"size": size, "stride": options["stride"] or size})]
        case "nnzoo-conv/batchnorm":
            arrays = ("scale", "shift", "mean", "variance")
            return [_Step(functions.batchnorm, arrays, {"epsilon": options["epsilon"]})]
        case "nnzoo-conv/flatten":
            return [_Step(functions.flatten)]
        case "nnzoo-conv/dropout":
            return []
    raise _unknown("layer", layer.component)


def _convolution(layer: TrainedLayer) -> list[_Step]:
    """The convolution, with a line before it where the channels must be brought to the second axis."""
    options, shape = layer.component.options, layer.input_shape
    before = []
    if len(shape) == 2:
        before, shape = [_Step(None, expression="x[:, None]")], (1, *shape)
    elif options["channels"] == "last":
        before, shape = [_Step(None, expression="x.transpose(0, 3, 1, 2)")], (shape[2], *shape[:2])
    k, stride = options["kernel_size"], options["stride"]
    padding = tuple(
        _zeros_around(options["padding"], length, places, k, stride)
        for length, places in zip(shape[1:], layer.output_shape[1:], strict=True)
    )
    return [*before, _Step(functions.conv2d, ("weight", "bias"), {"stride": stride, "padding": padding})]


def _zeros_around(padding: int | str, length: int, places: int, k: int, stride: int) -> tuple[int, int]:
    """How many zeros come before and behind one axis of an image."""
    if isinstance(padding, int):
        return padding, padding
    zeros = max((places - 1) * stride + k - length, 0)  # none for `valid`
    return zeros // 2, zeros - zeros // 2


def _known(table: Mapping[str, Callable[..., Any] | None], component: NamedComponent, kind: str) -> Any:
    if component.name not in table:
        raise _unknown(kind, component)
    return table[component.name]


def _unknown(kind: str, component: NamedComponent) -> UsageError:
    return UsageError(
        f"{NumpyScript.label} does not know the {kind} {component.name}",
        hint="take another format; or write an exporter of your own, which `nnzoo new exporter` begins",
    )


def _script(trained: TrainedNetwork, lines: list[str], used: Mapping[str, Callable[..., Any]], prediction: Any) -> str:
    names = trained.class_names or (tuple(map(str, range(trained.outputs))) if prediction else ())
    best = "{CLASSES[row.argmax()]} ({row.max():" + (".1%})" if prediction else ".4g})")
    sources = "\n\n\n".join(inspect.getsource(function).strip() for function in used.values())
    return _template().substitute(
        import_math="import math\n" if "math." in sources else "",
        about=_block("{", [f"{_literal(key)}: {_literal(value)}" for key, value in trained.facts.items()], "}"),
        input_shape=repr(trained.input_shape),
        outputs=trained.outputs,
        scale=repr(float(trained.scale)),
        classes=_block("[", [_literal(name) for name in names], "]"),
        predictions="Class probabilities" if prediction else "Predictions",
        predicted=f"{prediction.__name__}(network(x))" if prediction else "network(x)",
        layers="\n".join(lines),
        functions=sources,
        described=best if names else "{' '.join(f'{value:.6g}' for value in row)}",
    )


def _literal(text: str) -> str:
    """Text from who knows where as Python code: a string and nothing else, whatever is in it."""
    code = repr(text)
    return code if {"'", '"'} & set(text) else f'"{code[1:-1]}"'


def _block(opening: str, items: list[str], closing: str) -> str:
    """Items between brackets, in one line if they fit into it."""
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
