"""Lines of paper are taken away, and strokes that cross them stay."""

import numpy as np
import pytest

from nnzoo.builtin.pictures import Ink
from nnzoo.builtin.strokes import without_lines


def ruled(shape=(160, 200), gap=24, slope=0.0, level=0.5):
    """Ink of lines two pixels wide."""
    down, across = np.indices(shape)
    return np.where((down + np.rint(slope * (across - shape[1] / 2)) - 10) % gap < 2, level, 0).astype(np.float32)


@pytest.mark.parametrize("slope", [0, 0.03, -0.05])
def test_lines_of_any_slope_are_removed(slope):
    lines = ruled(slope=slope)
    inside = slice(12, -12)  # a line that leaves the picture through its upper border does not go across
    assert without_lines(lines)[inside].mean() < 0.05 * lines.mean()
    assert without_lines(lines.T)[:, inside].mean() < 0.05 * lines.mean()


@pytest.mark.parametrize("level", [0.2, 0.5, 0.9])
def test_a_stroke_that_crosses_lines_keeps_its_ink(level):
    stroke = np.zeros((160, 200), np.float32)
    stroke[20:140, 90:104] = 0.9
    left = without_lines(np.maximum(ruled(level=level), stroke))
    assert (left[20:140, 92:102] > 0.5).mean() > 0.97
    left[:, 88:106] = 0
    assert left.mean() < 0.05 * ruled(level=level).mean()


def test_only_lines_across_the_picture_are_removed():
    dash = np.zeros((160, 200), np.float32)
    dash[80:84, 40:150] = 0.8
    wide = np.zeros((160, 200), np.float32)
    wide[40:60] = 0.8
    small = np.zeros((28, 28), np.float32)
    small[5:7] = 0.8
    for ink in (dash, wide, small):
        np.testing.assert_array_equal(without_lines(ink), ink)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("shade", [180, 70])
def test_a_digit_on_ruled_paper_gives_the_same_sample_as_on_plain_paper(seven, squared, shade):
    plain = 240 - (seven(width=200, height=200, box=(50, 40, 130, 170), stroke=12) // 255) * np.uint8(200)
    page = plain.copy()
    for lines in (page, page.T)[: 1 + squared]:
        for start in range(7, 200, 33):
            lines[start : start + 2] = np.minimum(lines[start : start + 2], shade)
    one, other = (Ink().prepare(picture)[0].astype(float) for picture in (plain, page))
    assert (one * other).sum() > 0.93 * np.sqrt((one**2).sum() * (other**2).sum())
