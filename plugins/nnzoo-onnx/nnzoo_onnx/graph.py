"""An ONNX graph that grows node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from nnzoo.api import UsageError
from numpy.typing import ArrayLike, NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

BATCH = "batch"
"""The name of the first axis of every input and output, the number of samples."""


@final
class Graph:
    """Inputs, nodes and constants of an ONNX graph, each added after those that it needs.

    Attributes
    ----------
    prefix : str
        Stands before the names of constants: the place and name of the layer or step that they are for.
    inputs, nodes, constants : list
        What there is so far.
    """

    def __init__(self) -> None:
        self.prefix = ""
        self.inputs: list[ValueInfoProto] = []
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._taken: set[str] = set()
        self._known: dict[str, tuple[str, NDArray[Any]]] = {}

    def input(self, name: str, elements: int, shape: Sequence[int | str], doc: str) -> str:
        """Add an input for a batch of samples of this shape; returns its name.

        Raises
        ------
        UsageError
            When ONNX can't have an input of that name.
        """
        try:
            name.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"an ONNX model can't have an input called {name!r}", hint="rename the column, and train again"
            ) from None
        self.inputs.append(helper.make_tensor_value_info(name, elements, [BATCH, *shape], doc))
        return self.unused(name)

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        attributes: Mapping[str, Any] | None = None,
        domain: str = "",
    ) -> str:
        """Add an operator; returns the name of its output."""
        output = self.unused(f"{len(self.nodes)}.{operator}")
        self.nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **(attributes or {})))
        return output

    def called(self, name: str) -> str:
        """Give another name to the result of the last operator; returns it."""
        name = self.unused(name)
        self.nodes[-1].output[0] = name
        return name

    def array(self, name: str, values: ArrayLike) -> str:
        """Add a constant, as float32; returns its name."""
        return self.constant(name, np.asarray(values, np.float32))

    def number(self, name: str, value: float) -> str:
        """Add a constant of one number, as float32; returns its name."""
        return self.array(name, np.full(1, value))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant of the array's own type; returns its name.

        Layers that share their arrays have the same prefix, and then the constant is there already.
        """
        wanted = self.prefix + name
        known, there = self._known.get(wanted, ("", values))
        if known and there.dtype == values.dtype and np.array_equal(there, values):
            return known
        name = self.unused(wanted)
        self._known[wanted] = name, values
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(values.shape), name))
        return name

    def texts(self, name: str, values: Sequence[str]) -> str:
        """Add a constant of texts; returns its name."""
        name = self.unused(self.prefix + name)
        texts: Any = list(map(encoded, values))
        self.constants.append(helper.make_tensor(name, TensorProto.STRING, [len(values)], texts))
        return name

    def has(self, name: str) -> bool:
        """Whether something in the graph has this name."""
        return name in self._taken

    def unused(self, name: str) -> str:
        """The name, with a suffix if it is taken: columns can have any name."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def encoded(text: str) -> bytes:
    """The text as ONNX has it; half surrogate pairs, which UTF-8 does not have, are written as escapes."""
    return text.encode("utf-8", "backslashreplace")
