"""How each layer is computed by ONNX operators, of opset 11: functions that the layers name in ``exports``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from nnzoo.api import Floats, OperatorGraph, TrainedLayer

INT64 = 7
"""What ONNX calls 64-bit integers: TensorProto.INT64."""


def embedding_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Gather rows; a number that is not a class comes out as NaN, since a model can't refuse a sample."""
    classes, size = layer.parameters["weight"].shape
    table = np.concatenate([layer.parameters["weight"], np.full((1, size), np.nan)])
    (x,) = inputs
    low, high = graph.node("Less", [x, graph.number("zero", 0)]), graph.number("last", classes - 1)
    wrong = graph.node("Or", [low, graph.node("Greater", [x, high])])
    part = graph.node("Not", [graph.node("Equal", [x, graph.node("Floor", [x])])])  # NaN, too
    x = graph.node("Where", [graph.node("Or", [wrong, part]), graph.number("none", classes), x])
    return graph.node("Gather", [graph.array("weight", table), graph.node("Cast", [x], {"to": INT64})], {"axis": 0})


def position_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Add the vectors of all steps."""
    return graph.node("Add", [*inputs, graph.array("weight", layer.parameters["weight"])])


def linear_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Multiply along the last axis."""
    y = graph.node("MatMul", [*inputs, graph.array("weight", layer.parameters["weight"])])
    return graph.node("Add", [y, graph.array("bias", layer.parameters["bias"])]) if "bias" in layer.parameters else y


def layernorm_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Subtract the mean, and what rmsnorm does; then the shift."""
    (x,) = inputs
    x = graph.node("Sub", [x, graph.node("ReduceMean", [x], {"axes": [-1]})])
    return graph.node("Add", [rmsnorm_nodes(graph, layer, [x]), graph.array("shift", layer.parameters["shift"])])


def rmsnorm_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Divide by the root mean square, and scale."""
    (x,) = inputs
    square = graph.node("ReduceMean", [graph.node("Mul", [x, x])], {"axes": [-1]})
    square = graph.node("Add", [square, graph.number("epsilon", layer.component.options["epsilon"])])
    normal = graph.node("Div", [x, graph.node("Sqrt", [square])])
    return graph.node("Mul", [normal, graph.array("scale", layer.parameters["scale"])])


def attention_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Project, part into heads, and weigh; as the layer's docstring has it."""
    steps, d = layer.input_shape
    heads = layer.component.options["heads"]
    projected = graph.node("MatMul", [*inputs, graph.array("weight", layer.parameters["weight"])])
    parted = graph.constant("parted", np.array([0, steps, 3, heads, d // heads], np.int64))
    projected = graph.node("Transpose", [graph.node("Reshape", [projected, parted])], {"perm": [2, 0, 3, 1, 4]})
    query, key, value = (
        graph.node("Gather", [projected, graph.constant(name, np.array(place, np.int64))], {"axis": 0})
        for place, name in enumerate(("query", "key", "value"))
    )
    key = graph.node("Transpose", [key], {"perm": [0, 1, 3, 2]})
    scores = graph.node("MatMul", [query, key])
    scores = graph.node("Mul", [scores, graph.number("factor", 1 / math.sqrt(d // heads))])
    if layer.component.options["causal"]:
        later = np.where(np.tri(steps, dtype=bool), 0, -np.inf)
        scores = graph.node("Add", [scores, graph.array("later", later)])
    mixed = graph.node("MatMul", [graph.node("Softmax", [scores], {"axis": 3}), value])
    mixed = graph.node("Transpose", [mixed], {"perm": [0, 2, 1, 3]})
    mixed = graph.node("Reshape", [mixed, graph.constant("joined", np.array([0, steps, d], np.int64))])
    return graph.node("MatMul", [mixed, graph.array("output_weight", layer.parameters["output_weight"])])


def gru_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """The operator GRU, whose gates are update, reset, candidate."""
    u, order = layer.component.options["units"], (1, 0, 2)
    inner = np.concatenate([np.zeros(2 * u, np.float32), layer.parameters["inner_bias"]])
    bias = np.concatenate([_ordered(layer.parameters["bias"], order), inner])
    return _recurrent(graph, "GRU", layer, inputs, order, bias, {"hidden_size": u, "linear_before_reset": 1})


def lstm_nodes(graph: OperatorGraph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """The operator LSTM, whose gates are input, output, forget, candidate."""
    u, order = layer.component.options["units"], (0, 2, 1, 3)
    bias = np.concatenate([_ordered(layer.parameters["bias"], order), np.zeros(4 * u, np.float32)])
    return _recurrent(graph, "LSTM", layer, inputs, order, bias, {"hidden_size": u})


def _recurrent(
    graph: OperatorGraph,
    operator: str,
    layer: TrainedLayer,
    inputs: Sequence[str],
    order: Sequence[int],
    bias: Floats,
    attributes: dict[str, Any],
) -> str:
    """A recurrent operator, which has the steps first and an axis for directions.

    Runtimes make a number of NaN within it; added up with what comes in, the sample stays NaN.
    """
    missing = graph.node("ReduceSum", [graph.node("Sub", [*inputs, *inputs])], {"axes": [1, 2]})
    x = graph.node("Transpose", list(inputs), {"perm": [1, 0, 2]})
    weights = [graph.array(name, _ordered(layer.parameters[name], order).T[None]) for name in ("weight", "recurrent")]
    y = graph.node(operator, [x, *weights, graph.array("bias", bias[None])], attributes)
    y = graph.node("Squeeze", [y], {"axes": [1]})
    return graph.node("Add", [graph.node("Transpose", [y], {"perm": [1, 0, 2]}), missing])


def _ordered(array: Floats, order: Sequence[int]) -> Floats:
    """The columns of the gates in another order."""
    blocks = np.split(array, len(order), axis=-1)
    ordered: Floats = np.concatenate([blocks[place] for place in order], axis=-1)
    return ordered
