"""Networks that predict the next character at each position of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, doc
from nnzoo.api import Activation, Graph, GraphModel, Problem, UsageError
from nnzoo.builtin.layers import Activate
from nnzoo.builtin.merging import Add

from nnzoo_sequences.attention import Attention
from nnzoo_sequences.embedding import Embedding
from nnzoo_sequences.gru import Gru
from nnzoo_sequences.linear import Linear
from nnzoo_sequences.norms import LayerNorm
from nnzoo_sequences.position import Position


@dataclass(frozen=True)
class CharGru(GraphModel):
    """Embedding, gated recurrent units, and a linear layer: at each step the next character from all before it.

    References
    ----------
    Karpathy (2015), "The unreasonable effectiveness of recurrent neural networks",
    https://karpathy.github.io/2015/05/21/rnn-effectiveness/.
    """

    name: ClassVar[str] = "char-gru"

    blocks: Annotated[int, Ge(1), doc("number of stacked recurrent layers")] = 1
    units: Annotated[int, Ge(1), doc("length of the state of each")] = 192
    embedding: Annotated[int, Ge(1), doc("length of the vector of each character")] = 64

    def depth(self) -> int:
        return self.blocks

    def graph(self, problem: Problem, activation: Activation) -> Graph:
        classes = _classes(self, problem)
        graph = Graph.of([Embedding(classes, self.embedding)])
        graph.add(*(Gru(self.units) for _ in range(self.blocks)), Linear(classes))
        return graph


@dataclass(frozen=True)
class CharGpt(GraphModel):
    """A small transformer decoder: at each step the next character from all before it.

    Each block adds the output of attention over earlier steps, then that of two linear layers with the activation
    between them, applied to each step separately; both read a normalized copy::

        x ← embedding + position
        x ← x + attention(layernorm(x))
        x ← x + linear(f(linear(layernorm(x))))        the two lines above for each block
        logits = linear(layernorm(x))

    Linear layers have no biases. By default there are some 210,000 parameters for a text of 63 different characters.

    References
    ----------
    Radford, Wu, Child, Luan, Amodei & Sutskever (2019), "Language models are unsupervised multitask learners" (GPT-2).
    Xiong et al. (2020), "On layer normalization in the transformer architecture", ICML, arXiv:2002.04745.
    """

    name: ClassVar[str] = "char-gpt"

    blocks: Annotated[int, Ge(1), doc("number of blocks")] = 4
    heads: Annotated[int, Ge(1), doc("number of heads of each attention; a divisor of width")] = 4
    width: Annotated[int, Ge(1), doc("values for each character between the layers")] = 64

    def depth(self) -> int:
        return 2 * self.blocks

    def graph(self, problem: Problem, activation: Activation) -> Graph:
        classes = _classes(self, problem)
        graph = Graph()
        x = graph.add(Embedding(classes, self.width), Position())
        for _ in range(self.blocks):
            seen = graph.add(LayerNorm(), Attention(self.heads), after=x)
            x = graph.add(Add(), after=(x, seen))
            hidden = Linear(4 * self.width, bias=False, initialization=activation.initialization)
            mixed = graph.add(LayerNorm(), hidden, Activate(activation), Linear(self.width, bias=False), after=x)
            x = graph.add(Add(), after=(x, mixed))
        graph.add(LayerNorm(), Linear(classes, bias=False), after=x)
        return graph


def _classes(model: GraphModel, problem: Problem) -> int:
    """The number of classes at each step.

    Raises
    ------
    UsageError
        When samples are not sequences of class numbers with a class to predict at each step.
    """
    if len(problem.input_shape) != 1 or problem.inputs or problem.output_shape[:-1] != problem.input_shape:
        raise UsageError(
            f"{model.label} predicts a class at each step of a sequence, but samples have shape {problem.input_shape} "
            f"and outputs {problem.output_shape}",
            hint="it is for the task next-token, and for data such as text:path=…",
        )
    return problem.width
