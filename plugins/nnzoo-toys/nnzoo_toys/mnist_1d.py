"""MNIST-1D: ten short curves that represent digits, moved, stretched, bent and made noisy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, doc
from nnzoo.api import DataCache, Dataset, DatasetLoader, Feature, Split, part_samples
from nnzoo.builtin.preprocessors import Standardize

from nnzoo_toys.points import LICENSE, TEST_SHARE, Reals, Seed, shuffled_classes

POINTS = 40
"""Points of a sample."""
_SHORTEST, _LONGEST = 48, 72
"""Points of a padded template; where it is shorter, it is wider in the end, as all are drawn out to one length."""
_SHIFT = 48
"""A shift is less than this, in points of the padded template."""
_SCALES = 0.4
"""Heights are multiplied by a number that is uniform on 1 ± half of this."""
_WHITE_NOISE = 0.02
_SHEAR = 0.75
_SMOOTHING = 2.0
"""Standard deviation, in points, of the Gaussian that makes the correlated noise smooth."""

_STROKES = (
    *("+-++-+", "-++--+", "++-+--", "--+-++", "+--++-"),
    *("-+--+-", "+-+--+", "-+-+++", "+++-+-", "--++--"),
)
"""Each template: six strokes of two points, up or down."""
_STROKE = 0.35
_LEVELS = 0.46
"""Templates lie at ten levels, evenly spaced from minus this to this: all of them that a linear model can see."""


def templates() -> Reals:
    """The ten curves, of shape (10, 12)."""
    curves = np.repeat([[1.0 if stroke == "+" else -1.0 for stroke in strokes] for strokes in _STROKES], 2, axis=1)
    curves -= curves.mean(axis=1, keepdims=True)
    curves *= _STROKE
    curves += np.linspace(-_LEVELS, _LEVELS, len(curves))[:, None]
    return curves


@dataclass(frozen=True)
class Mnist1d(DatasetLoader):
    """MNIST-1D: curves of 40 points in ten classes, on which linear, dense and convolutional networks differ widely.

    Each sample is the template of its class, twelve points, after the steps of the paper: it is padded with zeros to 48
    to 72 points, shifted around by up to 48 of them, multiplied by 0.8 to 1.2, given smooth noise (normal values after
    a Gaussian filter) and a little white noise, bent by a straight line of random slope, and reduced to 40 points.

    The ten templates are this package's own: six strokes each, up or down, and a level. They are made as hard as the
    paper's, whose look like digits. So samples are not those of the authors' file, and accuracies compare with the
    paper's to a few points.

    References
    ----------
    Greydanus & Kobak (2024), "Scaling down deep learning with MNIST-1D", ICML, arXiv:2011.14439.
    """

    name: ClassVar[str] = "mnist-1d"
    license: ClassVar[str] = LICENSE

    samples: Annotated[int, Ge(100), Le(1_000_000), doc("samples, a fifth of which are for testing")] = 5000
    noise: Annotated[float, Ge(0), Le(10), doc("how strong the smooth noise is")] = 0.25
    seed: Seed = 0

    def load(self, cache: DataCache) -> Dataset:
        rng = np.random.default_rng(self.seed)
        labels = shuffled_classes(rng, self.samples, len(_STROKES))
        curves = templates()
        inputs = np.stack([_sample(curves[label], self.noise, rng) for label in labels]).astype(np.float32)
        everything = Split(inputs, labels)
        train, test = part_samples(self.samples, TEST_SHARE, self.seed, labels)
        names = tuple(str(digit) for digit in range(len(_STROKES)))
        features = (Feature((Standardize(),)),)
        return Dataset(everything.take(train), everything.take(test), names, features=features)


def _sample(template: Reals, noise: float, rng: np.random.Generator) -> Reals:
    """One sample of a template, of shape (40,)."""
    length = int(rng.integers(_SHORTEST, _LONGEST + 1))
    curve = np.zeros(length)
    curve[: len(template)] = template
    curve = np.roll(curve, int(rng.integers(0, _SHIFT)))
    curve *= 1 + _SCALES * (rng.uniform() - 0.5)
    curve += noise * _smooth(rng.standard_normal(length))
    curve += _WHITE_NOISE * rng.standard_normal(length)
    curve += _SHEAR * (2 * rng.uniform() - 1) * np.linspace(-1, 1, length)
    return np.interp(np.linspace(0, length - 1, POINTS), np.arange(length), curve)


def _smooth(values: Reals) -> Reals:
    """Values after a Gaussian filter, whose ends are mirrored; sums in a fixed order, the same on any machine."""
    reach = math.ceil(4 * _SMOOTHING)
    padded = np.pad(values, reach, mode="symmetric")
    weights = [math.exp(-0.5 * (step / _SMOOTHING) ** 2) for step in range(-reach, reach + 1)]
    total, smooth = sum(weights), np.zeros(len(values))
    for place, weight in enumerate(weights):
        smooth += weight / total * padded[place : place + len(values)]
    return smooth
