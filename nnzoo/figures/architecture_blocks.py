"""The blocks of an architecture diagram: the form and the labels of each layer, without positions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from nnzoo.component import Component
from nnzoo.errors import counted
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Graph, Initialization, MergeLayer, Shape
from nnzoo.nn import Network
from nnzoo.nn.summary import LayerSummary, format_shape, layer_summaries
from nnzoo.terminal import one_line

FOLD_ABOVE = 14
"""If there are more blocks, consecutive equal layers are drawn as the first, their number, and the last."""
MOST_BLOCKS = 40
"""If there are still more blocks, the middle is cut out."""
LONGEST_TEXT = 26
"""The longest line, in characters."""
LONGEST_SIGN = 3

Role = Literal["input", "trained", "fixed", "output", "omitted"]
Style = Literal["title", "plain", "faint", "note"]


@dataclass(frozen=True)
class Label:
    """One line below a block."""

    text: str
    style: Style


@dataclass(frozen=True)
class Block:
    """One column of the diagram.

    Attributes
    ----------
    name : str
        A unique name in this diagram: ``layer-0-dense``.
    role : Role
        The role in the network; layers without parameters are ``fixed``.
    shape : tuple of int
        The drawn shape of its values: units, (height, width) or (channels, height, width).
    labels : tuple of Label
        The lines below it, from top to bottom.
    parameters : int
        The number of parameters of all layers that it represents.
    columns : int
        The number of blocks that it replaces; 1 for a layer.
    fully_connected : bool
        Whether there is a weight for each pair of a value of this block and one of the previous block.
    sources : tuple of str
        The names of the blocks whose outputs are its inputs.
    sign : str
        The sign in its circle, for a layer that merges branches.
    stands_for : tuple of str
        The names of the blocks that it replaces.
    """

    name: str
    role: Role
    shape: Shape
    labels: tuple[Label, ...]
    parameters: int = 0
    columns: int = 1
    fully_connected: bool = False
    sources: tuple[str, ...] = ()
    sign: str = ""
    stands_for: tuple[str, ...] = ()


def architecture_blocks(network: Network) -> list[Block]:
    """Return the blocks of the input and of all layers, from left to right.

    A layer that changes its input in place (an activation, dropout) becomes a note at its source's block, unless other
    layers read the unchanged values. If there are too many blocks, the middle of consecutive equal layers, and finally
    of all layers, is replaced by one block with their number.
    """
    layers, graph = layer_summaries(network), network.graph
    readers = Counter(place for layer in layers for place in layer.inputs)
    lent = {layer.shared_with for layer in layers if layer.plan.parameters}
    blocks, block_of = [_input_block(network.input_shape)], {Graph.input: 0}
    for layer in layers:
        source = block_of[layer.inputs[0]]
        owner = layer.shared_with if layer.plan.parameters else None
        shared = () if owner is None else (f"parameters of {graph.name(owner)}",)
        if _works_in_place(layer) and readers[layer.inputs[0]] == 1:
            blocks[source] = _with_note(blocks[source], layer, shared)
            block_of[layer.place] = source
        else:
            name = graph.name(layer.place) if layer.place in lent else ""
            blocks.append(_block(layer, name, shared, [blocks[block_of[place]].name for place in layer.inputs]))
            block_of[layer.place] = len(blocks) - 1
    if len(blocks) > 1:
        blocks[-1] = _as_output(blocks[-1])
    return _abbreviated(blocks)


def _input_block(shape: Shape) -> Block:
    labels = Label("input", "title"), Label(_values(shape, "value"), "plain")
    if len(shape) == 3 and shape[2] <= 4 < shape[0]:  # an image whose channels come last
        shape = (shape[2], *shape[:2])
    return Block("input", "input", shape, labels)


def _block(layer: LayerSummary, title: str, shared: Sequence[str], sources: Sequence[str]) -> Block:
    """The block of a layer; ``title`` replaces the name of its component as the first label, unless it is empty."""
    weights = sum(math.prod(p.shape) for p in layer.plan.parameters.values() if p.is_weight)
    shape, sign = layer.output_shape, layer.layer.sign if isinstance(layer.layer, MergeLayer) else ""
    shown_already = shape[:1] if weights else ()
    parameters = [] if sign and not layer.plan.parameters else shared or [counted(layer.parameters, "parameter")]
    component = _applied(layer.layer) if _works_in_place(layer) else layer.layer
    labels = (
        Label(one_line(title or component.name, LONGEST_TEXT), "title"),
        Label(_values(shape, "unit"), "plain"),
        *(Label(one_line(text, LONGEST_TEXT), "plain") for text in parameters),
        *(Label(text, "faint") for text in _hyperparameters(component, shown_already)),
    )
    return Block(
        f"layer-{layer.place}-{layer.layer.name}",
        "trained" if layer.plan.parameters else "fixed",
        shape,
        labels,
        layer.parameters,
        fully_connected=weights >= math.prod(shape) * math.prod(layer.input_shape) and len(sources) == 1,
        sources=tuple(sources),
        sign=one_line(sign, LONGEST_SIGN),
    )


def _works_in_place(layer: LayerSummary) -> bool:
    """Whether a layer changes each value by itself: shapes are equal, and there are no weights."""
    weights = any(parameter.is_weight for parameter in layer.plan.parameters.values())
    return len(layer.inputs) == 1 and layer.output_shape == layer.input_shape and not weights


def _applied(layer: Component) -> Component:
    """The component that a layer applies, if that is its only hyperparameter; otherwise the layer."""
    values = [getattr(layer, hyperparameter.name) for hyperparameter in layer.hyperparameters()]
    return values[0] if len(values) == 1 and isinstance(values[0], Component) else layer


def _with_note(block: Block, layer: LayerSummary, shared: Sequence[str]) -> Block:
    """The block with a note about a layer that changes its values in place."""
    component = _applied(layer.layer)
    labels = [Label(one_line(component.name, LONGEST_TEXT), "note")]
    labels += [Label(text, "faint") for text in _hyperparameters(component)]
    if layer.plan.parameters:
        parameters = shared or [counted(layer.parameters, "parameter")]
        labels += [Label(one_line(text, LONGEST_TEXT), "plain") for text in parameters]
    return replace(block, labels=(*block.labels, *labels), parameters=block.parameters + layer.parameters)


def _hyperparameters(component: Component, shown_already: Shape = ()) -> Iterator[str]:
    """The first hyperparameter, which is the main one, and others that differ from their defaults."""
    declarations, first = component.declarations(), True
    for place, known in enumerate(component.hyperparameters()):
        value = getattr(component, known.name)
        if declarations[known.name][0] == Initialization or (place == 0 and (value,) == shown_already):
            continue
        if first or value != known.default:
            yield one_line(f"{known.name}={format_value(value)}", LONGEST_TEXT)
        first = False


def _as_output(block: Block) -> Block:
    """The last block, whose units are outputs."""
    title, _, *rest = block.labels
    return replace(block, role="output", labels=(title, Label(_values(block.shape, "output"), "plain"), *rest))


def _values(shape: Shape, noun: str) -> str:
    """The number of values, or their shape if it has several axes."""
    return format_shape(shape) if len(shape) > 1 else counted(math.prod(shape), noun)


def _abbreviated(blocks: Sequence[Block]) -> list[Block]:
    if len(blocks) > FOLD_ABOVE:
        runs = (list(run) for _, run in groupby(blocks, key=lambda b: (b.role, b.shape, b.labels)))
        blocks = [block for run in runs for block in _cut(run, 1, "more of the same")]
    blocks = _cut(blocks, MOST_BLOCKS // 2, "more layers")
    shown = {name: block.name for block in blocks for name in (block.name, *block.stands_for)}

    def sources(block: Block) -> tuple[str, ...]:
        found = dict.fromkeys(shown[name] for name in block.sources)
        return tuple(name for name in found if name != block.name)

    return [replace(block, sources=sources(block)) for block in blocks]


def _cut(blocks: Sequence[Block], ends: int, noun: str) -> list[Block]:
    """Replace the blocks between both ends by one with their number, if there are at least two."""
    middle = blocks[ends:-ends]
    if len(middle) < 2:
        return list(blocks)
    columns, parameters = sum(block.columns for block in middle), sum(block.parameters for block in middle)
    labels = (Label(f"{columns:,} {noun}", "title"), Label(counted(parameters, "parameter"), "plain"))
    omitted = Block(
        f"{middle[0].name}-and-more",
        "omitted",
        (),
        labels,
        parameters,
        columns,
        sources=tuple(source for block in middle for source in block.sources),
        stands_for=tuple(name for block in middle for name in (block.name, *block.stands_for)),
    )
    return [*blocks[:ends], omitted, *blocks[-ends:]]
