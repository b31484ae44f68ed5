"""Names, numbers, equations and calculations as text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from nnzoo.component import Component, plugin_bug, require_returned
from nnzoo.explanation.walk import LayerStep, Walk
from nnzoo.hyperparameters import format_value
from nnzoo.kinds import Activation, ExplainedLayer, Floats, Graph, Initialization, Terms

FULL_DIGITS = 8
"""Significant digits where every number is shown: those of a pocket calculator."""

FEW_DIGITS = 4

ROUNDING = 1e-12
"""A mean below this share of the largest value is shown as 0, as it is due to rounding."""

SHOWN = 6
"""Values shown of a large array."""

SYMBOLS = {"weight": "W", "bias": "b"}
"""Symbols of parameters in the equation of `Dense`; other parameters are written by name."""

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

BACKWARD = ("∂", "′")
"""Signs that mark a line of an equation as a derivative."""

TERMS = 3
"""Terms written out of a long sum: the largest ones."""

EXAMPLES = 3
"""Values shown of an activation that has many."""


@dataclass(frozen=True)
class Format:
    """The format of numbers: all of them with many digits, or a few of each array with few digits.

    >>> Format(full=True).number(-0.15), Format(full=False).factor(-1 / 3)
    ('−0.15', '(−0.3333)')
    """

    full: bool

    def number(self, value: float) -> str:
        """A number, with the minus sign of equations."""
        digits = FULL_DIGITS if self.full else FEW_DIGITS
        return f"{float(value) + 0.0:.{digits}g}".replace("-", "−")  # + 0.0 turns −0 into 0

    def factor(self, value: float) -> str:
        """A number as a factor or summand: in parentheses if it is negative."""
        text = self.number(value)
        return f"({text})" if text.startswith("−") else text

    def row(self, values: Sequence[float] | Floats) -> str:
        """Numbers in brackets, all or the first of them."""
        shown = list(values) if self.full else list(values)[:SHOWN]
        more = ", …" if len(shown) < len(values) else ""
        return f"[{', '.join(map(self.number, shown))}{more}]"

    def array(self, values: Floats) -> list[str]:
        """An array as lines of text: a matrix row by row; a large one as its first values and statistics."""
        if self.full:
            rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[None]
            cells = [[self.number(value) for value in row] for row in rows]
            if values.ndim == 1:
                return [f"[{', '.join(cells[0])}]"]
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            return [f"[{', '.join(c.rjust(w) for c, w in zip(row, widths, strict=True))}]" for row in cells]
        flat = values.reshape(-1)
        if flat.size <= SHOWN:
            return [self.row(flat)]
        zeros, mean = int((flat == 0).sum()), flat.mean()
        if abs(mean) < ROUNDING * np.abs(flat).max():
            mean = 0
        figures = f"least {self.number(flat.min())}, mean {self.number(mean)}, greatest {self.number(flat.max())}"
        return [self.row(flat), figures + (f"; {zeros:,} of {flat.size:,} are 0" if zeros else "")]


def index(entry: int, shape: Sequence[int]) -> str:
    """The index of an entry along each axis, from its flat index.

    >>> index(5, (2, 3))
    '[1,2]'
    """
    return f"[{','.join(str(int(i)) for i in np.unravel_index(entry, shape))}]"


def symbol(parameter: str) -> str:
    """The symbol of a parameter in an equation."""
    return SYMBOLS.get(parameter, parameter)


def symbols(step: LayerStep) -> tuple[tuple[str, ...], str]:
    """The symbols of a layer's inputs and of its output: x and y; z and a; x₁, x₂ and y."""
    if isinstance(step.component(), Activation):
        return ("z",), "a"
    if len(step.inputs) == 1:
        return ("x",), "y"
    return tuple(f"x{str(number + 1).translate(SUBSCRIPTS)}" for number in range(len(step.inputs))), "y"


def output_name(step: LayerStep) -> str:
    """The symbol and place of a layer's output: ``y of 0.dense``."""
    return f"{symbols(step)[1]} of {step.name}"


def input_name(walk: Walk, step: LayerStep, number: int) -> str:
    """The source of one of a layer's inputs."""
    place = step.takes[number]
    return "the sample" if place == Graph.input else output_name(walk.layers[place])


def title(step: LayerStep) -> str:
    """The layer's place, component, hyperparameters, and owner of its parameters: ``1.activate, relu``."""
    component = step.component()
    applied = [component.name] if component is not step.layer else []
    shared = [] if step.shared_with is None else [f"parameters of {step.shared_with}"]
    return ", ".join([step.name, *applied, *hyperparameters(component), *shared])


def hyperparameters(component: Component) -> list[str]:
    """The hyperparameters with their values, ``beta = 0.9``, except initializations, which no longer matter."""
    return [
        f"{h.name} = {format_value(getattr(component, h.name))}"
        for h in component.hyperparameters()
        if component.declarations()[h.name][0] != Initialization
    ]


