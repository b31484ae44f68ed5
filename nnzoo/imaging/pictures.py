"""Read pictures: PNG and JPEG, decoded by Pillow, upright and without transparency."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError

if TYPE_CHECKING:
    from PIL.Image import Image

MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How PNG and JPEG files begin."""


def read_picture(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG or JPEG file: of shape (h, w) where it is grey, else (h, w, 3), red, green, blue.

    The picture is turned as a camera's note on its orientation says. What is transparent becomes white; or black where
    what can be seen is light, so that a white drawing does not vanish. Sixteen bits a pixel become eight.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    FileFormatError
        When it is damaged, animated, of another format, or larger than Pillow takes to be safe; the message leaves the
        file's name to the caller.
    """
    from PIL import Image  # here: who reads no picture need not wait for it

    if not data.startswith(MAGIC):
        raise FileFormatError("is neither a PNG nor a JPEG file", hint="convert it to one of these")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
                if image.format == "PNG" and getattr(image, "is_animated", False):
                    raise FileFormatError("is animated", hint="give one of its frames as a picture")
                return pixels_of(image)
    except FileFormatError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileFormatError(f"is too large: {error}") from None
    except Exception as error:  # a damaged file may make Pillow raise anything, from OSError to struct.error
        raise FileFormatError(f"is not an intact PNG or JPEG file: {error}", hint="save it again") from error


def pixels_of(image: Image) -> NDArray[np.uint8]:
    """The image upright and opaque, 8 bits a value: of shape (h, w) where it is grey, else (h, w, 3)."""
    from PIL import ImageOps

    key, image = image.info.get("transparency"), ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off instead of scaling them
        deep = np.asarray(image, np.uint32)
        grey = (deep // 257).astype(np.uint8)
        return grey if key is None else _on_paper(grey, grey, np.where(deep == key, 0, 255))
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if key is None and "A" not in image.getbands():
        return np.array(image.convert(mode))
    drawing = image.convert("RGBA")
    shown = drawing.convert("RGB")  # what is there, where it can be seen and where it can't
    return _on_paper(np.array(shown.convert(mode)), np.array(shown.convert("L")), np.array(drawing.getchannel("A")))


def _on_paper(pixels: NDArray[np.uint8], grey: NDArray[np.uint8], alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels on white, or on black where what can be seen of them is light: α x + (255 − α) paper, in 255ths.

    Parameters
    ----------
    pixels : ndarray of shape (h, w) or (h, w, 3)
        What is shown.
    grey : ndarray of shape (h, w)
        Their brightness.
    alpha : ndarray of shape (h, w)
        0 where nothing is to be seen, 255 where all is.
    """
    seen = alpha.astype(np.uint32)
    paper = 0 if (grey * seen).sum() > 127 * seen.sum() else 255
    if pixels.ndim == 3:
        seen = seen[..., None]
    return ((pixels * seen + paper * (255 - seen) + 127) // 255).astype(np.uint8)
