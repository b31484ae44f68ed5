"""Preprocessing by ONNX operators, from raw data to the input of the first layer, exactly as in nnzoo.

Numbers are float64, of shape (batch, …), until the last step makes them float32. A missing number is NaN, and stays so
through all that follows where no step fills it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from nnzoo.api import TrainedNetwork, TrainedStep, UsageError
from numpy.typing import NDArray
from onnx import TensorProto

from nnzoo_onnx.dates import NOT_A_TIME, add_date_parts
from nnzoo_onnx.graph import Graph, encoded
from nnzoo_onnx.layers import unknown
from nnzoo_onnx.pictures import add_square

ML = "ai.onnx.ml"
"""The domain of the operator that looks texts up."""

FOR_PIXELS = ("nnzoo/pixels", "nnzoo/square", "nnzoo/ink")
"""The preprocessors that arrays of ready numbers do without."""

_COLUMNS = {
    "number": (TensorProto.DOUBLE, "a number; NaN if it is missing"),
    "category": (TensorProto.STRING, "a text; empty if it is missing"),
    "date": (TensorProto.INT64, f"seconds since 1970-01-01; {NOT_A_TIME} if it is missing"),
}
_PIXELS = "pixels, which the model multiplies"


def add_columns(graph: Graph, trained: TrainedNetwork) -> str:
    """Add an input and the preprocessing of each column of a table; returns the name of the result.

    Raises
    ------
    UsageError
        For a preprocessor that is not known here.
    """
    blocks = []
    for place, feature in enumerate(trained.features):
        elements, doc = _COLUMNS[feature.type or "number"]
        x = graph.input(feature.column, elements, [1], doc)
        for name, step in enumerate(feature.steps):
            graph.prefix = f"column.{place}.{name}."
            x = _add_step(graph, step, x)
        blocks.append(x)
    graph.prefix = "columns."
    x = graph.node("Concat", blocks, {"axis": 1}) if len(blocks) > 1 else blocks[0]
    return graph.node("Cast", [x], {"to": TensorProto.FLOAT})


def add_array(graph: Graph, trained: TrainedNetwork) -> str:
    """Add the input and the preprocessing of arrays or pictures; returns the name of the result.

    Raises
    ------
    UsageError
        For a preprocessor that is not known here.
    """
    steps = [step for feature in trained.features for step in feature.steps if step.component.name != "nnzoo/ink"]
    scaling = steps.pop() if steps and steps[-1].component.name == "nnzoo/pixels" else None
    if steps and steps[0].component.name == "nnzoo/square":
        shape: Sequence[str | int] = ["height", "width", "channels"]
        x = graph.input("input", TensorProto.UINT8, shape, "pictures in grey (1 channel) or in colours (3)")
        x = add_square(graph, x, **steps.pop(0).component.options)
        elements: int = TensorProto.UINT8
    else:
        elements = _array_elements(scaling, steps)
        doc = _PIXELS if elements in (TensorProto.UINT8, TensorProto.INT32) else "numbers"
        x = graph.input("input", elements, trained.input_shape, doc)
    for name, step in enumerate(steps):
        graph.prefix = f"input.{name}."
        x = _add_step(graph, step, x)
    if elements != TensorProto.FLOAT:
        x = graph.node("Cast", [x], {"to": TensorProto.FLOAT})
    graph.prefix = "input."
    if scaling and elements in (TensorProto.UINT8, TensorProto.INT32):
        x = graph.node("Mul", [x, graph.number("scale", trained.scale)])
    return x


def add_guard(graph: Graph, x: str, width: int) -> str:
    """Add a column of zeros, but NaN for a sample with a value that is not finite; returns its name.

    Added to the outputs, it sees to it that a missing value never ends in an answer that looks like any other.
    """
    x = graph.node("Flatten", [graph.node("Sub", [x, x])], {"axis": 1})
    return graph.node("MatMul", [x, graph.array("ones", np.ones((width, 1)))])


def _array_elements(scaling: TrainedStep | None, steps: Sequence[TrainedStep]) -> int:
    """The type of an array's elements; that of pixels if the network was trained on pixels."""
    if steps:
        return TensorProto.DOUBLE
    if scaling is None:
        return TensorProto.FLOAT
    multiplier, largest, unscaled = (float(scaling.fitted[name]) for name in ("multiplier", "largest", "all"))
    is_given = scaling.component.options.get("multiplier") is not None  # by a data set of integers
    if multiplier == 1 or not (is_given or unscaled or largest >= 0):
        return TensorProto.FLOAT
    return TensorProto.UINT8 if unscaled or largest <= 255.5 * multiplier else TensorProto.INT32


def _add_step(graph: Graph, step: TrainedStep, x: str) -> str:
    fitted, options = step.fitted, step.component.options
    match step.component.name:
        case "nnzoo/standardize":
            # a place that did not vary in training is divided by infinity, and thus 0
            mean, deviation = _row(fitted["mean"]), _row(fitted["deviation"])
            divisor = np.where(deviation > 0, deviation, np.inf)
            x = graph.node("Sub", [x, graph.constant("mean", mean)])
            return graph.node("Div", [x, graph.constant("deviation", divisor)])
        case "nnzoo/fill":
            if options.get("missing") == "error":
                return x
            median = graph.constant("median", _row(fitted["median"]))
            return graph.node("Where", [graph.node("IsNaN", [x]), median, x])
        case "nnzoo/one-hot" | "nnzoo/ordinal":
            return _encode(graph, x, fitted["categories"].tolist(), fitted["table"], options.get("missing", "fill"))
        case "nnzoo/date-parts":
            return add_date_parts(graph, x, fitted["parts"].tolist())
    raise unknown("preprocessor", step.component)


def _row(values: NDArray[Any]) -> NDArray[np.float64]:
    """Float64 of at least one axis."""
    return np.atleast_1d(np.asarray(values, np.float64))


def _encode(graph: Graph, x: str, categories: list[str], table: NDArray[Any], missing: str) -> str:
    """The row of the table for each text: its category's, the last but one if it has none, the last if it is empty."""
    k = len(categories)
    if "" in categories:
        raise UsageError(
            "a category is the empty text, which means a missing value in an ONNX model",
            hint="give the category a name, and train again",
        )
    rows = np.array(table, np.float64)
    if missing == "error":
        rows[k + 1] = math.nan
    places = graph.node(
        "LabelEncoder",
        [x],
        {
            "keys_strings": list(map(encoded, [*categories, ""])),
            "values_int64s": [*range(k), k + 1],
            "default_int64": k,
        },
        domain=ML,
    )
    return graph.node("Flatten", [graph.node("Gather", [graph.constant("table", rows), places])], {"axis": 1})
