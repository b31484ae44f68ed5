"""How a picture is brought to one size and kind; apart from `picture`, as that one imports Pillow."""

from typing import Literal, TypeAlias

Color: TypeAlias = Literal["grey", "rgb"]
Fit: TypeAlias = Literal["stretch", "pad", "crop"]
