"""An architecture as blocks: what a diagram draws for each layer and writes below it, before anything is placed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from nnzoo.component import Component
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Graph, Initialization, MergeLayer, Shape
from nnzoo.nn import Network
from nnzoo.nn.summary import LayerSummary, format_shape, layer_summaries
from nnzoo.terminal import one_line

FOLD_ABOVE = 14
"""Blocks. A network of more has runs of equal layers drawn as their first, their number and their last."""
MOST_BLOCKS = 40
"""What is left is cut in the middle above this."""
LONGEST_TEXT = 26
"""Characters in a line."""
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
        Its own in this diagram: ``layer-0-dense``.
    role : Role
        What it is in the network; layers without parameters are ``fixed``.
    shape : tuple of int
        Of its values, as drawn: units, (height, width) or (channels, height, width).
    labels : tuple of Label
        What is written below it, from top to bottom.
    parameters : int
        Of all layers that it stands for.
    columns : int
        How many blocks this is where some are left out, else 1.
    fully_connected : bool
        Whether there is a weight for each of its values and each of the block before.
    sources : tuple of str
        The names of the blocks that it takes the output of.
    sign : str
        What stands in its circle, of a layer that puts branches together.
    stands_for : tuple of str
        The names of blocks that are left out.
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
    """The input and all layers, from left to right.

    A layer that changes its input in place (an activation, dropout) becomes a note at the block that it comes from,
    unless others take the values as they were. Where there are too many blocks, the middle of a row of equal layers,
    and in the end of all, becomes one block that counts them.
    """
    layers, graph = layer_summaries(network), network.graph
    taken = Counter(place for layer in layers for place in layer.inputs)
    lent = {layer.shared_with for layer in layers if layer.plan.parameters}
    blocks, standing = [_input_block(network.input_shape)], {Graph.input: 0}
    for layer in layers:
        at = standing[layer.inputs[0]]
        owner = layer.shared_with if layer.plan.parameters else None
        shared = () if owner is None else (f"parameters of {graph.name(owner)}",)
        if _works_in_place(layer) and taken[layer.inputs[0]] == 1:
            blocks[at] = _with_note(blocks[at], layer, shared)
            standing[layer.place] = at
        else:
            name = graph.name(layer.place) if layer.place in lent else ""
            blocks.append(_block(layer, name, shared, [blocks[standing[place]].name for place in layer.inputs]))
            standing[layer.place] = len(blocks) - 1
    if len(blocks) > 1:
        blocks[-1] = _as_output(blocks[-1])
    return _abbreviated(blocks)


def counted(number: int, what: str) -> str:
    """A number and what it counts.

    >>> counted(1, "unit"), counted(1000, "unit")
    ('1 unit', '1,000 units')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _input_block(shape: Shape) -> Block:
    labels = Label("input", "title"), Label(_values(shape, "value"), "plain")
    if len(shape) == 3 and shape[2] <= 4 < shape[0]:  # an image whose channels come last
        shape = (shape[2], *shape[:2])
    return Block("input", "input", shape, labels)


def _block(layer: LayerSummary, title: str, shared: Sequence[str], sources: Sequence[str]) -> Block:
    """A layer's own block; ``title`` is its label where this differs from what does the work."""
    weights = sum(math.prod(p.shape) for p in layer.plan.parameters.values() if p.is_weight)
    shape, sign = layer.output_shape, layer.layer.sign if isinstance(layer.layer, MergeLayer) else ""
    shown_already = shape[:1] if weights else ()
    own = [] if sign and not layer.plan.parameters else shared or [counted(layer.parameters, "parameter")]
    component = _what_works(layer.layer) if _works_in_place(layer) else layer.layer
    labels = (
        Label(one_line(title or component.name, LONGEST_TEXT), "title"),
        Label(_values(shape, "unit"), "plain"),
        *(
            Label(one_line(text, LONGEST_TEXT), "plain")
            for text in (shared if layer.plan.parameters and shared else own)
        ),
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
    """Whether each value stays where it is: then there is no weight between one value and another."""
    weights = any(parameter.is_weight for parameter in layer.plan.parameters.values())
    return len(layer.inputs) == 1 and layer.output_shape == layer.input_shape and not weights


def _what_works(layer: Component) -> Component:
    """What a layer applies, which says more than that it applies; else the layer."""
    own = [getattr(layer, hyperparameter.name) for hyperparameter in layer.hyperparameters()]
    return own[0] if len(own) == 1 and isinstance(own[0], Component) else layer


def _with_note(block: Block, layer: LayerSummary, shared: Sequence[str]) -> Block:
    """The block with what is done to its values."""
    component = _what_works(layer.layer)
    labels = [Label(one_line(component.name, LONGEST_TEXT), "note")]
    labels += [Label(text, "faint") for text in _hyperparameters(component)]
    if layer.plan.parameters:
        own = shared or [counted(layer.parameters, "parameter")]
        labels += [Label(one_line(text, LONGEST_TEXT), "plain") for text in own]
    return replace(block, labels=(*block.labels, *labels), parameters=block.parameters + layer.parameters)


def _hyperparameters(component: Component, shown_already: Shape = ()) -> Iterator[str]:
    """The first one, which is what the component is about, and the others that are not at their default."""
    declarations, first = component.declarations(), True
    for place, known in enumerate(component.hyperparameters()):
        value = getattr(component, known.name)
        if declarations[known.name][0] == Initialization or (place == 0 and (value,) == shown_already):
            continue
        if first or value != known.default:
            yield one_line(f"{known.name}={format_value(value)}", LONGEST_TEXT)
        first = False


def _as_output(block: Block) -> Block:
    """The last block: its units are what the network answers."""
    title, _, *rest = block.labels
    return replace(block, role="output", labels=(title, Label(_values(block.shape, "output"), "plain"), *rest))


def _values(shape: Shape, what: str) -> str:
    """How many values a layer gives, or their arrangement."""
    return format_shape(shape) if len(shape) > 1 else counted(math.prod(shape), what)


def _abbreviated(blocks: Sequence[Block]) -> list[Block]:
    if len(blocks) > FOLD_ABOVE:
        runs = (list(run) for _, run in groupby(blocks, key=lambda b: (b.role, b.shape, b.labels)))
        blocks = [block for run in runs for block in _cut(run, 1, "more of the same", least=2)]
    blocks = _cut(blocks, MOST_BLOCKS // 2, "more layers", least=2)
    shown = {name: block.name for block in blocks for name in (block.name, *block.stands_for)}

    def sources(block: Block) -> tuple[str, ...]:
        found = dict.fromkeys(shown[name] for name in block.sources)
        return tuple(name for name in found if name != block.name)

    return [replace(block, sources=sources(block)) for block in blocks]


def _cut(blocks: Sequence[Block], ends: int, what: str, *, least: int) -> list[Block]:
    """The blocks with those between both ends counted instead, where these are not too few for that."""
    middle = blocks[ends:-ends]
    if len(middle) < least:
        return list(blocks)
    columns, parameters = sum(block.columns for block in middle), sum(block.parameters for block in middle)
    labels = (Label(f"{columns:,} {what}", "title"), Label(counted(parameters, "parameter"), "plain"))
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
