"""Convert the bytes of a picture or an array to samples for a network."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nnzoo.data.numpy_files import read_header
from nnzoo.errors import FileFormatError, UnreadablePictureError, located
from nnzoo.imaging import pictures
from nnzoo.kinds import PicturePreprocessor, Preprocessing, Shape
from nnzoo.plugins.registry import Registry

MAGIC = npy.MAGIC_PREFIX

Pixels: TypeAlias = NDArray[np.uint8]

SIZE_LIMIT = 1 << 28
"""Greatest size of an image or array in bytes; a larger one is refused before it is read."""
_DIGITS_SCALES = (1 / 10, 1 / 16, 1.0)
"""Factors on the levels 0 … 16 of `digits`: nnzoo's own, one that scales to 1, and none."""


def read_array(data: bytes) -> NDArray[Any]:
    """The array in an ``.npy`` file: uint8, or floating-point numbers as float32.

    Raises
    ------
    FileFormatError
        When it is damaged, or has another dtype.
    """
    file = io.BytesIO(data)
    try:
        shape, column_order, dtype = read_header(file)
    except Exception as error:
        raise FileFormatError(f"is not an intact .npy file: {error}") from None
    if dtype != np.uint8 and dtype.kind != "f":
        raise FileFormatError(
            f"holds {dtype} values",
            hint="save pixels as uint8, or the network's inputs as floating-point numbers",
        )
    size, needed = len(data) - file.tell(), math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size != needed:
        raise FileFormatError(f"is not an intact .npy file: it has {size} bytes; shape {shape} takes {needed}")
    flat = np.frombuffer(data, dtype, offset=file.tell())
    array = flat.reshape(shape, order="F" if column_order else "C")
    with np.errstate(over="ignore"):
        return array.astype(np.uint8 if dtype == np.uint8 else np.float32, order="C")


