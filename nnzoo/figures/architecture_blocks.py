"""An architecture as blocks: what a diagram draws for each layer and writes below it, before anything is placed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from nnzoo.component import Component
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Initialization, Shape
from nnzoo.nn import Network
from nnzoo.nn.summary import LayerSummary, format_shape, layer_summaries
from nnzoo.terminal import one_line

FOLD_ABOVE = 14
"""Blocks. A network of more has runs of equal layers drawn as their first, their number and their last."""
MOST_BLOCKS = 40
"""What is left is cut in the middle above this."""
LONGEST_TEXT = 26
"""Characters in a line."""

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
    """

    name: str
    role: Role
    shape: Shape
    labels: tuple[Label, ...]
    parameters: int = 0
    columns: int = 1
    fully_connected: bool = False


def architecture_blocks(network: Network) -> list[Block]:
    """The input and all layers, from left to right.

    A layer that changes its input in place (an activation, dropout) becomes a note at the block before it. Where there
    are too many, the middle of a row of equal layers, and in the end of all, becomes one block that counts them.
    """
    blocks = [_input_block(network.input_shape)]
    for place, layer in enumerate(layer_summaries(network)):
        if _works_in_place(layer):
            blocks[-1] = _with_note(blocks[-1], layer)
        else:
            blocks.append(_block(place, layer))
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


def _block(place: int, layer: LayerSummary) -> Block:
    weights = sum(math.prod(p.shape) for p in layer.plan.parameters.values() if p.is_weight)
    shape = layer.output_shape
    shown_already = shape[:1] if weights else ()
    labels = (
        Label(one_line(layer.layer.name, LONGEST_TEXT), "title"),
        Label(_values(shape, "unit"), "plain"),
        Label(counted(layer.parameters, "parameter"), "plain"),
        *(Label(text, "faint") for text in _hyperparameters(layer.layer, shown_already)),
    )
    return Block(
        f"layer-{place}-{layer.layer.name}",
        "trained" if layer.parameters else "fixed",
        shape,
        labels,
        layer.parameters,
        fully_connected=weights >= math.prod(shape) * math.prod(layer.input_shape),
    )


def _works_in_place(layer: LayerSummary) -> bool:
    """Whether each value stays where it is: then there is no weight between one value and another."""
    return layer.output_shape == layer.input_shape and not any(p.is_weight for p in layer.plan.parameters.values())


def _with_note(block: Block, layer: LayerSummary) -> Block:
    """The block with what is done to its values."""
    component: Component = layer.layer
    own = [getattr(component, hyperparameter.name) for hyperparameter in component.hyperparameters()]
    if len(own) == 1 and isinstance(own[0], Component):  # what it applies says more than that it applies
        component = own[0]
    labels = [Label(one_line(component.name, LONGEST_TEXT), "note")]
    labels += [Label(text, "faint") for text in _hyperparameters(component)]
    if layer.parameters:
        labels.append(Label(counted(layer.parameters, "parameter"), "plain"))
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
    return _cut(blocks, MOST_BLOCKS // 2, "more layers", least=2)


def _cut(blocks: Sequence[Block], ends: int, what: str, *, least: int) -> list[Block]:
    """The blocks with those between both ends counted instead, where these are not too few for that."""
    middle = blocks[ends:-ends]
    if len(middle) < least:
        return list(blocks)
    columns, parameters = sum(block.columns for block in middle), sum(block.parameters for block in middle)
    labels = (Label(f"{columns:,} {what}", "title"), Label(counted(parameters, "parameter"), "plain"))
    omitted = Block(f"{middle[0].name}-and-more", "omitted", (), labels, parameters, columns)
    return [*blocks[:ends], omitted, *blocks[-ends:]]
