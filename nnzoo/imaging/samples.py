"""From the bytes of a picture or an array to the samples that a network takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError
from nnzoo.imaging import pictures
from nnzoo.imaging.arrays import MAGIC, read_array
from nnzoo.imaging.conventions import Convention, prepare
from nnzoo.imaging.frame import Frame
from nnzoo.kinds import Shape


@dataclass(frozen=True)
class Sample:
    """One sample.

    Attributes
    ----------
    values : ndarray of the network's input shape
        uint8, which is still to be scaled, or floating-point numbers, which are not.
    prepared : str
        What was done to the picture.
    index : int or None
        Its place in an array of several samples.
    """

    values: NDArray[Any]
    prepared: str = "as it is"
    index: int | None = None


def read_samples(data: bytes, input_shape: Shape, convention: Convention | None) -> list[Sample]:
    """The samples in a PNG, JPEG or ``.npy`` file.

    An array with the shape of a sample, or of several, holds samples as they are; any other array of uint8 is a
    picture, or several.

    Parameters
    ----------
    data : bytes
        The whole file; its first bytes tell the format.
    input_shape : tuple of int
        Of one sample.
    convention : {"mnist", "digits", "plain"} or None
        What pictures are brought to; None to take nothing but what is of the right shape, as it is.

    Raises
    ------
    FileFormatError
        When it is no such file, or does not fit, or shows nothing; the message leaves the file's name to the caller.
    """
    frame = Frame.of(input_shape)
    if data.startswith(pictures.MAGIC):
        return [_from_picture(pictures.read_picture(data), input_shape, frame, convention)]
    if not data.startswith(MAGIC):
        raise FileFormatError("is neither a PNG or JPEG image nor a .npy array", hint="convert it to one of these")
    array = read_array(data)
    if not np.isfinite(array).all():
        raise FileFormatError("holds a value that is not finite in float32")
    shapes = {input_shape, (math.prod(input_shape),)}
    if frame and not frame.color:
        shapes.add((frame.height, frame.width))
    if array.shape in shapes:
        return [Sample(array.reshape(input_shape))]
    if array.shape[1:] in shapes and len(array):
        return [Sample(values.reshape(input_shape), index=index) for index, values in enumerate(array)]
    if convention is None or array.dtype != np.uint8 or not array.size or frame is None:
        raise FileFormatError(
            f"holds {array.dtype} values of shape {array.shape}; the network takes samples of shape {input_shape}"
        )
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3):
        return [_from_picture(array, input_shape, frame, convention)]
    if (array.ndim == 3 and array.shape[2] != 4) or (array.ndim == 4 and array.shape[3] == 3):
        return [_of_batch(index, picture, input_shape, frame, convention) for index, picture in enumerate(array)]
    raise FileFormatError(
        f"has shape {array.shape}, which is no picture", hint="it takes (h, w) or (h, w, 3), or several of these"
    )


def _of_batch(
    index: int, picture: NDArray[np.uint8], input_shape: Shape, frame: Frame, convention: Convention
) -> Sample:
    try:
        sample = _from_picture(picture, input_shape, frame, convention)
    except FileFormatError as error:
        raise FileFormatError(f"[{index}] {error.message}", hint=error.hint) from None
    return Sample(sample.values, sample.prepared, index)


def _from_picture(
    picture: NDArray[np.uint8], input_shape: Shape, frame: Frame | None, convention: Convention | None
) -> Sample:
    if frame is None:
        raise FileFormatError(
            f"is a picture, and the network takes samples of shape {input_shape}", hint="give an array, as a .npy file"
        )
    if convention is not None:
        pixels, prepared = prepare(picture, frame, convention)
        return Sample(frame.sample(pixels), prepared)
    wanted = (frame.height, frame.width, 3) if frame.color else (frame.height, frame.width)
    if picture.shape != wanted:
        raise FileFormatError(f"has shape {picture.shape}; with --raw it has to be {wanted}")
    return Sample(frame.sample(picture))
