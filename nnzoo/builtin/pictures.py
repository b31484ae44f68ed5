"""Preprocessors of pictures: a square of any picture, a thing on a plain background, and a digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Le, doc
from numpy.typing import NDArray

from nnzoo.api import FileFormatError, PicturePreprocessor, Preprocessor, Shape, hookimpl
from nnzoo.builtin import numpy_preprocessing as functions

Color: TypeAlias = Annotated[Literal["grey", "rgb"], doc("whether pictures are turned to grey or keep their colours")]
Method: TypeAlias = Annotated[
    Literal["stretch", "pad", "crop"],
    doc("how a picture becomes a square: stretched, with black bars, or what is too long cut off"),
]

BLACK = 25
"""The lightest grey that is taken for black."""


@dataclass(frozen=True)
class Square(PicturePreprocessor):
    """A picture of any size as ``size`` × ``size`` pixels; one of this size stays as it is.

    Equation, for the pixels x of a channel, in float64::

        y = W↓ x W→ᵀ, rounded (a half to the even number) and kept within 0 … 255
        Wᵢⱼ ∝ max(0, 1 − |j + ½ − cᵢ| / max(s, 1)),  Σⱼ Wᵢⱼ = 1 to a multiple of 2⁻²²
        cᵢ = (i + ½ − size/2) s + length/2      the middle of new pixel i, in old pixels

    s is how many old pixels a new one is apart from the next: length / size, each axis its own, with ``stretch``; the
    larger of the two with ``pad``, where W is 0 for a middle outside of the picture; the smaller with ``crop``.
    Grey is (19595 red + 38470 green + 7471 blue + 32768) >> 16, before all else.
    """

    name: ClassVar[str] = "square"

    size: Annotated[int, Ge(1), Le(1024), doc("pixels of each side")] = 28
    method: Method = "stretch"  # not `fit`, which is what a preprocessor does
    color: Color = "grey"

    def shape(self) -> Shape:
        return (3, self.size, self.size) if self.color == "rgb" else (self.size, self.size)

    def prepare(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        if not picture.size:
            raise FileFormatError("has no pixels")
        fits = picture.shape[:2] == (self.size, self.size)
        return functions.square(picture, self.size, self.method, self.color), "used as it is" if fits else "resized"


@dataclass(frozen=True)
class Ink(PicturePreprocessor):
    """A digit, drawn or photographed, as the training data have it: light on dark, cut out, and set in its place.

    A picture that is as it should be stays as it is. `nnzoo.builtin.digit_forms` has the forms, and
    `nnzoo.builtin.strokes` finds what is written. What shows no digit, or more than one, can't be read.
    """

    name: ClassVar[str] = "ink"
    least_probability: ClassVar[float] = 0.75

    convention: Annotated[
        Literal["mnist", "digits"],
        doc("the data set that has digits of this form: 28×28 greys, or 8×8 counts of 0 … 16"),
    ] = "mnist"

    def shape(self) -> Shape:
        return (28, 28) if self.convention == "mnist" else (8, 8)

    def prepare(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        from nnzoo.builtin.digit_forms import prepare

        return prepare(functions.grey(picture), self.convention)


@dataclass(frozen=True)
class OnBlack(PicturePreprocessor):
    """One thing on a plain background of any colour: cut out, and set on black in the middle of a square.

    Equation, for greys x and the grey b of the background, the median of the picture's outermost pixels::

        y = 255 |x − b| / max(b, 255 − b)        and 0 where x is background

    Background is what hardly differs from the polynomial of degree two through the outermost pixels, as light seldom
    falls evenly. So a dark thing on white becomes a light one on black, and a light thing on black stays as it is. The
    longer side of what was cut out fills the square; its proportions are kept. A picture of this size with black
    corners stays as it is. One whose outermost pixels have many colours can't be read, nor can one that shows nothing.

    References
    ----------
    Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    arXiv:1708.07747, section 2: how its pictures were made, but for the sharpening.
    """

    name: ClassVar[str] = "on-black"
    least_probability: ClassVar[float] = 0.4

    size: Annotated[int, Ge(1), Le(1024), doc("pixels of each side")] = 28

    def shape(self) -> Shape:
        return (self.size, self.size)

    def prepare(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        from nnzoo.builtin.plain_background import cut_out

        if not picture.size:
            raise FileFormatError("has no pixels")
        grey = functions.grey(picture)
        if grey.shape == self.shape() and np.sort(grey[[0, 0, -1, -1], [0, -1, 0, -1]])[1] <= BLACK:
            return grey, "used as it is"
        thing, is_darker = cut_out(picture)
        done = ["inverted"] * is_darker + ["cut out", "centred"]
        return functions.square(thing, self.size, "pad", "grey"), ", ".join(done)


@hookimpl
def nnzoo_preprocessors() -> list[type[Preprocessor]]:
    return [Square, OnBlack, Ink]
