"""Preprocessors of pictures: any picture as a square, an object on a plain background, and a digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Le, doc
from numpy.typing import NDArray

from nnzoo.api import FileFormatError, PicturePreprocessor, Preprocessor, Shape, hookimpl
from nnzoo.builtin import numpy_preprocessing as functions

Color: TypeAlias = Annotated[Literal["grey", "rgb"], doc("whether pictures become grey or keep their colours")]
Method: TypeAlias = Annotated[
    Literal["stretch", "pad", "crop"],
    doc("how a picture becomes a square: stretched, padded with black bars, or cropped"),
]

BLACK = 25
"""The lightest grey that counts as black."""


@dataclass(frozen=True)
class Square(PicturePreprocessor):
    """A picture of any size as ``size`` × ``size`` pixels; a picture of this size is not changed.

    Equation, for the pixels x of a channel, in float64::

        y = W↓ x W→ᵀ, rounded (half to even) and clipped to 0 … 255
        Wᵢⱼ ∝ max(0, 1 − |j + ½ − cᵢ| / max(s, 1)),  Σⱼ Wᵢⱼ = 1 to a multiple of 2⁻²²
        cᵢ = (i + ½ − size/2) s + length/2      the centre of new pixel i, in old pixels

    s is the distance of new pixels in old ones: length / size of each axis with ``stretch``; the larger of the two with
    ``pad``, where W is 0 for a centre outside the picture; the smaller with ``crop``. Conversion to grey comes first:
    (19595 red + 38470 green + 7471 blue + 32768) >> 16.
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
    """A drawn or photographed digit in the form of the training data: light on dark, cut out, and centred.

    A picture that has this form is not changed. `nnzoo.builtin.digit_forms` defines the forms, and
    `nnzoo.builtin.strokes` finds the ink. A picture with no digit, or more than one, is refused.
    """

    name: ClassVar[str] = "ink"
    least_probability: ClassVar[float] = 0.75

    convention: Annotated[
        Literal["mnist", "digits"],
        doc("the data set with digits of this form: 28×28 greys, or 8×8 counts of 0 … 16"),
    ] = "mnist"

    def shape(self) -> Shape:
        return (28, 28) if self.convention == "mnist" else (8, 8)

    def prepare(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        from nnzoo.builtin.digit_forms import prepare

        return prepare(functions.grey(picture), self.convention)


@dataclass(frozen=True)
class OnBlack(PicturePreprocessor):
    """One object on a plain background of any colour, cut out and centred on a black square.

    Equation, for greys x and the grey b of the background, the median of the picture's outermost pixels::

        y = 255 |x − b| / max(b, 255 − b)        and 0 where x is background

    Because light is seldom even, the background is fitted: it is what hardly differs from the polynomial of degree two
    through the outermost pixels. So a dark object on white becomes a light one on black, and a light object on black
    keeps its greys. The longer side of the object fills the square; its proportions are kept. A picture of this size
    with black corners is not changed. A picture is refused if its outermost pixels have many colours, or if it shows
    nothing.

    References
    ----------
    Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    arXiv:1708.07747, section 2: the processing of its pictures, without the sharpening.
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
