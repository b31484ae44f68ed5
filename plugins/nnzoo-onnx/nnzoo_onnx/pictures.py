"""How pictures of any size become squares, by ONNX operators: resampled as nnzoo's preprocessor `square` does it."""

from __future__ import annotations

from functools import cache

import numpy as np
from onnx import TensorProto

from nnzoo_onnx.graph import Graph


def add_square(graph: Graph, x: str, *, size: int, method: str, color: str) -> str:
    """Whole numbers 0 … 255 of shape (batch, size, size), or (batch, 3, size, size) in colours, as float64.

    Parameters
    ----------
    graph : Graph
        The graph to which the operators are added.
    x : str
        Pictures, uint8 of shape (batch, height, width, channels), with 1 channel or 3.
    size : int
        Length of the square's sides.
    method : {"stretch", "pad", "crop"}
        How pictures become squares: stretched, padded with black bars, or cropped.
    color : {"grey", "rgb"}
        Whether there is one channel, or three.
    """
    graph.prefix = "square."
    real = cache(lambda number: graph.constant(str(number), np.array(number, np.float64)))
    sides = graph.node("Cast", [graph.node("Shape", [x])], {"to": TensorProto.DOUBLE})
    height, width = (
        graph.node("Gather", [sides, graph.constant(name, np.array(axis, np.int64))], {"axis": 0})
        for name, axis in (("height", 1), ("width", 2))
    )
    down, across = (graph.node("Div", [side, real(float(size))]) for side in (height, width))
    if method != "stretch":
        down = across = graph.node("Max" if method == "pad" else "Min", [down, across])
    x = (_grey if color == "grey" else _colours)(graph, x)
    rows = _resampling(graph, height, size, down)
    columns = graph.node("Transpose", [_resampling(graph, width, size, across)], {"perm": [1, 0]})
    x = graph.node("Round", [graph.node("MatMul", [graph.node("MatMul", [rows, x]), columns])])
    return graph.node("Min", [x, real(255.0)])


def _three_channels(graph: Graph, x: str) -> str:
    """Pictures of 1 channel or 3 with 3 channels, in float32, which has every byte."""
    x = graph.node("Cast", [x], {"to": TensorProto.FLOAT})
    return graph.node("Expand", [x, graph.constant("channels", np.array([1, 1, 1, 3], np.int64))])


def _grey(graph: Graph, x: str) -> str:
    """0.299 red + 0.587 green + 0.114 blue in 16 bits, rounded; float64 of shape (batch, height, width)."""
    weights = graph.array("grey", [19595, 38470, 7471])
    x = graph.node("ReduceSum", [graph.node("Mul", [_three_channels(graph, x), weights])], {"axes": [3], "keepdims": 0})
    x = graph.node("Add", [x, graph.number("half", 32768)])  # below 2²⁴, so that float32 is exact
    x = graph.node("Floor", [graph.node("Mul", [x, graph.number("bits", 2.0**-16)])])
    return graph.node("Cast", [x], {"to": TensorProto.DOUBLE})


def _colours(graph: Graph, x: str) -> str:
    """Channels first; float64 of shape (batch, 3, height, width)."""
    x = graph.node("Transpose", [_three_channels(graph, x)], {"perm": [0, 3, 1, 2]})
    return graph.node("Cast", [x], {"to": TensorProto.DOUBLE})


def _resampling(graph: Graph, length: str, size: int, scale: str) -> str:
    """The weights of ``length`` old pixels for each of ``size`` new pixels: float64 of shape (size, length).

    The formula is that of nnzoo's function `resampling`; see its docstring.
    """
    zero, half, one, steps = (
        graph.constant(f"{name}.{length}", np.array(value, np.float64))
        for name, value in (("zero", 0.0), ("half", 0.5), ("one", 1.0), ("steps", 2.0**22))
    )
    places = graph.constant(f"places.{length}", (np.arange(size) + 0.5 - size / 2)[:, None])
    middle = graph.node("Add", [graph.node("Mul", [places, scale]), graph.node("Mul", [length, half])])
    pixels = graph.node("Add", [graph.node("Range", [zero, length, one]), half])
    distance = graph.node("Abs", [graph.node("Sub", [pixels, middle])])
    share = graph.node("Div", [distance, graph.node("Max", [scale, one])])
    weight = graph.node("Max", [graph.node("Sub", [one, share]), zero])
    outside = graph.node("Or", [graph.node("Less", [middle, zero]), graph.node("Greater", [middle, length])])
    weight = graph.node("Where", [outside, zero, weight])
    total = graph.node("ReduceSum", [weight], {"axes": [1], "keepdims": 1})
    total = graph.node("Where", [graph.node("Greater", [total, zero]), total, one])
    weight = graph.node("Mul", [graph.node("Div", [weight, total]), steps])
    return graph.node("Div", [graph.node("Round", [weight]), steps])
