"""The lines of an exported script: what computes each layer, loss and preprocessor in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnzoo.api import NamedComponent, TrainedLayer, TrainedStep, UsageError
from nnzoo.builtin import numpy_functions as functions
from nnzoo.builtin import numpy_preprocessing as preprocessing
from nnzoo.builtin import numpy_reading as reading

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
    "nnzoo/binary-cross-entropy": functions.sigmoid,
    "nnzoo/mse": None,
}
"""What makes predictions of the logits of a network trained with each loss."""

PROBABILITIES = tuple(loss for loss, function in LOSSES.items() if function)
"""The losses whose predictions are probabilities."""


@dataclass(frozen=True)
class Line:
    """One line: a function with its arguments behind x; or, without one, an expression of ``{x}``."""

    function: Callable[..., Any] | None
    arrays: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    expression: str = ""

    def written(self, key: Callable[[str], str], variable: str = "x", given: str = "") -> str:
        """The line, where ``key`` makes the key of an array of its name, as Python code.

        It puts into ``variable`` what becomes of ``given``: of the variable itself where that is empty.
        """
        given = given or variable
        if self.function is None:
            return f"{variable} = {self.expression.format(x=given)}"
        arrays = (f"w[{key(name)}]" for name in self.arrays)
        options = (f"{name}={literal(value)}" for name, value in (self.options or {}).items())
        return f"{variable} = {self.function.__name__}({', '.join((given, *arrays, *options))})"


def layer_lines(layer: TrainedLayer) -> list[Line]:
    """The lines that compute a layer; none for a layer that does nothing in a prediction.

    Raises
    ------
    UsageError
        For a layer or an activation that is not known here.
    """
    options = layer.component.options
    match layer.component.name:
        case "nnzoo/dense":
            return [Line(functions.dense, ("weight", "bias"))]
        case "nnzoo/activate":
            activation: NamedComponent = options["activation"]
            function = _known(ACTIVATIONS, activation, "activation")
            return [Line(function, options=activation.options)] if function else []
        case "nnzoo/add":
            return [Line(functions.add)]
        case "nnzoo/multiply":
            return [Line(functions.multiply)]
        case "nnzoo/concatenate":
            return [Line(functions.concatenate, options={"axis": options["axis"] + 1})]
        case "nnzoo/slice":
            return [Line(functions.part, options={name: options[name] for name in ("start", "shape")})]
        case "nnzoo-conv/conv2d":
            return _convolution(layer)
        case "nnzoo-conv/maxpool2d":
            size = options["size"]
            return [Line(functions.maxpool2d, options={"size": size, "stride": options["stride"] or size})]
        case "nnzoo-conv/batchnorm":
            arrays = ("scale", "shift", "mean", "variance")
            return [Line(functions.batchnorm, arrays, {"epsilon": options["epsilon"]})]
        case "nnzoo-conv/flatten":
            return [Line(functions.flatten)]
        case "nnzoo-conv/dropout":
            return []
    raise unknown("layer", layer.component)


def loss_lines(loss: NamedComponent) -> list[Line]:
    """The lines that make predictions of logits.

    Raises
    ------
    UsageError
        For a loss that is not known here.
    """
    function = _known(LOSSES, loss, "loss")
    return [Line(function)] if function else []


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


def _convolution(layer: TrainedLayer) -> list[Line]:
    """The convolution, with a line before it where the channels must be brought to the second axis."""
    options, shape = layer.component.options, layer.input_shape
    before = []
    if len(shape) == 2:
        before, shape = [Line(None, expression="{x}[:, None]")], (1, *shape)
    elif options["channels"] == "last":
        before, shape = [Line(None, expression="{x}.transpose(0, 3, 1, 2)")], (shape[2], *shape[:2])
    k, stride = options["kernel_size"], options["stride"]
    padding = tuple(
        _zeros_around(options["padding"], length, places, k, stride)
        for length, places in zip(shape[1:], layer.output_shape[1:], strict=True)
    )
    return [*before, Line(functions.conv2d, ("weight", "bias"), {"stride": stride, "padding": padding})]


def _zeros_around(padding: int | str, length: int, places: int, k: int, stride: int) -> tuple[int, int]:
    """How many zeros come before and behind one axis of an image."""
    if isinstance(padding, int):
        return padding, padding
    zeros = max((places - 1) * stride + k - length, 0)  # none for `valid`
    return zeros // 2, zeros - zeros // 2


def _known(table: Mapping[str, Callable[..., Any] | None], component: NamedComponent, kind: str) -> Any:
    if component.name not in table:
        raise unknown(kind, component)
    return table[component.name]