@dataclass(frozen=True)
class Frame:
    """The format of samples that are pictures.

    Attributes
    ----------
    height, width : int
    color : bool
        Whether a pixel has three values, RGB, instead of one.
    shape : tuple of int
        Of a sample: (h, w), (1, h, w), (h, w, 1), (3, h, w), (h, w, 3), or (n²,) for a grey square.
    """

    height: int
    width: int
    color: bool
    shape: Shape

    @classmethod
    def of(cls, shape: Shape) -> Frame | None:
        """The frame of samples of a shape; None if they can't be pictures."""
        side = math.isqrt(shape[0])
        match shape:
            case (length,) if length == side**2 and side >= 4:
                return cls(side, side, False, shape)
            case (height, width):
                return cls(height, width, False, shape)
            case ((1 | 3) as channels, height, width) | (height, width, (1 | 3) as channels):
                return cls(height, width, channels == 3, shape)
        return None

    def sample(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """A sample from pixels of shape (h, w), or (h, w, 3) in colour."""
        channels_first = self.color and self.shape[0] == 3
        return np.ascontiguousarray(np.moveaxis(pixels, 2, 0) if channels_first else pixels).reshape(self.shape)

    def stretched(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
        """A picture resized to a sample, of shape (h, w) or (h, w, 3), and how it was changed."""
        from PIL import Image

        image = Image.fromarray(picture).convert("RGB" if self.color else "L")
        if image.size == (self.width, self.height):
            return np.array(image), "used as it is"
        return np.array(image.resize((self.width, self.height), Image.Resampling.BILINEAR)), "resized"


@dataclass(frozen=True)
class Sample:
    """One sample.

    Attributes
    ----------
    values : ndarray of the network's input shape
        uint8, still to be scaled, or floating-point numbers, used unchanged.
    prepared : str
        How the picture was changed.
    index : int or None
        Its index in an array of several samples.
    unreadable : str
        Why the picture is unreadable, and how to fix it; the values are then zeros.
    least_probability : float
        Less probable answers are withheld.
    """

    values: NDArray[Any]
    prepared: str = "used as it is"
    index: int | None = None
    unreadable: str = ""
    least_probability: float = 0.0


def read_samples(
    data: bytes, input_shape: Shape, step: PicturePreprocessor | None = None, *, raw: bool = False
) -> list[Sample]:
    """The samples in a PNG, JPEG or ``.npy`` file.

    An array with the shape of one or several samples is used unchanged; any other array of uint8 is one or several
    pictures. A picture that shows nothing to read becomes a sample with ``unreadable``.

    Parameters
    ----------
    data : bytes
        The whole file; its first bytes decide the format.
    input_shape : tuple of int
        Of one sample.
    step : PicturePreprocessor or None
        Makes a sample from a picture: the first step of the model's preprocessing. None to stretch each picture to the
        size of a sample.
    raw : bool
        Accept only pictures that have the shape of a sample, and use them unchanged.

    Raises
    ------
    FileFormatError
        When it has another format, or does not fit; the message does not contain the file's name.
    """
    frame = Frame.of(input_shape)
    if data.startswith(pictures.MAGIC):
        return [_from_picture(pictures.read_picture(data), input_shape, frame, step, raw)]
    if not data.startswith(MAGIC):
        raise FileFormatError(
            "is neither a PNG or JPEG image nor a .npy array",
            hint="convert it to one of these; a table needs a network that was trained on a table",
        )
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
    if raw or array.dtype != np.uint8 or not array.size or frame is None:
        raise FileFormatError(
            f"holds {array.dtype} values of shape {array.shape}; the network takes samples of shape {input_shape}"
        )
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3):
        return [_from_picture(array, input_shape, frame, step, raw)]
    if (array.ndim == 3 and array.shape[2] != 4) or (array.ndim == 4 and array.shape[3] == 3):
        samples = []
        for index, picture in enumerate(array):
            with located(f"[{index}] "):
                samples.append(replace(_from_picture(picture, input_shape, frame, step, raw=False), index=index))
        return samples
    raise FileFormatError(
        f"has shape {array.shape}, which is not that of an image", hint="expected (h, w) or (h, w, 3), or several"
    )


def picture_sample(picture: Pixels, input_shape: Shape, step: PicturePreprocessor | None) -> Sample:
    """The sample that a step makes from a picture of shape (h, w) or (h, w, 3); without a step, it is stretched.

    Raises
    ------
    FileFormatError
        When the network does not take pictures; the message does not contain the picture's name.
    """
    return _from_picture(picture, input_shape, Frame.of(input_shape), step, raw=False)


def picture_step(
    preprocessing: Preprocessing, dataset: str | None, input_shape: Shape, registry: Registry
) -> PicturePreprocessor | None:
    """The step that makes samples from pictures for a network: its own, or else `usual_step`; None to stretch.

    ``dataset`` is the name of the data set that the network was trained on, None if the model file has none.
    """
    if preprocessing.picture_step is not None:
        return preprocessing.picture_step
    spec = usual_step(dataset, input_shape, preprocessing.scale)
    step: PicturePreprocessor | None = registry.build("preprocessor", spec) if spec else None
    return step


def usual_step(dataset: str | None, input_shape: Shape, scale: float) -> str:
    """The step for pictures that suits a network without one, from version 0.1 or trained on plain arrays.

    Parameters
    ----------
    dataset : str or None
        Name of the data set; None if the model file has none, so that shape and scale decide.
    input_shape : tuple of int
        Of one sample.
    scale : float
        The factor on uint8 values.

    Returns
    -------
    str
        A preprocessor as on the command line; empty to stretch a picture to the size of a sample.
    """
    frame, name = Frame.of(input_shape), None if dataset is None else dataset.rpartition("/")[2]
    if frame is None or frame.color or name not in (None, "mnist", "digits"):
        return ""
    sides = (frame.height, frame.width)
    if sides == (28, 28) and name in (None, "mnist"):
        return "ink:convention=mnist"
    is_digits = sides == (8, 8) and (name == "digits" or (name is None and scale in _DIGITS_SCALES))
    return "ink:convention=digits" if is_digits else ""


def _from_picture(
    picture: Pixels, input_shape: Shape, frame: Frame | None, step: PicturePreprocessor | None, raw: bool
) -> Sample:
    if frame is None:
        raise FileFormatError(
            f"is an image, but the network takes samples of shape {input_shape}", hint="give an array, as a .npy file"
        )
    if raw:
        wanted = (frame.height, frame.width, 3) if frame.color else (frame.height, frame.width)
        if picture.shape != wanted:
            raise FileFormatError(
                f"has shape {picture.shape}; to be used unchanged, it must have {wanted}",
                hint="let it be resized: in a command, leave --raw out",
            )
        return Sample(frame.sample(picture))
    if step is None:
        pixels, prepared = frame.stretched(picture)
        return Sample(frame.sample(pixels), prepared)
    try:
        pixels, prepared = step.prepare(picture)
    except UnreadablePictureError as error:
        reason = f"{error.message}: {error.hint}" if error.hint else error.message
        return Sample(np.zeros(input_shape, np.uint8), "", unreadable=reason)
    return Sample(pixels.reshape(input_shape), prepared, least_probability=step.least_probability)
