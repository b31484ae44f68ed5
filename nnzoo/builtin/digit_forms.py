"""Convert a picture to the form of a network's training data, and refuse pictures that can't show a digit.

A network only recognizes digits of the size, position and brightness that it was trained on.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnzoo.api import Floats, UnreadablePictureError
from nnzoo.builtin.regions import Mask, box, connected_regions, filled, sliding
from nnzoo.builtin.sheets import cut_out, find_sheet
from nnzoo.builtin.strokes import has_dark_border, is_dark_on_light, shrunk, strokes

_SIDE_BY_SIDE, _IN_LINES = 0.08, 0.15
"""Least distance of two digits, as a share of the height of the taller one: side by side, and one above the other."""

Convention: TypeAlias = Literal["mnist", "digits"]

Pixels: TypeAlias = NDArray[np.uint8]

STROKE = {"mnist": 0.12, "digits": 0.14}
"""Width of the strokes in the training data, as a share of the longer side; thinner strokes are widened to it."""
NOTHING = "shows nothing that stands out"
FINE = 96
"""Pixels of the longer side to which a digit is enlarged before its strokes are widened."""
MOST_SHEETS = 3
"""The most surroundings that are removed: a box on a sheet on a desk has two."""


def require_one_digit(ink: Floats) -> None:
    """Refuse a picture with more than one digit.

    Parameters
    ----------
    ink : ndarray of shape (h, w)
        Ink of each pixel, from 0 to 1.

    Raises
    ------
    UnreadablePictureError
    """
    regions = connected_regions(ink >= 0.5)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    boxes = [box(regions == number) for number in np.flatnonzero(sizes >= 0.15 * sizes.max())]
    tallest = max(rows.stop - rows.start for rows, _ in boxes)
    tall = [each for each in boxes if each[0].stop - each[0].start >= 0.6 * tallest]
    for (rows, columns), (other_rows, other_columns) in combinations(tall, 2):
        beside, below = _gap(columns, other_columns), _gap(rows, other_rows)
        if beside >= _SIDE_BY_SIDE * tallest or below >= _IN_LINES * tallest:
            raise UnreadablePictureError("shows more than one digit", hint="cut out one of them")


def require_digit(sample: NDArray[np.uint8]) -> None:
    """Refuse a sample that does not look like a digit.

    The limits lie just above the extremes of 16,000 images of MNIST: three regions, three holes, a stroke that is
    10 pixels wide, and 275 pixels of ink.

    Parameters
    ----------
    sample : ndarray of shape (28, 28)
        A sample in the form of MNIST.

    Raises
    ------
    UnreadablePictureError
    """
    mask = sample >= 128
    regions, holes = _pieces(mask, corners=True), _pieces(filled(mask) & ~mask, corners=False)
    wide = sliding(mask, 11, np.logical_and).any()
    if regions > 4 or holes > 4 or wide or mask.sum() > 300:
        raise UnreadablePictureError(
            "shows nothing that looks like a digit", hint="cut the digit out of its surroundings"
        )


def _pieces(mask: Mask, *, corners: bool) -> int:
    """The number of regions with three pixels or more."""
    return int((np.bincount(connected_regions(mask, corners=corners).ravel())[1:] >= 3).sum())


def _gap(one: slice, other: slice) -> int:
    return int(max(one.start, other.start) - min(one.stop, other.stop))


def prepare(grey: Pixels, convention: Convention) -> tuple[Pixels, str]:
    """The pixels of a sample, and a description of the conversion.

    A picture that already has the right form is not changed.

    Parameters
    ----------
    grey : ndarray of shape (h, w)
        A picture of any size.
    convention : {"mnist", "digits"}
        The form of the training data.

    Raises
    ------
    UnreadablePictureError
        When the picture shows nothing, more than one digit, or nothing that looks like a digit.
    """
    if convention == "mnist" and is_mnist(grey):
        return grey, "used as it is"
    if convention == "digits" and grey.shape == (8, 8) and np.ptp(grey) and has_dark_border(grey):
        return as_levels(grey), "used as it is"
    pictures = [grey]
    while len(pictures) <= MOST_SHEETS:
        small, factor = shrunk(pictures[-1])
        sheet = find_sheet(small)
        if sheet is None:
            break
        cut = cut_out(pictures[-1].astype(np.float32), sheet.enlarged(factor, pictures[-1].shape))
        pictures.append(np.rint(cut).clip(0, 255).astype(np.uint8))
    reasons: list[UnreadablePictureError] = []
    for sheets, picture in reversed(list(enumerate(pictures))):  # a sheet without a digit was not a sheet
        if not sheets and any(reason.message != NOTHING for reason in reasons):
            break  # the surroundings of a sheet with something on it must not be read
        dark_on_light = is_dark_on_light(picture)
        try:
            sample = _sample(picture, dark_on_light, convention)
        except UnreadablePictureError as error:
            reasons.append(error)
            continue
        done = ["taken from its sheet or box"] * bool(sheets) + ["inverted"] * dark_on_light
        return sample, ", ".join([*done, "cut out", "centred"])
    raise next((reason for reason in reasons if reason.message != NOTHING), reasons[0])


def _sample(grey: Pixels, dark_on_light: bool, convention: Convention) -> Pixels:
    """The digit on a picture, or on a sheet, in the form of the training data."""
    covered = strokes(grey, dark_on_light)
    if covered is None:
        raise UnreadablePictureError(NOTHING)
    require_one_digit(covered)
    digit = cropped(covered)
    sample = mnist_digit(thickened(digit, STROKE["mnist"]))
    require_digit(sample)
    return sample if convention == "mnist" else block_counts(thickened(digit, STROKE["digits"]))


def is_mnist(grey: Pixels) -> bool:
    """Whether a picture has the size, box, centre, background and brightness that all 70,000 images of MNIST have.

    The box of the pixels that are not black has a longer side of 20 or 19; their centre of mass is within half a pixel
    of the centre of the picture; and some pixel is white.
    """
    if grey.shape != (28, 28) or grey.max() < 250:
        return False
    longer = max(part.stop - part.start for part in box(grey > 0))
    return longer in (19, 20) and all(13.45 <= centre < 14.55 for centre in centre_of_mass(grey.astype(np.float64)))


def mnist_digit(ink: Floats) -> Pixels:
    """A digit in the form of MNIST: it fits into a box of 20×20 pixels, with its centre of mass in the centre of 28×28.

    If centring would push the digit over the border, it stays inside.

    Parameters
    ----------
    ink : ndarray of shape (h, w)
        A digit that was cut out, from 0 to 1.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document recognition", Proceedings of
    the IEEE 86; LeCun, Cortes & Burges, "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/.
    """
    digit = _stretched(ink, *(max(1, round(side * 20 / max(ink.shape))) for side in ink.shape))
    result = np.zeros((28, 28), np.uint8)
    corner = [
        # The centre of mass of every image of MNIST lies in [13.5, 14.5), so its nearest pixel is number 14.
        int(np.clip(np.ceil(whole / 2 - 0.5 - centre), 0, whole - part))
        for whole, part, centre in zip(result.shape, digit.shape, centre_of_mass(digit), strict=True)
    ]
    result[corner[0] : corner[0] + digit.shape[0], corner[1] : corner[1] + digit.shape[1]] = np.rint(digit * 255)
    return result


def block_counts(ink: Floats) -> Pixels:
    """A digit in the form of `digits`: the number of black pixels, 0 … 16, in each 4×4 block of a 32×32 bitmap.

    The digit is stretched to the height of the bitmap and a width of 20 pixels, and then set upright.

    Parameters
    ----------
    ink : ndarray of shape (h, w)
        A digit that was cut out, from 0 to 1.

    References
    ----------
    Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    https://doi.org/10.24432/C50P49, made with the routines of Garris et al. (1994), "NIST form-based handprint
    recognition system", NISTIR 5469.
    """
    bitmap = upright(_stretched(ink, 32, 20) >= 0.5)
    columns = np.flatnonzero(bitmap.any(axis=0))
    left = (columns[0] + columns[-1] + 1 - 32) // 2 + 32
    centred = np.pad(bitmap, ((0, 0), (32, 32)))[:, left : left + 32]
    counts: Pixels = centred.reshape(8, 4, 8, 4).sum(axis=(1, 3), dtype=np.uint8)
    return counts


def upright(bitmap: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Shift the rows so that the left edges of a digit's top and bottom are aligned.

    The result of shape (h, 3w) has room on both sides.
    """
    height, width = bitmap.shape
    rows = np.flatnonzero(bitmap.any(axis=1))
    left = bitmap[rows].argmax(axis=1)
    slant = (left[:3].mean() - left[-3:].mean()) / max(1, np.ptp(rows))
    shifts = np.rint(slant * (np.arange(height) - height / 2)).astype(int).clip(-width, width)
    wide = np.pad(bitmap, ((0, 0), (width, width)))
    return np.stack([np.roll(row, shift) for row, shift in zip(wide, shifts, strict=True)])


