"""Pictures of the user, as paths or Pillow images, read as `nnzoo predict` reads them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnzoo.errors import FileFormatError, UnreadablePictureError, UsageError, storage_errors
from nnzoo.files.reading import read_regular
from nnzoo.imaging.pictures import pixels_of
from nnzoo.imaging.samples import SIZE_LIMIT, Sample, picture_sample, read_samples
from nnzoo.kinds import PicturePreprocessor
from nnzoo.model.predictor import Predictor


def own_pictures(predictor: Predictor, x: Any) -> NDArray[Any] | None:
    """The samples in a picture or a list of pictures, of shape (n, *input_shape); None if ``x`` is something else.

    A picture is the path of a PNG, JPEG or ``.npy`` file, or a Pillow image. The network's first step makes a sample
    of it.

    Raises
    ------
    UsageError
        When the network has no step that makes a sample of a picture.
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
            "the network was trained on arrays, so it does not know how to make samples of pictures",
            hint="give arrays, prepared as those in training",
        )
    samples: list[NDArray[Any]] = []
    for place, item in enumerate(items):
        name = os.fspath(item) if _is_path(item) else f"x[{place}]"
        try:
            with storage_errors(f"read {name}"):
                found = _samples(item, predictor.problem.input_shape, steps[0])
        except FileFormatError as error:
            raise FileFormatError(f"{name} {error.message}", hint=error.hint) from None
        for sample in found:
            if sample.unreadable:
                raise UnreadablePictureError(f"{name} {sample.unreadable}")
            samples.append(sample.values)
    return np.stack(samples)


def takes_pictures(predictor: Predictor) -> bool:
    """Whether the network has a step that makes samples of pictures."""
    return any(_picture_steps(predictor))


def _picture_steps(predictor: Predictor) -> tuple[PicturePreprocessor | None, ...]:
    """The step that makes a sample of a picture, or None to stretch it; an empty tuple if that is not known."""
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
    pillow = sys.modules.get("PIL.Image")  # not imported: no Pillow image exists
    return pillow is not None and isinstance(item, pillow.Image)
