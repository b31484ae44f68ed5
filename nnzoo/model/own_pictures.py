"""Pictures in Python, as files and as Pillow's images: read as `nnzoo predict` reads them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, StorageError, UnreadablePictureError, UsageError
from nnzoo.files.reading import read_regular
from nnzoo.imaging.pictures import pixels_of
from nnzoo.imaging.samples import SIZE_LIMIT, Sample, picture_sample, read_samples
from nnzoo.kinds import PicturePreprocessor
from nnzoo.model.predictor import Predictor


def own_pictures(predictor: Predictor, x: Any) -> NDArray[Any] | None:
    """The samples in image files or images, of shape (n, *input_shape); None where ``x`` is something else.

    Parameters
    ----------
    predictor : Predictor
        The network; its first step makes a sample of a picture.
    x : path or image, or list of these
        PNG, JPEG and ``.npy`` files, or images of Pillow's.

    Raises
    ------
    UsageError
        When the network does not say how a picture becomes a sample.
    StorageError, FileFormatError
        When a file can't be read, or does not fit.
    UnreadablePictureError
        When a picture does not show what the network reads.
    """
    items = list(x) if isinstance(x, list | tuple) else [x]
    if not items or not all(_is_path(item) or _is_image(item) for item in items):
        return None
    steps = _picture_steps(predictor)
    if not steps:
        raise UsageError(
            "the network does not keep how a picture becomes a sample, as it was trained on arrays",
            hint="give arrays, prepared as those were",
        )
    samples: list[NDArray[Any]] = []
    for place, item in enumerate(items):
        name = os.fspath(item) if _is_path(item) else f"x[{place}]"
        try:
            found = _samples(item, predictor.problem.input_shape, steps[0])
        except FileFormatError as error:
            raise FileFormatError(f"{name} {error.message}", hint=error.hint) from None
        except OSError as error:
            raise StorageError(f"can't read {name}: {error.strerror or error}") from error
        for sample in found:
            if sample.unreadable:
                raise UnreadablePictureError(f"{name} {sample.unreadable}")
            samples.append(sample.values)
    return np.stack(samples)


def takes_pictures(predictor: Predictor) -> bool:
    """Whether the network makes samples of pictures itself."""
    return any(_picture_steps(predictor))


def _picture_steps(predictor: Predictor) -> tuple[PicturePreprocessor | None, ...]:
    """What makes a sample of a picture, None to stretch it; nothing where that is not known."""
    if (own := predictor.preprocessing.picture_step) is not None:
        return (own,)
    return () if predictor.pictures is None else (predictor.pictures(),)


def _samples(item: Any, shape: tuple[int, ...], step: PicturePreprocessor | None) -> list[Sample]:
    if _is_path(item):
        return read_samples(read_regular(Path(item), SIZE_LIMIT), shape, step)
    return [picture_sample(pixels_of(item), shape, step)]


def _is_path(item: Any) -> bool:
    return isinstance(item, str | os.PathLike)


def _is_image(item: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")  # without it there is no such image
    return pillow is not None and isinstance(item, pillow.Image)
