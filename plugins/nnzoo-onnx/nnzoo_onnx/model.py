"""A trained network as an ONNX model."""

from __future__ import annotations

import json
from typing import Literal

import numpy as np
from nnzoo.api import NamedComponent, TrainedNetwork, UsageError
from onnx import ModelProto, TensorProto, ValueInfoProto, checker, helper

from nnzoo_onnx.graph import BATCH, Graph, encoded
from nnzoo_onnx.layers import add_layer, unknown
from nnzoo_onnx.preprocessing import FOR_PIXELS, ML, add_array, add_columns, add_guard

OPSET, ML_OPSET = 11, 2
"""Versions of the operators: the first that have all of them. (Range and Round are the youngest.)"""

_LOSSES = {
    "nnzoo/softmax-cross-entropy": ("Softmax", "probabilities"),
    "nnzoo/binary-cross-entropy": ("Sigmoid", "probabilities"),
    "nnzoo/mse": ("Identity", "values"),
}
"""For each loss, the operator that turns logits into predictions, and the name of the predictions."""


def build_model(trained: TrainedNetwork, given: Literal["raw", "float32", "uint8"]) -> ModelProto:
    """The model, checked; see `nnzoo_onnx.exporter.Onnx` for its inputs, outputs and metadata.

    Parameters
    ----------
    trained : TrainedNetwork
        The network.
    given : {"raw", "float32", "uint8"}
        The model's input: raw data, the input of the first layer, or that before scaling.

    Raises
    ------
    UsageError
        For a layer, an activation, a loss or a preprocessor that is not known here.
    """
    graph = Graph()
    x, checked = _add_inputs(graph, trained, given)
    graph.prefix = "input."
    guard = add_guard(graph, x, int(np.prod(trained.input_shape))) if checked else ""
    computed = {-1: x}
    for place, layer in enumerate(trained.layers):
        owner = place if layer.shared_with is None else layer.shared_with
        graph.prefix = f"{owner}.{layer.component.name.rpartition('/')[2]}."
        computed[place] = add_layer(graph, layer, [computed[source] for source in trained.inputs_of(place)])
    graph.prefix = "output."
    outputs = _add_outputs(graph, trained, computed[len(trained.layers) - 1], guard)

    opsets = [helper.make_opsetid("", OPSET)]
    if any(node.domain == ML for node in graph.nodes):
        opsets.append(helper.make_opsetid(ML, ML_OPSET))
    model = helper.make_model(
        helper.make_graph(graph.nodes, "network", graph.inputs, outputs, graph.constants),
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="nnzoo",
    )
    helper.set_model_props(model, _metadata(trained))
    checker.check_model(model, full_check=True)
    return model


def _add_inputs(graph: Graph, trained: TrainedNetwork, given: str) -> tuple[str, bool]:
    """The input of the first layer, and whether preprocessing may yield values that are not finite."""
    if given == "raw":
        x = add_columns(graph, trained) if trained.columns else add_array(graph, trained)
        plain = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT32
        return x, graph.inputs[0].type.tensor_type.elem_type not in plain
    left_out = [step.component for feature in trained.features for step in feature.steps]
    left_out = [component for component in left_out if component.name not in FOR_PIXELS]
    if left_out:
        raise UsageError(
            f"with input={given} the model would leave out the preprocessor {left_out[0]}", hint="take input=raw"
        )
    if given == "float32":
        return graph.input("input", TensorProto.FLOAT, trained.input_shape, "the input of the first layer"), False
    x = graph.input("input", TensorProto.UINT8, trained.input_shape, "pixels, which the model multiplies")
    x = graph.node("Cast", [x], {"to": TensorProto.FLOAT})
    return graph.node("Mul", [x, graph.number("scale", trained.scale)]), False


def _add_outputs(graph: Graph, trained: TrainedNetwork, x: str, guard: str) -> list[ValueInfoProto]:
    """Predictions, and for a classification the most probable class; returns the model's outputs."""
    shape = trained.problem.output_shape
    if trained.layers[-1].output_shape != shape:
        x = graph.node("Reshape", [x, graph.constant("shape", np.array([-1, *shape], np.int64))])
    if guard and len(shape) > 1:
        guard = graph.node("Unsqueeze", [guard], {"axes": [*range(2, len(shape) + 1)]})
    x, name = _add_loss(graph, trained.loss, x, len(shape))
    elements = TensorProto.FLOAT
    if name == "values":
        elements, x = TensorProto.DOUBLE, graph.node("Cast", [x], {"to": TensorProto.DOUBLE})
        guard = guard and graph.node("Cast", [guard], {"to": TensorProto.DOUBLE})
    for step in reversed(trained.target_steps):
        if step.component.name not in ("nnzoo/standardize", "nnzoo/standardize-fields"):
            raise unknown("preprocessor of targets", step.component)
        x = graph.node("Mul", [x, graph.constant("deviation", np.asarray(step.fitted["deviation"], np.float64))])
        x = graph.node("Add", [x, graph.constant("mean", np.asarray(step.fitted["mean"], np.float64))])
    if guard:
        graph.node("Add", [x, guard])
    predictions = graph.called(name)
    outputs = [helper.make_tensor_value_info(predictions, elements, [BATCH, *shape])]
    if trained.task.name == "nnzoo/classification":
        outputs.append(_add_label(graph, trained, predictions, guard))
    return outputs


def _add_loss(graph: Graph, loss: NamedComponent, x: str, axis: int) -> tuple[str, str]:
    """The predictions from the logits of a network trained with a loss, and their name."""
    if loss.name == "nnzoo/joint":
        parts, start = [], 0
        for inner, width in zip(loss.options["losses_of"], loss.options["widths"], strict=True):
            places = {f"start{start}": start, f"stop{start}": start + width, "last": axis}
            wanted = [graph.constant(name, np.array([place], np.int64)) for name, place in places.items()]
            parts.append(_add_loss(graph, inner, graph.node("Slice", [x, *wanted]), axis)[0])
            start += width
        return graph.node("Concat", parts, {"axis": axis}) if parts else x, "values"
    if loss.name not in _LOSSES:
        raise unknown("loss", loss)
    operator, name = _LOSSES[loss.name]
    if operator != "Identity":
        x = graph.node(operator, [x], {"axis": axis} if operator == "Softmax" else {})
    return x, name


def _add_label(graph: Graph, trained: TrainedNetwork, predictions: str, guard: str) -> ValueInfoProto:
    """The name of the class with the largest value; empty where a value was missing."""
    shape, problem = trained.problem.output_shape, trained.problem
    place = graph.node("ArgMax", [predictions], {"axis": len(shape), "keepdims": 0})
    names = [problem.name(number) for number in range(problem.width)]
    if guard:
        missing = graph.node("Squeeze", [graph.node("IsNaN", [guard])], {"axes": [len(shape)]})
        place = graph.node("Where", [missing, graph.constant("none", np.array(len(names))), place])
        names.append("")
    graph.node("Gather", [graph.texts("names", names), place])
    return helper.make_tensor_value_info(graph.called("label"), TensorProto.STRING, [BATCH, *shape[:-1]])


def _metadata(trained: TrainedNetwork) -> dict[str, str]:
    facts = {_encodable(key): _encodable(value) for key, value in trained.facts.items()}
    return {
        **facts,
        "task": _encodable(trained.task.name),
        "names": json.dumps(trained.problem.names),
        "class_names": json.dumps(trained.class_names),
        "columns": json.dumps({feature.column: feature.type for feature in trained.features if feature.type}),
        "scale": repr(trained.scale),
    }


def _encodable(text: str) -> str:
    return encoded(text).decode()
