"""A residual network: the output of each block is added to its input.

    nnzoo train --dataset digits --plugin examples/residual.py --model residual-mlp:blocks=3

He et al. (2016), "Deep residual learning for image recognition", CVPR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, doc

from nnzoo.api import Activation, Graph, GraphModel, Problem, hookimpl
from nnzoo.builtin.layers import Activate, Dense
from nnzoo.builtin.merging import Add


@dataclass(frozen=True)
class ResidualMlp(GraphModel):
    """Fully connected layers in blocks of two, each with a skip connection."""

    name: ClassVar[str] = "residual-mlp"

    units: Annotated[int, Ge(1), doc("units of every hidden layer")] = 64
    blocks: Annotated[int, Ge(1), doc("how many blocks")] = 2

    def depth(self) -> int:
        return 1 + self.blocks  # skip connections keep gradients from growing

    def graph(self, problem: Problem, activation: Activation) -> Graph:
        graph = Graph()
        x = graph.add(Dense(self.units, activation.initialization), Activate(activation))
        for _ in range(self.blocks):
            branch = graph.add(
                Dense(self.units, activation.initialization),
                Activate(activation),
                Dense(self.units, "zeros"),  # so that a block is the identity at first
                after=x,
            )
            x = graph.add(Add(), after=(x, branch))
        graph.add(Dense(problem.logits))
        return graph


@hookimpl
def nnzoo_models() -> list[type[GraphModel]]:
    return [ResidualMlp]
