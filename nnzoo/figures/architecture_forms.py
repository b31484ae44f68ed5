"""The forms of an architecture diagram: columns of units, volumes, dots; sizes in points (1/72 inch)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnzoo.figures.architecture_blocks import Block
from nnzoo.kinds import Shape

MOST_UNITS = 12
"""In a column; of more only those at both ends are drawn."""
UNIT_RADIUS, UNIT_PITCH = 3.4, 9.5
LARGEST_IMAGE, SMALLEST_IMAGE = 80.0, 5.0
"""Length of the longest side of the largest image, and the least of any side."""
CHANNEL_DEPTH = 5.0
"""Times the logarithm of the number of channels is how far a volume goes back."""
OMITTED_WIDTH = 22.0
JOINT_RADIUS = 10.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Units:
    """A column of units: where those stand that are drawn, from the middle, and how many there are."""

    heights: tuple[float, ...]
    number: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return 2 * UNIT_RADIUS, self.heights[0] - self.heights[-1] + 2 * UNIT_RADIUS


@dataclass(frozen=True)
class Volume:
    """An image, or the images of all channels behind one another: a box, its front facing the reader."""

    channels: int
    pixels: tuple[int, int]
    front: tuple[float, float]
    back: tuple[float, float]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.front[0] + self.back[0], self.front[1] + self.back[1]


@dataclass(frozen=True)
class Omitted:
    """Three dots in place of blocks."""

    size: tuple[float, float] = (OMITTED_WIDTH, 4.0)


@dataclass(frozen=True)
class Joint:
    """A circle with a sign: where branches come together."""

    sign: str
    size: tuple[float, float] = (2 * JOINT_RADIUS, 2 * JOINT_RADIUS)


Form = Units | Volume | Omitted | Joint


@dataclass(frozen=True)
class Placed:
    """A block with the middle of its form, and the height at which its labels begin; ``width`` is of the wider one."""

    block: Block
    form: Form
    x: float
    y: float
    width: float
    labels_top: float

    @property
    def left(self) -> float:
        """Where its form begins."""
        return self.x - self.form.size[0] / 2

    @property
    def right(self) -> float:
        """Where its form ends."""
        return self.x + self.form.size[0] / 2

    @property
    def top(self) -> float:
        """Where its form ends above."""
        return self.y + self.form.size[1] / 2


def form_of(block: Block, pixel: float) -> Form:
    """What is drawn for a block, where the side of a pixel has some length."""
    if block.role == "omitted":
        return Omitted()
    if block.sign:
        return Joint(block.sign)
    if len(block.shape) > 1:
        return _volume(block.shape, pixel)
    number = math.prod(block.shape)
    ends = 6 + (number >= 100) + (number >= 1000)
    steps = list(range(number)) if number <= MOST_UNITS else [*range(ends), *range(ends + 2, 2 * ends + 2)]
    return Units(tuple((steps[-1] / 2 - step) * UNIT_PITCH for step in steps), number)


def _volume(shape: Shape, pixel: float) -> Volume:
    height, width = shape[-2:]
    channels = math.prod(shape[:-2])
    depth = CHANNEL_DEPTH * math.log2(channels + 1) if len(shape) > 2 else 0
    front = max(width * pixel, SMALLEST_IMAGE), max(height * pixel, SMALLEST_IMAGE)
    return Volume(channels, (height, width), front, (depth, 0.7 * depth))
