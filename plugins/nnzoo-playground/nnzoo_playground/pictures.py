"""Images: what a network answers to a drawing, and why."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from nnzoo.api import PicturePreprocessor, Sample, Shape, UsageError, picture_step, read_samples
from numpy.typing import NDArray

from nnzoo_playground.lab import Lab
from nnzoo_playground.painted import packed
from nnzoo_playground.settings import require_no_files
from nnzoo_playground.views import picture_shape

MOST_SIDE = 280
SENT = 56
"""Pixels of a side that the page sends."""
MOST_SHOWN = 32
"""Units or channels of a layer to show."""


def answer(lab: Lab, pixels: str, side: int, *, more: bool) -> tuple[dict[str, Any], Any]:
    """The network's answer to a drawing.

    Parameters
    ----------
    lab : Lab
        The network.
    pixels : str
        Base64 of ``side`` × ``side`` bytes, 0 for paper and 255 for ink.
    side : int
        At most `MOST_SIDE`.
    more : bool
        Whether to add each layer's activations, the weights of the first layer, and the occlusion map.

    Returns
    -------
    head, arrays : dict, dict of str to ndarray
        ``names`` and ``shares``, the preprocessed sample, and what ``more`` adds.

    Raises
    ------
    UsageError
        When it is not a valid drawing, or the network takes no images.
    """
    sample = read_drawing(lab, pixels, side)
    if sample.unreadable:
        return {"unreadable": sample.unreadable}, None
    network, problem = lab.viewed(), lab.data.problem
    x = _as_seen(lab, sample.values[None])
    outputs = network.outputs(x)
    shares = _shares(lab, outputs[-1])[0]
    head: dict[str, Any] = {"names": [problem.name(k) for k in range(problem.width)], "prepared": sample.prepared}
    arrays: dict[str, NDArray[Any]] = {"shares": shares.astype(np.float32), "sample": _bytes(x[0])}
    if more:
        arrays |= _activations(outputs)
        arrays |= _first_layer(lab)
        arrays["occlusion"] = _occlusion(lab, x, int(shares.argmax()))
    return head, arrays


def read_drawing(lab: Lab, pixels: str, side: int) -> Sample:
    """The sample of a drawing, with the same preprocessing as in `nnzoo predict`.

    Raises
    ------
    UsageError
    """
    shape = lab.data.problem.input_shape
    if picture_shape(shape) is None:
        raise UsageError("the network does not take images")
    step = picture_step(lab.data.preprocessing, lab.choices.loader.name, shape, lab.registry)
    what = (pixels, side, shape, step)
    if lab.drawing is None or lab.drawing[0] != what:
        lab.drawing = what, _sample(*what)
    return lab.drawing[1]


def get_ready(lab: Lab) -> None:
    """Read an empty drawing, so that the first real one need not wait for imports."""
    if picture_shape(lab.data.problem.input_shape) is not None:
        read_drawing(lab, base64.b64encode(bytes(SENT**2)).decode(), SENT)


def _sample(pixels: str, side: int, shape: Shape, step: PicturePreprocessor | None) -> Sample:
    try:
        data = base64.b64decode(pixels, validate=True)
    except ValueError:
        raise UsageError("a drawing must be base64") from None
    if not 8 <= side <= MOST_SIDE or len(data) != side * side:
        raise UsageError(f"a drawing must have side × side pixels, at most {MOST_SIDE} × {MOST_SIDE}")
    picture = np.frombuffer(data, np.uint8).reshape(side, side)
    file = io.BytesIO()
    np.save(file, picture if step is None else 255 - picture)  # for a step ink is dark on paper
    (sample,) = read_samples(file.getvalue(), shape, step)
    return sample


def with_drawn(lab: Lab, pixels: str, side: int, label: int) -> str:
    """The spec of the data set with a drawing added to its training part.

    Raises
    ------
    UsageError
    """
    sample = read_drawing(lab, pixels, side)
    if sample.unreadable:
        raise UsageError(sample.unreadable)
    loader: Any = lab.choices.loader
    if not 0 <= label < lab.data.problem.width:
        raise UsageError(f"there is no class {label}")
    text = packed(sample.values.astype(np.uint8))
    if loader.name == "drawn":
        samples, labels, base = (*loader.samples, text), (*loader.labels, label), loader.base
    else:
        samples, labels, base = (text,), (label,), loader
    made = lab.registry.build("dataset", "drawn", {"base": base, "samples": samples, "labels": labels})
    try:
        require_no_files(made)
    except UsageError:
        lab.own_loaders[str(made)] = made
    return str(made)


def _as_seen(lab: Lab, values: NDArray[Any]) -> NDArray[np.float32]:
    shape = lab.data.problem.input_shape
    seen = lab.data.preprocessing.apply(values.reshape(-1, *shape))
    scaled: NDArray[np.float32] = seen.reshape(-1, *shape).astype(np.float32)
    scaled *= lab.data.preprocessing.scale_for(seen)
    return scaled


def _shares(lab: Lab, outputs: NDArray[Any]) -> NDArray[Any]:
    rows = outputs.reshape(-1, lab.data.problem.width)
    with np.errstate(all="ignore"):
        lab.recipe.loss.predict(rows)
    shares: NDArray[Any] = np.nan_to_num(rows)
    return shares


def _activations(outputs: list[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Each layer's output, as bytes of shape (channels, height, width), or (values,)."""
    found = {}
    for place, out in enumerate(outputs):
        values = out[0]
        if values.ndim == 3:
            values = (
                values.transpose(2, 0, 1)[:MOST_SHOWN] if values.shape[2] < values.shape[0] else values[:MOST_SHOWN]
            )
        elif values.ndim != 2:
            values = values.reshape(-1)[:1024]
        found[f"layer{place}"] = _bytes(values)
    return found


def _first_layer(lab: Lab) -> dict[str, NDArray[Any]]:
    """The weights of each unit of a dense first layer, as an image."""
    name = next(iter(lab.network.parameters.layout), "")
    weight, shape = lab.network.parameters[name], picture_shape(lab.data.problem.input_shape)
    if weight.ndim != 2 or shape is None or weight.shape[0] != shape[0] * shape[1]:
        return {}
    return {"first": np.stack([_bytes(unit.reshape(shape)) for unit in weight.T[:MOST_SHOWN]])}


def _occlusion(lab: Lab, x: NDArray[np.float32], best: int) -> NDArray[np.float32]:
    """The loss of the answer's share when a patch of the image is covered, of shape (rows, columns)."""
    height, width = picture_shape(lab.data.problem.input_shape) or [1, 1]
    patch = max(1, min(height, width) // 7) + 1
    rows, columns = (np.arange(0, side, max(1, patch // 2)) for side in (height, width))
    covered = np.repeat(x.reshape(1, height, width), len(rows) * len(columns), axis=0)
    for place, (row, column) in enumerate((row, column) for row in rows for column in columns):
        covered[place, row : row + patch, column : column + patch] = x.min()
    shares = _shares(lab, lab.viewed().predict(covered.reshape(-1, *lab.data.problem.input_shape)))[:, best]
    whole = _shares(lab, lab.viewed().predict(x))[0, best]
    lost: NDArray[np.float32] = (whole - shares).reshape(len(rows), len(columns)).astype(np.float32)
    return lost


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values as bytes: 128 for 0, with the largest magnitude scaled to 127."""
    values = np.nan_to_num(values.astype(np.float64))
    most = np.abs(values).max(initial=0.0) or 1.0
    return (128 + 127 * values / most).astype(np.uint8)
