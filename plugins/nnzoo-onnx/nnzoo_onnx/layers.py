"""How each layer and each activation is computed by ONNX operators.

Images have their channels first in nnzoo, as in ONNX: (n, c, h, w). Those of one channel may lack that axis, and get it
where an operator needs it; those that a convolution takes with channels last are turned round before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from nnzoo.api import Floats, NamedComponent, PluginError, TrainedLayer, UsageError

from nnzoo_onnx.graph import Graph

EXPORTER = "onnx"
"""The key under which a layer's or an activation's class provides a function."""


def add_layer(graph: Graph, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """Add the operators that compute a layer from its inputs; returns the name of its output.

    Raises
    ------
    UsageError
        For a layer or an activation that is not known here.
    """
    x = inputs[0]
    if EXPORTER in layer.component.exports:
        return _own(layer.component, graph, layer, inputs)
    match layer.component.name:
        case "nnzoo/add":
            return _elementwise(graph, "Add", layer, inputs)
        case "nnzoo/multiply":
            return _elementwise(graph, "Mul", layer, inputs)
        case "nnzoo/concatenate":
            return graph.node("Concat", inputs, {"axis": layer.component.options["axis"] + 1})
        case "nnzoo/slice":
            return _slice(graph, layer, x)
        case "nnzoo/dense":
            return _dense(graph, layer, x)
        case "nnzoo/activate":
            return _activation(graph, layer.component.options["activation"], x)
        case "nnzoo-conv/conv2d":
            return _conv2d(graph, layer, x)
        case "nnzoo-conv/depthwise2d":
            return _depthwise2d(graph, layer, x)
        case "nnzoo-conv/maxpool2d":
            return _maxpool2d(graph, layer, x)
        case "nnzoo-conv/global-average-pool":
            return _global_average_pool(graph, layer, x)
        case "nnzoo-conv/upsample2d":
            return _upsample2d(graph, layer, x)
        case "nnzoo-conv/batchnorm":
            return _batchnorm(graph, layer, x)
        case "nnzoo-conv/flatten":
            return graph.node("Flatten", [x], {"axis": 1})
        case "nnzoo-conv/dropout":
            return x  # it does nothing in a prediction
    raise unknown("layer", layer.component)


def _own(component: NamedComponent, graph: Graph, *given: Any) -> str:
    """Let a component's function add its operators to the graph; returns the name of its result.

    Raises
    ------
    PluginError
        When that is not the name of anything in the graph.
    """
    result = component.exports[EXPORTER](graph, *given)
    if not isinstance(result, str) or not graph.has(result):
        raise PluginError(
            f"{component.name}: exports[{EXPORTER!r}] returned {result!r}, which is not in the graph",
            hint="return what graph.node(…) returned; this is a bug in its plugin",
        )
    return result


def unknown(kind: str, component: NamedComponent) -> UsageError:
    """The error for a component that can't be exported."""
    return UsageError(
        f"exporter onnx does not know the {kind} {component.name}",
        hint="it knows those of nnzoo, nnzoo-activations and nnzoo-conv"
        + f"; another's class brings its operators in exports[{EXPORTER!r}]" * (kind in ("layer", "activation")),
    )


def _elementwise(graph: Graph, operator: str, layer: TrainedLayer, inputs: Sequence[str]) -> str:
    """An operator between all inputs; those with fewer axes get axes of length 1 at the end."""
    most = len(layer.output_shape) + 1
    spread = [
        x if len(shape) + 1 == most else graph.node("Unsqueeze", [x], {"axes": [*range(len(shape) + 1, most)]})
        for x, shape in zip(inputs, layer.input_shapes, strict=True)
    ]
    y = spread[0]
    for x in spread[1:]:
        y = graph.node(operator, [y, x])
    return y


def _slice(graph: Graph, layer: TrainedLayer, x: str) -> str:
    start, shape = layer.component.options["start"], layer.component.options["shape"]
    if len(layer.input_shape) > 1:
        x = graph.node("Flatten", [x], {"axis": 1})
    x = _values(graph, x, start, start + math.prod(shape))
    if len(shape) > 1:
        x = graph.node("Reshape", [x, graph.constant("shape", np.array([-1, *shape], np.int64))])
    return x


def _values(graph: Graph, x: str, start: int, stop: int) -> str:
    """Some of the values of rows."""
    places = {"starts": start, "ends": stop, "axes": 1}
    return graph.node("Slice", [x, *(graph.constant(name, np.array([n], np.int64)) for name, n in places.items())])


def _dense(graph: Graph, layer: TrainedLayer, x: str) -> str:
    if len(layer.input_shape) > 1:
        x = graph.node("Flatten", [x], {"axis": 1})
    arrays = [graph.array(name, layer.parameters[name]) for name in ("weight", "bias")]
    return graph.node("Gemm", [x, *arrays])


