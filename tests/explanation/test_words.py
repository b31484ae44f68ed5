"""Equations out of docstrings, numbers in words, and a picture made of characters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nnzoo.api import Schedule
from nnzoo.builtin.activations import Identity
from nnzoo.builtin.layers import Dense
from nnzoo.builtin.optimizers import Momentum
from nnzoo.explanation.text import draw
from nnzoo.explanation.words import Format, equation_of, index, sum_of_products


@dataclass(frozen=True)
class Long(Schedule):
    """A long story.

    Equation, at the step
    t = 1, 2::

        m = 1

          v = 2
        ∂m = 0

    where m is as in ``other``.

    And so on::

        not this
    """

    name: ClassVar[str] = "long"

    def factor(self, step, total_steps):
        return 1.0


def test_equations_are_read_from_docstrings():
    assert equation_of(Momentum()).lines == ("v ← β v + (1 − β) g", "θ ← θ − η v")
    assert equation_of(Dense()).forward() == ("y = x W + b",)
    assert equation_of(Dense()).symbols.startswith("for a batch x of shape (n, d)")
    assert equation_of(Identity()).backward() == ("f′(z) = 1",)
    long = equation_of(Long())
    assert long.lines == ("m = 1", "  v = 2", "∂m = 0")
    assert long.symbols == "at the step t = 1, 2; where m is as in other."


def test_without_an_equation_the_first_line_of_the_docstring_is_shown():
    @dataclass(frozen=True)
    class Short(Long):
        """It says no more."""

    @dataclass(frozen=True)
    class Silent(Long):
        name: ClassVar[str] = "silent"

    assert equation_of(Short()).lines == ("It says no more.",)
    assert equation_of(Silent()).lines == ()


def test_numbers_are_shown_with_many_or_few_digits():
    full, few = Format(full=True), Format(full=False)
    assert [full.number(v) for v in (1 / 3, -2.0, -0.0, 1e-9)] == ["0.33333333", "−2", "0", "1e−09"]
    assert few.number(1 / 3) == "0.3333"
    assert full.array(np.array([[1.0, -0.5], [0.25, 2.0]])) == ["[   1, −0.5]", "[0.25,    2]"]
    first, figures = few.array(np.arange(-2.0, 8.0))
    assert first == "[−2, −1, 0, 1, 2, 3, …]"
    assert figures == "least −2, mean 2.5, greatest 7; 1 of 10 are 0"
    assert few.array(np.array([1e-17, 1, -1, 0.5, -0.5, 0.25, -0.25]))[1] == "least −1, mean 0, greatest 1"
    assert index(7, (2, 2, 2)) == "[1,1,1]"


def test_the_largest_terms_of_a_long_sum_are_written_out():
    left, right = np.array([1.0, -2.0, 3.0, 4.0, 0.5]), np.array([0.1, 1.0, -1.0, 1.0, 1.0])
    text = sum_of_products(Format(full=False), left, right)
    assert text == "4·1 + 3·(−1) − 2·1 + 0.6 (of 2 more)"
    assert sum_of_products(Format(full=True), left[:2], right[:2]) == "1·0.1 − 2·1"


@pytest.mark.parametrize("shape", [(3, 2), (1, 3, 2), (3, 2, 1)])
def test_an_image_is_drawn_with_block_characters(shape):
    image = np.array([[0, 1], [1, 1], [0.2, 0.6]]).reshape(shape)
    assert draw(image, width=80, greys=False).plain == "▄█\n ▀"
    shades = draw(image, width=80, greys=True)
    assert shades.plain == "▀▀\n▀▀"
    assert [str(span.style) for span in shades.spans] == [
        "#000000 on #ffffff",
        "#ffffff on #ffffff",
        "#333333 on #000000",
        "#999999 on #000000",
    ]


@pytest.mark.parametrize("shape", [(12,), (3, 8, 8), (8, 81), (1, 5), (100, 4)])
def test_other_arrays_and_large_images_are_not_drawn(shape):
    assert draw(np.ones(shape), width=80, greys=False) is None