def listed(names: Sequence[str]) -> str:
    """Names joined by commas and a final *and*."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


@dataclass(frozen=True)
class Equation:
    """The equation in a component's docstring.

    Attributes
    ----------
    symbols : str
        The meaning of the symbols; empty if the docstring does not explain them.
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
    """Return the indented block below a paragraph that begins with ``Equation`` and ends with ``::``.

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
        # An equation may contain blank lines: it ends with the first paragraph that is not indented.
        blocks = list(takewhile(lambda text: text.startswith(" "), paragraphs[place + 1 :]))
        lines = [line for block in blocks for line in block.split("\n")]
        margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        below = "".join(paragraphs[place + 1 + len(blocks) :][:1])
        texts = [paragraph.removeprefix("Equation").removesuffix("::"), below if below.startswith("where") else ""]
        symbols = "; ".join(filter(None, (" ".join(text.split()).replace("``", "").lstrip(", ") for text in texts)))
        return Equation(symbols, tuple(line[margin:].rstrip() for line in lines))
    return Equation("", (component.summary(),) if component.summary() else ())


def sum_of_products(format: Format, *factors: Floats, most: int = TERMS) -> str:
    """Write out Σ leftᵢ rightᵢ …; of a long sum, the ``most`` largest terms and the sum of the others.

    >>> import numpy as np
    >>> sum_of_products(Format(full=True), np.array([1, 0.5]), np.array([0.2, -0.6]))
    '1·0.2 + 0.5·(−0.6)'
    """
    terms = Terms(factors).products
    chosen = np.arange(len(terms))
    if not format.full and len(terms) > most + 1:
        chosen = np.argsort(-np.abs(terms), kind="stable")[:most]
    first, *others = factors
    written = ["·".join([format.number(first[i]), *(format.factor(other[i]) for other in others)]) for i in chosen]
    if len(chosen) < len(terms):
        rest = terms.sum() - terms[chosen].sum()
        written.append(f"{format.number(rest)} (of {len(terms) - len(chosen):,} more)")
    return total(written)


def total(terms: Sequence[str]) -> str:
    """Join terms by their signs.

    >>> total(["1·0.2", "−0.5·0.6"])
    '1·0.2 − 0.5·0.6'
    """
    rest = (f" − {term[1:]}" if term.startswith("−") else f" + {term}" for term in terms[1:])
    return terms[0] + "".join(rest)


def forward_workings(format: Format, step: LayerStep) -> Iterator[str]:
    """Yield the calculations of a layer's outputs; none for a layer that is not an `ExplainedLayer`."""
    out = step.out.reshape(-1)
    if isinstance(step.component(), Activation):
        z = step.x.reshape(-1)
        order = np.argsort(-z, kind="stable")
        places = np.arange(len(z)) if format.full else order[np.linspace(0, len(z) - 1, EXAMPLES).astype(int)]
        for place in dict.fromkeys(places.tolist()):
            i = index(place, step.out.shape)
            yield f"a{i} = f(z{i}) = f({format.number(z[place])}) = {format.number(out[place])}"
    elif isinstance(step.layer, ExplainedLayer):
        for entry in range(len(out)) if format.full else [int(np.abs(out).argmax())]:
            terms = step.layer.output_terms(entry, step.sample)
            require_returned(step.layer, "output_terms", terms, Terms, "Terms")
            if not math.isclose(terms.value, out[entry], rel_tol=1e-6, abs_tol=1e-9):
                found, wanted = format.number(terms.value), format.number(out[entry])
                raise plugin_bug(step.layer, f"output_terms({entry}, …) come to {found}, and its output is {wanted}")
            if terms.plus is None and len(terms.products) == len(terms.factors) == 1:
                continue  # the layer only moves the value
            yield f"y{index(entry, step.out.shape)} = {_sum(format, terms, TERMS)} = {format.number(out[entry])}"


def gradient_working(format: Format, step: LayerStep, of: str | int, entry: int) -> str:
    """Return the calculation of one gradient from the layer's ``grad_out``; empty if the layer does not explain it.

    The gradient is that ``of`` a parameter, by name, or of an input, by number; ``entry`` is a flat index.
    """
    if step.grad_out is None:
        return ""
    if isinstance(step.component(), Activation):
        return sum_of_products(format, step.grad_out.reshape(-1)[[entry]], slopes(step).reshape(-1)[[entry]])
    if isinstance(step.layer, ExplainedLayer):
        terms = step.layer.gradient_terms(of, entry, step.sample, step.grad_out)
        require_returned(step.layer, "gradient_terms", terms, Terms, "Terms")
        return _sum(format, terms, 2)
    return ""


def _sum(format: Format, terms: Terms, most: int) -> str:
    """A sum of products, plus a constant if there is one."""
    products = sum_of_products(format, *terms.factors, most=most)
    return products if terms.plus is None else total([products, format.number(terms.plus)])


def slopes(step: LayerStep) -> Floats:
    """f′(z) of a layer that applies an activation: the result of its backward pass for a gradient of 1."""
    slope: Floats = np.ones_like(step.x)
    activation = step.component()
    if isinstance(activation, Activation):
        activation.backward(step.x[None].copy(), step.out[None].copy(), slope[None])
    return slope