def _activation(graph: Graph, activation: NamedComponent, z: str) -> str:
    options = activation.options
    if EXPORTER in activation.exports:
        return _own(activation, graph, activation, z)
    match activation.name:
        case "nnzoo/identity":
            return z
        case "nnzoo/relu":
            return graph.node("Relu", [z])
        case "nnzoo/sigmoid":
            return graph.node("Sigmoid", [z])
        case "nnzoo-activations/tanh":
            return graph.node("Tanh", [z])
        case "nnzoo-activations/leaky-relu":
            return graph.node("LeakyRelu", [z], {"alpha": options["negative_slope"]})
        case "nnzoo-activations/elu":
            return graph.node("Elu", [z], {"alpha": options["alpha"]})
        case "nnzoo-activations/gelu":
            return _gelu(graph, z)
        case "nnzoo-activations/silu":
            return graph.node("Mul", [z, graph.node("Sigmoid", [z])])
        case "nnzoo-activations/softplus":
            return graph.node("Softplus", [z])
    raise unknown("activation", activation)


def _gelu(graph: Graph, z: str) -> str:
    """½ z (1 + erf(z / √2)): the operator Gelu is much younger."""
    erf = graph.node("Erf", [graph.node("Mul", [z, graph.number("root_half", math.sqrt(0.5))])])
    doubled = graph.node("Mul", [z, graph.node("Add", [erf, graph.number("one", 1)])])
    return graph.node("Mul", [doubled, graph.number("half", 0.5)])


def _conv2d(graph: Graph, layer: TrainedLayer, x: str) -> str:
    options, shape = layer.component.options, layer.input_shape
    if len(shape) == 2:
        x, shape = graph.node("Unsqueeze", [x], {"axes": [1]}), (1, *shape)
    elif options["channels"] == "last":
        x, shape = graph.node("Transpose", [x], {"perm": [0, 3, 1, 2]}), (shape[2], *shape[:2])
    # nnzoo's weights are (row, channel × column, filter), those of ONNX (filter, channel, row, column)
    rows, _, filters = layer.parameters["weight"].shape
    weight = layer.parameters["weight"].reshape(rows, shape[0], -1, filters).transpose(3, 1, 0, 2)
    return _convolution(graph, layer, x, shape, weight)


def _depthwise2d(graph: Graph, layer: TrainedLayer, x: str) -> str:
    shape = layer.input_shape
    if len(shape) == 2:
        x, shape = graph.node("Unsqueeze", [x], {"axes": [1]}), (1, *shape)
    return _convolution(graph, layer, x, shape, layer.parameters["weight"][:, None], groups=shape[0])


def _convolution(
    graph: Graph, layer: TrainedLayer, x: str, shape: tuple[int, ...], weight: Floats, groups: int = 1
) -> str:
    """The operator Conv, for images of this shape and weights as ONNX has them."""
    stride, window = layer.component.options["stride"], weight.shape[2:]
    sides = [
        _zeros_around(layer.component.options["padding"], length, places, k, stride)
        for length, places, k in zip(shape[1:], layer.output_shape[1:], window, strict=True)
    ]
    return graph.node(
        "Conv",
        [x, graph.array("weight", weight), graph.array("bias", layer.parameters["bias"])],
        {
            **({"group": groups} if groups > 1 else {}),
            "kernel_shape": window,
            "strides": [stride, stride],
            "pads": [side[end] for end in (0, 1) for side in sides],
        },
    )


def _zeros_around(padding: int | str, length: int, places: int, k: int, stride: int) -> tuple[int, int]:
    """The number of zeros before and after one axis of an image."""
    if isinstance(padding, int):
        return padding, padding
    zeros = max((places - 1) * stride + k - length, 0)  # none for `valid`
    return zeros // 2, zeros - zeros // 2


def _maxpool2d(graph: Graph, layer: TrainedLayer, x: str) -> str:
    size = layer.component.options["size"]
    stride = layer.component.options["stride"] or size
    attributes = {"kernel_shape": [size, size], "strides": [stride, stride]}
    if len(layer.input_shape) == 3:
        return graph.node("MaxPool", [x], attributes)
    x = graph.node("Unsqueeze", [x], {"axes": [1]})
    return graph.node("Squeeze", [graph.node("MaxPool", [x], attributes)], {"axes": [1]})


def _global_average_pool(graph: Graph, layer: TrainedLayer, x: str) -> str:
    if len(layer.input_shape) == 2:
        x = graph.node("Unsqueeze", [x], {"axes": [1]})
    return graph.node("Flatten", [graph.node("GlobalAveragePool", [x])], {"axis": 1})


def _upsample2d(graph: Graph, layer: TrainedLayer, x: str) -> str:
    size, flat = float(layer.component.options["size"]), len(layer.input_shape) == 2
    if flat:
        x = graph.node("Unsqueeze", [x], {"axes": [1]})
    nothing, scales = graph.array("roi", []), graph.array("scales", [1, 1, size, size])
    modes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    x = graph.node("Resize", [x, nothing, scales], modes)
    return graph.node("Squeeze", [x], {"axes": [1]}) if flat else x


def _batchnorm(graph: Graph, layer: TrainedLayer, x: str) -> str:
    arrays = [
        *(graph.array(name, layer.parameters[name]) for name in ("scale", "shift")),
        *(graph.array(name, layer.state[name]) for name in ("mean", "variance")),
    ]
    attributes = {"epsilon": layer.component.options["epsilon"]}
    if len(layer.input_shape) != 2:
        return graph.node("BatchNormalization", [x, *arrays], attributes)
    x = graph.node("Unsqueeze", [x], {"axes": [1]})
    return graph.node("Squeeze", [graph.node("BatchNormalization", [x, *arrays], attributes)], {"axes": [1]})
