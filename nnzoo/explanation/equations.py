"""The equation that a component's docstring has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from nnzoo.component import Component

BACKWARD = ("∂", "′")
"""A line with one of these is about a derivative."""


@dataclass(frozen=True)
class Equation:
    """What a component computes.

    Attributes
    ----------
    symbols : str
        What the symbols mean, as far as the docstring says so; may be empty.
    lines : tuple of str
        The equation, or the first line of a docstring that has none.
    """

    symbols: str
    lines: tuple[str, ...]

    def forward(self) -> tuple[str, ...]:
        """The lines without derivatives."""
        return tuple(line for line in self.lines if not any(sign in line for sign in BACKWARD))

    def backward(self) -> tuple[str, ...]:
        """The lines with derivatives."""
        return tuple(line for line in self.lines if any(sign in line for sign in BACKWARD))


def equation_of(component: Component) -> Equation:
    """The indented block below a paragraph that begins with ``Equation`` and ends with ``::``.

    >>> from nnzoo.builtin.optimizers import Sgd
    >>> equation = equation_of(Sgd())
    >>> equation.lines
    ('θ ← θ − η g',)
    >>> equation.symbols
    "where θ are the parameters, g the gradient of the batch's mean loss and η the learning rate."
    """
    paragraphs = [text.strip("\n") for text in component.description().split("\n\n")]
    for place, paragraph in enumerate(paragraphs):
        if not (paragraph.startswith("Equation") and paragraph.endswith("::")):
            continue
        # An equation may have blank lines within: it goes on for as long as paragraphs are indented.
        blocks = list(takewhile(lambda text: text.startswith(" "), paragraphs[place + 1 :]))
        lines = [line for block in blocks for line in block.split("\n")]
        margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        below = "".join(paragraphs[place + 1 + len(blocks) :][:1])
        said = [paragraph.removeprefix("Equation").removesuffix("::"), below if below.startswith("where") else ""]
        symbols = "; ".join(filter(None, (" ".join(text.split()).replace("``", "").lstrip(", ") for text in said)))
        return Equation(symbols, tuple(line[margin:].rstrip() for line in lines))
    return Equation("", (component.summary(),) if component.summary() else ())
