"""Find an object on a plain background, and remove the background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnzoo.api import UnreadablePictureError
from nnzoo.builtin import numpy_preprocessing as functions
from nnzoo.builtin.regions import border, box, connected_regions

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LONGEST = 448
"""Pixels of the longer side that are enough to find an object; larger pictures are shrunk first."""
PLAIN = 0.15
"""Largest difference of the outermost pixels from their median to count as background, as a share of 255."""
SHARE = 0.6
"""The share of outermost pixels that must be background: objects may reach the edge of the picture."""
TOLERANCE = 0.05
"""Pixels that differ less than this from the background, as a share of 255, belong to it (Xiao et al. 2017)."""
SPECK = 0.02
"""A region smaller than this share of everything that stands out is dirt."""
CLEAR = 0.02
"""Terms of the light that the background determines less clearly than this are left out.

It is a singular value of the fit as a share of the largest. The smallest is 0.1 if all four sides are background, and
0.005 or less if only two are.
"""
LEAST = 0.004
"""An object must cover at least this share of the picture."""


def cut_out(picture: Pixels) -> tuple[Pixels, bool]:
    """The smallest box around the object, on black, and whether the object is darker than its background.

    Parameters
    ----------
    picture : ndarray of shape (height, width) or (height, width, 3)
        A picture of any size.

    Returns
    -------
    thing : ndarray of shape (h, w), uint8
    is_darker : bool

    Raises
    ------
    UnreadablePictureError
        When the background is not plain, or nothing stands out from it.
    """
    picture = _smaller(picture)
    colors = picture.reshape(*picture.shape[:2], -1).astype(np.float32)
    edge = border(colors)
    plain = np.abs(edge - np.median(edge, axis=0)).max(axis=-1) <= PLAIN * 255
    if plain.mean() < SHARE:
        raise UnreadablePictureError(
            "has no plain background", hint="take a picture of one complete object on a surface of one colour"
        )
    background = _lit(edge, plain, colors.shape)
    off = np.abs(edge - border(background)).max(axis=-1)[plain]
    tolerance = max(TOLERANCE * 255, 3 * round(float(off.std()), 2))
    stands_out = np.abs(colors - background).max(axis=-1) > tolerance
    regions = connected_regions(stands_out)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    stands_out = (sizes > SPECK * sizes.sum())[regions]
    if stands_out.mean() < LEAST:
        raise UnreadablePictureError("shows nothing that stands out", hint="take a picture of one complete object")
    where = box(stands_out)
    grey = functions.grey(picture).astype(np.float32)
    level = float(np.median(border(grey)))
    thing = np.abs(grey - level) * (255 / max(level, 255 - level))
    thing[~stands_out] = 0
    return np.rint(thing[where]).astype(np.uint8), bool(grey[stands_out].mean() < level)


def _lit(edge: Floats, plain: NDArray[np.bool_], shape: tuple[int, ...]) -> Floats:
    """The lit background everywhere: the polynomial of degree two through the outermost pixels that are background.

    Terms that these do not determine are left out, which leaves the median of the edge. The result is rounded, so that
    it is the same on every machine.

    Parameters
    ----------
    edge : ndarray of shape (n, channels), float32
        The outermost pixels.
    plain : ndarray of shape (n,), bool
        Which of them are background.
    shape : tuple of int
        The shape of the picture, with its channels.
    """
    y, x = (np.linspace(-1, 1, side) for side in shape[:2])
    terms = np.stack(np.broadcast_arrays(1.0, x, y[:, None], x * y[:, None], x**2, (y**2)[:, None]), axis=-1)
    middle = np.median(edge, axis=0)
    weights = np.linalg.lstsq(border(terms)[plain], edge[plain] - middle, rcond=CLEAR)[0]
    light: Floats = (middle + terms @ weights).clip(0, 255).round(2).astype(np.float32)
    return light


def _smaller(picture: Pixels) -> Pixels:
    """The picture with at most `LONGEST` pixels on its longer side."""
    height, width = picture.shape[:2]
    factor = max(height, width) / LONGEST
    if factor <= 1:
        return picture
    size = [max(1, round(side / factor)) for side in (width, height)]
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))
