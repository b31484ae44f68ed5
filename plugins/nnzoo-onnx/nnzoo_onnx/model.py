"""A trained network as an ONNX model."""

from __future__ import annotations

import json

from nnzoo.api import TrainedNetwork
from onnx import ModelProto, TensorProto, checker, helper

from nnzoo_onnx.graph import Graph
from nnzoo_onnx.layers import add_layer, unknown

OPSET = 9
"""Version of the operators: the first that has all of them. (Erf is the youngest.)"""


def build_model(trained: TrainedNetwork, *, pixels: bool) -> ModelProto:
    """The model, checked; see `nnzoo_onnx.exporter.Onnx` for its input, output and metadata.

    Parameters
    ----------
    trained : TrainedNetwork
        What it computes.
    pixels : bool
        Whether its input is uint8, which it scales; else it is float32, used as it is.

    Raises
    ------
    UsageError
        For a layer, an activation or a loss that is not known here.
    """
    graph = Graph()
    x = "input"
    if pixels:
        x = graph.node("Cast", [x], {"to": TensorProto.FLOAT})
        x = graph.node("Mul", [x, graph.number("scale", trained.scale)])
    for place, layer in enumerate(trained.layers):
        graph.prefix = f"{place}.{layer.component.name.rpartition('/')[2]}."
        x = add_layer(graph, layer, x)
    output = _add_output(graph, trained, x)

    opset = helper.make_opsetid("", OPSET)
    sample = TensorProto.UINT8 if pixels else TensorProto.FLOAT
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info("input", sample, ["batch", *trained.input_shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", trained.outputs])],
            graph.constants,
        ),
        opset_imports=[opset],
        ir_version=helper.find_min_ir_version_for([opset]),
        producer_name="nnzoo",
    )
    helper.set_model_props(model, _metadata(trained))
    checker.check_model(model, full_check=True)
    return model


def _add_output(graph: Graph, trained: TrainedNetwork, logits: str) -> str:
    match trained.loss.name:
        case "nnzoo/softmax-cross-entropy":
            return graph.node("Softmax", [logits], {"axis": 1}, output="probabilities")
        case "nnzoo/mse":
            return graph.node("Identity", [logits], output="outputs")
    raise unknown("loss", trained.loss)


def _metadata(trained: TrainedNetwork) -> dict[str, str]:
    facts = {_encodable(key): _encodable(value) for key, value in trained.facts.items()}
    return {**facts, "scale": repr(trained.scale), "class_names": json.dumps(trained.class_names)}


def _encodable(text: str) -> str:
    """The text, with half surrogate pairs written as escapes: UTF-8 has none."""
    return text.encode("utf-8", "backslashreplace").decode()
