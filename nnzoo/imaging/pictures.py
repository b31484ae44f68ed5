"""Read pictures: PNG and JPEG, decoded by Pillow, upright and without transparency."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nnzoo.errors import FileFormatError

MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How PNG and JPEG files begin."""

_FAINT = 8
"""A picture whose shades differ by less shows nothing."""


def read_picture(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG or JPEG file: of shape (h, w) where it is grey, else (h, w, 3), red, green, blue.

    It stands as a camera's note on its orientation says. What is transparent becomes white, or black where a white
    drawing would vanish. Sixteen bits a pixel become eight.

    Raises
    ------
    FileFormatError
        When it is damaged, animated, of another format, or larger than Pillow takes to be safe.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
                if image.format == "PNG" and getattr(image, "is_animated", False):
                    raise FileFormatError("is animated", hint="give one of its frames as a picture")
                return np.array(_plain(image))
    except FileFormatError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileFormatError(f"is too large: {error}") from None
    except Exception as error:  # a damaged file may make Pillow raise anything, from OSError to struct.error
        raise FileFormatError(f"is no intact PNG or JPEG file: {error}") from error


def _plain(image: Image.Image) -> Image.Image:
    """The image upright and opaque, 8 bits a value: mode L or RGB."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off instead of scaling them
        image = Image.fromarray((np.asarray(image, np.uint32) // 257).astype(np.uint8))
    grey = image.mode in ("1", "L", "LA", "La")
    if "A" in image.getbands() or "transparency" in image.info:
        image = _opaque(image)
    return image.convert("L" if grey else "RGB")


def _opaque(image: Image.Image) -> Image.Image:
    drawing = image.convert("RGBA")
    over_white, over_black = (
        Image.alpha_composite(Image.new("RGBA", drawing.size, paper), drawing) for paper in ("white", "black")
    )
    darkest, lightest = over_white.convert("L").getextrema()
    return over_white if lightest - darkest >= _FAINT else over_black  # type: ignore[operator] # one band, two numbers
