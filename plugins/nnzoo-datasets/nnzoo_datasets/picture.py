"""One picture: decoded by Pillow, brought to one size and to grey or RGB."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from nnzoo.api import FileFormatError, unreadable
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nnzoo_datasets.picture_choices import Color, Fit

_MODES = {"grey": "L", "rgb": "RGB"}


def read_picture(path: Path, size: int, color: Color, fit: Fit) -> NDArray[np.uint8]:
    """A PNG or JPEG file as uint8 of shape (size, size), or (3, size, size) in colour.

    It stands as a camera's note on its orientation says, and what is transparent is white.

    Raises
    ------
    FileFormatError
        When it is damaged, of another format, or larger than Pillow thinks safe.
    StorageError
        When it can't be read.
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            try:
                with Image.open(file, formats=("PNG", "JPEG")) as image:
                    pixels = np.asarray(_fitted(_plain(image, _MODES[color]), size, fit))
            except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
                raise FileFormatError(f"{path} is too large: {error}") from error
            except UnidentifiedImageError:
                raise FileFormatError(f"{path} has the contents of neither a PNG nor a JPEG file") from None
            except Exception as error:  # a damaged file may make Pillow raise anything, from OSError to struct.error
                raise FileFormatError(
                    f"{path} is not an intact PNG or JPEG file: {error}", hint="mend or remove it"
                ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    return np.moveaxis(pixels, 2, 0) if color == "rgb" else pixels


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """The image upright, without transparency, in one of the two modes."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip to 8 instead of scaling them
        image = Image.fromarray((np.asarray(image, np.uint32) // 257).astype(np.uint8))
    upright = ImageOps.exif_transpose(image)
    if "A" in upright.getbands() or "transparency" in upright.info:
        over_white = Image.new("RGBA", upright.size, "white")
        over_white.alpha_composite(upright.convert("RGBA"))
        upright = over_white
    return upright.convert(mode)


def _fitted(image: Image.Image, size: int, fit: Fit) -> Image.Image:
    square = (size, size)
    if image.size == square:
        return image
    if fit == "stretch":
        return image.resize(square, Image.Resampling.BILINEAR)
    if fit == "pad":
        return ImageOps.pad(image, square, Image.Resampling.BILINEAR)
    return ImageOps.fit(image, square, Image.Resampling.BILINEAR)
