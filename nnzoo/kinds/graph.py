"""`Graph`: the layers of a network and their connections."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

from nnzoo.component import with_article
from nnzoo.errors import UsageError
from nnzoo.kinds.layer import AnyLayer, MergeLayer

_PLACES = "add() returns the place of the layer that it added last, and graph.input is the network's input"


@dataclass(frozen=True)
class Node:
    """A layer in a graph.

    Attributes
    ----------
    layer : Layer or MergeLayer
    inputs : tuple of int
        The places whose outputs it takes; `Graph.input` is the network's input.
    shared_with : int, optional
        The place of an earlier, equal layer with which it shares parameters and state.
    """

    layer: AnyLayer
    inputs: tuple[int, ...]
    shared_with: int | None = None


@final
@dataclass
class Graph:
    """Layers that may branch and join again. The output of the last one is the network's.

    A residual block on 8 values:

    >>> from nnzoo.builtin.layers import Activate, Dense
    >>> from nnzoo.builtin.merging import Add
    >>> graph = Graph()
    >>> branch = graph.add(Dense(8), Activate(), Dense(8))
    >>> graph.add(Add(), after=(graph.input, branch))
    3
    >>> graph
    0.dense(input) → 1.activate → 2.dense → 3.add(input, 2)

    Attributes
    ----------
    nodes : list of Node
        Each comes after those that it takes its input from; its index is its place.
    """

    input: ClassVar[int] = -1
    """The place of the network's input."""

    nodes: list[Node] = field(default_factory=list)

    @classmethod
    def of(cls, layers: Iterable[AnyLayer]) -> Graph:
        """The graph of a plain sequence of layers."""
        graph = cls()
        if layers := list(layers):
            graph.add(*layers)
        return graph

    def add(self, *layers: AnyLayer, after: int | Sequence[int] | None = None, shared_with: int | None = None) -> int:
        """Add layers in sequence; returns the place of the last one.

        Parameters
        ----------
        *layers : Layer or MergeLayer
            At least one.
        after : int or sequence of int, optional
            The place or places whose outputs the first of them takes; default: the last layer added so far, or the
            network's input.
        shared_with : int, optional
            The result of an earlier call of `add` with equal layers, whose parameters and state these share.

        Raises
        ------
        UsageError
            When one is not a layer, a place does not exist, the layers differ from those that they share with, or one
            takes another number of inputs.
        """
        if not layers:
            raise UsageError("add() needs a layer")
        for layer in layers:
            self._require_layer(layer)
        several = isinstance(after, Iterable) and not isinstance(after, str)
        sources: Any = after if several else (len(self.nodes) - 1 if after is None else after,)
        places = tuple(map(self._place, sources))
        shared_with = None if shared_with is None else self._place(shared_with)
        for place in places if shared_with is None else (*places, shared_with):
            if not self.input <= place < len(self.nodes):
                raise UsageError(
                    f"there is no place {place!r} in the graph yet",
                    hint=f"there are {len(self.nodes)} layers; {_PLACES}",
                )
        first_shared = None if shared_with is None else shared_with - len(layers) + 1
        for number, layer in enumerate(layers):
            shared = None if first_shared is None else self._origin(first_shared + number, layer)
            self._require_inputs(layer, len(places))
            self.nodes.append(Node(layer, places, shared))
            places = (len(self.nodes) - 1,)
        return places[0]

    def readers(self) -> list[int]:
        """The number of inputs that take the output of each place."""
        counts = [0] * len(self.nodes)
        for node in self.nodes:
            for place in node.inputs:
                if place != self.input:
                    counts[place] += 1
        return counts

    def is_row(self) -> bool:
        """Whether it is a plain sequence: each layer takes the output of the one before, and none shares."""
        return all(node.inputs == (place - 1,) and node.shared_with is None for place, node in enumerate(self.nodes))

    def name(self, place: int) -> str:
        """The name of a place, with which the names of its arrays begin: ``0.dense``; or ``input``."""
        return "input" if place == self.input else f"{place}.{self.nodes[place].layer.name}"

    def __repr__(self) -> str:
        shown = []
        for place, node in enumerate(self.nodes):
            names = ("input" if source == self.input else str(source) for source in node.inputs)
            after = "" if place and node.inputs == (place - 1,) else f"({', '.join(names)})"
            shared = "" if node.shared_with is None else f" sharing {node.shared_with}"
            shown.append(f"{self.name(place)}{after}{shared}")
        return " → ".join(shown)

    def _origin(self, place: int, layer: AnyLayer) -> int:
        """The place that owns the arrays which a layer shares."""
        node = self.nodes[place] if place >= 0 else None
        if node is None or node.layer != layer:
            raise UsageError(
                f"{layer} can't share with {node.layer if node else 'the input'}",
                hint="shared_with is the place of an equal layer, or of the last of several equal layers",
            )
        return place if node.shared_with is None else node.shared_with

    @staticmethod
    def _place(given: Any) -> int:
        try:
            return operator.index(given)
        except TypeError:
            raise UsageError(f"{given!r} is not a place in the graph", hint=_PLACES) from None

    @staticmethod
    def _require_layer(layer: Any) -> None:
        if isinstance(layer, type):
            raise UsageError(
                f"add() takes layers, not {with_article(layer)}",
                hint=f"add an instance: graph.add({layer.__name__}(…))",
            )
        if not isinstance(layer, AnyLayer):
            raise UsageError(
                f"add() takes layers, not {layer!r}",
                hint="each must be an instance of a layer class; wrap an activation: Activate(activation)",
            )

    @staticmethod
    def _require_inputs(layer: AnyLayer, inputs: int) -> None:
        if isinstance(layer, MergeLayer) and inputs < 2:
            raise UsageError(
                f"{layer.label} joins several outputs, but gets {inputs}",
                hint="give their places: graph.add(…, after=(first, second))",
            )
        if not isinstance(layer, MergeLayer) and inputs != 1:
            raise UsageError(
                f"{layer.label} takes one input, but gets {inputs}",
                hint="layers such as add, concatenate and multiply join several",
            )