def as_levels(pixels: Pixels) -> Pixels:
    """Greys as the 17 levels of `digits`; pixels of 0 … 16 are levels already."""
    return pixels if pixels.max() <= 16 else np.rint(pixels * (16 / 255)).astype(np.uint8)


def cropped(ink: Floats) -> Floats:
    """The smallest part with all pixels that are at least half covered with ink."""
    return ink[box(ink >= 0.5)]


def stroke_width(ink: Floats) -> float:
    """The mean width of strokes in pixels: twice their area divided by their outline, which is Σ |∇ ink|."""
    padded = np.pad(ink, 1)
    outline = np.hypot(np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]).sum()
    return float(2 * padded.sum() / outline)


def thickened(ink: Floats, least: float) -> Floats:
    """A digit that was cut out, with strokes at least as wide as a share of its longer side.

    In 28 by 28 pixels, a thin pen leaves such faint lines that a network trained on wider strokes reads almost
    everything as a 5.
    """
    enlarged = max(1.0, FINE / max(ink.shape))
    if enlarged > 1:
        padded = np.pad(ink, 1).astype(np.float32)
        size = [round(side * enlarged) for side in padded.shape[::-1]]
        fine: Floats = np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BILINEAR))
    else:
        fine = ink
    missing = round((least * max(fine.shape) - stroke_width(fine)) / 2)
    if missing < 1:
        return ink
    for _ in range(missing):
        p = np.pad(fine, 2)
        fine = np.maximum.reduce([p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]])
    return cropped(fine)


def centre_of_mass(values: Floats) -> tuple[float, float]:
    """Row and column of the mean, weighted by the ink of each pixel: Σ i vᵢ / Σ vᵢ."""
    total = values.sum()
    down, across = (np.arange(side) for side in values.shape)
    return float(values.sum(axis=1) @ down / total), float(values.sum(axis=0) @ across / total)


def _stretched(ink: Floats, height: int, width: int) -> Floats:
    """Resampled: each new pixel is the mean over its area, so that no old pixel is skipped."""
    return np.asarray(Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BOX))
