"""A residual network: each block's output is added to what went into it.

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
    """Fully connected layers in blocks of two, each with a way around it."""

    name: ClassVar[str] = "residual-mlp"

    units: Annotated[int, Ge(1), doc("units of every hidden layer")] = 64
    blocks: Annotated[int, Ge(1), doc("how many blocks")] = 2

    def depth(self) -> int:
        return 1 + self.blocks  # the way around a block keeps gradients from growing

    def graph(self, problem: Problem, activation: Activation) -> Graph:
        graph = Graph()
        x = graph.add(Dense(self.units, activation.initialization), Activate(activation))
        for _ in range(self.blocks):
            branch = graph.add(
                Dense(self.units, activation.initialization),
                Activate(activation),
                Dense(self.units, "zeros"),  # so that a block does nothing at first
                after=x,
            )
            x = graph.add(Add(), after=(x, branch))
        graph.add(Dense(problem.logits))
        return graph


@hookimpl
def nnzoo_models() -> list[type[GraphModel]]:
    return [ResidualMlp]
