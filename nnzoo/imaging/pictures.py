"""Read PNG and JPEG pictures with Pillow, upright and without transparency."""

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
"""The first bytes of PNG and JPEG files."""


def read_picture(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG or JPEG file, given as bytes: of shape (h, w) if it is grey, else (h, w, 3), RGB.

    The picture is rotated according to its EXIF orientation. Transparent areas become white; or black if the visible
    parts are light, so that a white drawing does not vanish. 16-bit values are scaled to 8 bits.

    Raises
    ------
    FileFormatError
        When it is damaged, animated, in another format, or larger than Pillow considers safe; the message does not
        contain the file's name.
    """
    from PIL import Image  # imported late to save time

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
    except Exception as error:  # Pillow may raise anything for a damaged file, from OSError to struct.error
        raise FileFormatError(f"is not an intact PNG or JPEG file: {error}", hint="save it again") from error


def pixels_of(image: Image) -> NDArray[np.uint8]:
    """The pixels of the image, upright and opaque, with 8 bits per value: of shape (h, w) if grey, else (h, w, 3)."""
    from PIL import ImageOps

    key, image = image.info.get("transparency"), ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits per pixel, which Pillow would truncate instead of scaling
        deep = np.asarray(image, np.uint32)
        grey = (deep // 257).astype(np.uint8)
        return grey if key is None else _on_paper(grey, grey, np.where(deep == key, 0, 255))
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if key is None and "A" not in image.getbands():
        return np.array(image.convert(mode))
    drawing = image.convert("RGBA")
    opaque = drawing.convert("RGB")  # ignores transparency
    return _on_paper(np.array(opaque.convert(mode)), np.array(opaque.convert("L")), np.array(drawing.getchannel("A")))


def _on_paper(pixels: NDArray[np.uint8], grey: NDArray[np.uint8], alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels on white, or on black if their visible parts are light: (α x + (255 − α) paper) / 255.

    ``pixels`` has shape (h, w) or (h, w, 3), ``grey`` (their brightness) and ``alpha`` (0 for transparent, 255 for
    opaque) have shape (h, w).
    """
    visible = alpha.astype(np.uint32)
    paper = 0 if (grey * visible).sum() > 127 * visible.sum() else 255
    if pixels.ndim == 3:
        visible = visible[..., None]
    return ((pixels * visible + paper * (255 - visible) + 127) // 255).astype(np.uint8)
