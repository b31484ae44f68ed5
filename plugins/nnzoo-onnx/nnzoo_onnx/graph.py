"""An ONNX graph that grows node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from nnzoo.api import Floats
from onnx import NodeProto, TensorProto, helper, numpy_helper


@final
class Graph:
    """Nodes and constants of an ONNX graph, each added behind those that it needs.

    Attributes
    ----------
    prefix : str
        Stands before the names of constants: the place and name of the layer that they are for.
    nodes, constants : list
        What there is so far.
    """

    def __init__(self) -> None:
        self.prefix = ""
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def node(
        self, operator: str, inputs: Sequence[str], attributes: Mapping[str, Any] | None = None, output: str = ""
    ) -> str:
        """Add an operator; returns the name of its output."""
        output = output or f"{len(self.nodes)}.{operator}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **(attributes or {})))
        return output

    def array(self, name: str, values: Floats) -> str:
        """Add a constant, as float32; returns its name."""
        name = self.prefix + name
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def number(self, name: str, value: float) -> str:
        """Add a constant of one number; returns its name."""
        return self.array(name, np.full(1, value))
